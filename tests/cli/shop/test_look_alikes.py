"""Codes that look the same, where items are searched for by their codes."""

from __future__ import annotations

from pathlib import Path

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.small_shop import line, listing, made, planned, stands
from tests.cli.small_shop import write


def test_a_new_code_that_looks_like_a_known_one_is_not_searched_for(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.load([listing("B-9", outer_id="a-1")])
    made(sandbox)
    write(shop_sheet, line("a-1", 商品ID="", 标题="", 目标状态="下架"))
    (problem,) = planned(itemsync, shop_sheet)["a-1"]["problems"]
    assert (problem["code"], problem["cell"]) == ("code.looks_like", "A2")
    assert itemsync("apply", shop_sheet, "--yes").code == 1
    assert "items.custom.get" not in made(sandbox)
    assert itemsync("apply", shop_sheet, "--yes", "--as-new", "a-1").code == 0
    assert (stands(sandbox, "A-1")[0], stands(sandbox, "B-9")[0]) == ("onsale", "instock")


def test_new_twins_are_held_back_before_anybody_searches(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "shop.xlsx", line("A-1", 商品ID=""), line("a-1", 商品ID=""))
    assert {one["action"] for one in planned(itemsync, sheet).values()} == {"blocked"}
    assert "items.custom.get" not in made(sandbox)


def test_a_listing_whose_code_has_something_unseen_is_its_rows(
    folder: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    """The code can't be changed from here, and no cell can say it: that must not hold the row back for ever."""
    sandbox.shop.listings.load([listing("A-1", outer_id="A-1\u200e")])
    sheet = write(folder / "shop.xlsx", line("A-1", 目标状态="下架"))
    assert itemsync("apply", sheet, "--yes").code == 0
    assert stands(sandbox, "A-1")[0] == "instock"
    assert planned(itemsync, sheet)["A-1"]["action"] == "none"
