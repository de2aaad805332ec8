"""What the shop learned, at the page."""

from __future__ import annotations

from pathlib import Path

from sync.sandbox.server import Sandbox
from tests.cli.conftest import folder, no_waiting, platform, sandbox
from tests.cli.small_shop import CODES, item_id, line, rows, write
from tests.disk import no_syncing
from tests.web.pages import Visitor, one_visitor

__all__ = ["folder", "no_syncing", "no_waiting", "one_visitor", "platform", "sandbox"]


def test_the_page_tells_what_sold_and_gives_a_sheet_to_restock_from(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    assert "plan" in visitor.get("/insight").html, "when there will be figures"
    sheet = write(folder / "mine.xlsx", *(line(code, 价格=21) for code in CODES))
    preview = visitor.upload(sheet)
    visitor.approve(preview)
    sandbox.shop.sell(item_id("A-1"), 8)
    visitor.upload(write(folder / "next.xlsx", *(line(code, 价格=21) for code in CODES)))
    shown = visitor.get("/insight")
    assert shown.all("insight-top")[0].startswith("A-1 ")
    assert shown.count("excess") + shown.count("healthy") + shown.count("low") == len(CODES)
    got = visitor.session.get(visitor.url + "/insight/restock.xlsx")
    (folder / "restock.xlsx").write_bytes(got.content)
    assert rows(folder / "restock.xlsx")["A-1"]["库存增减"] == 6
    upload = visitor.upload(folder / "restock.xlsx")
    assert upload.count("update") == 1


def test_an_items_page_has_its_stock_and_price_over_time(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    visitor.approve(visitor.upload(write(folder / "mine.xlsx", *(line(code, 价格=21) for code in CODES))))
    assert visitor.get("/items/A-1").has("chart")
    series = visitor.session.get(visitor.url + "/series/A-1").json()
    assert (series["stock"], series["price"], series["moves"]) == ([10, 10], [20.0, 21.0], [])
    assert visitor.session.get(visitor.url + "/series/none").json()["at"] == []
