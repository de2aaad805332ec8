"""What the shop learned, as a person asks for it: figures, lists, and a sheet to restock from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sync import Shop
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, Json, goods, held, item_id, line, moving, rows, write
from tests.cli.watch.event_clock import EventClock


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> EventClock:
    """A clock that only the test moves."""
    clock = EventClock()
    clock.begin(monkeypatch)
    return clock


@pytest.fixture
def sandbox(clock: EventClock) -> Iterator[Sandbox]:
    """A platform on the same clock."""
    shop = OpenItemShop(clock=clock.now)
    shop.load(map(goods, CODES))
    with Sandbox(shop, clock=clock.now) as sandbox:
        yield sandbox


def sell(sandbox: Sandbox, code: str, units: int) -> None:
    sandbox.shop.sell(item_id(code), units)


def by_code(document: Json) -> dict[str, Json]:
    return {one["outer_id"]: one for one in document["items"]}


@pytest.fixture
def sold(clock: EventClock, sheet: Path, sandbox: Sandbox, itemsync: Command) -> Path:
    """Five weeks: of A-1 two are sold each week, of A-2 all at once, of A-3 nothing."""
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    for week in range(5):
        clock.at += timedelta(weeks=1)
        if week < 4:
            sell(sandbox, "A-1", 2)
        if week == 1:
            sell(sandbox, "A-2", 10)
        itemsync("plan", sheet)
    return sheet


def test_a_shop_that_nobody_looked_at_is_told_when_there_will_be_figures(itemsync: Command) -> None:
    ran = itemsync("insight")
    assert (ran.code, "预览一次表格" in ran.out) == (0, True)
    assert itemsync("insight", "--json").json["items"] == []


def test_a_shop_that_was_looked_at_once_has_nothing_to_compare(synced: Path, itemsync: Command) -> None:
    assert "只在" in itemsync("insight").out


def test_what_was_sold_is_told_of_every_item(sold: Path, itemsync: Command) -> None:
    ran = itemsync("insight", "--json")
    items = by_code(ran.json)
    assert {code: one["sold"] for code, one in items.items()} == {"A-1": 8, "A-2": 10, "A-3": 0}
    assert {code: one["band"] for code, one in items.items()} == {"A-1": "low", "A-2": "out", "A-3": "excess"}
    assert ran.json["summary"]["sold"] == 18
    assert items["A-1"]["velocity"] == pytest.approx(8 / items["A-1"]["days_in_stock"], abs=0.001)
    assert items["A-1"]["observed"] == pytest.approx(1, abs=0.01)
    assert items["A-3"]["days_of_cover"] is None


def test_the_period_can_be_chosen(sold: Path, itemsync: Command) -> None:
    sums = [
        itemsync("insight", "--json", *options).json["summary"]["sold"]
        for options in (("--weeks", "2"), ("--since", "2026-12-17"), ("--weeks", "52"))
    ]
    assert sums == [2, 2, 18]


@pytest.mark.parametrize(
    "options", [("--weeks", "2", "--since", "2026-11-01"), ("--since", "gestern"), ("--weeks", "0")]
)
def test_a_wrong_period_is_refused(options: tuple[str, ...], itemsync: Command) -> None:
    assert itemsync("insight", *options, "--json").code == 2


def test_a_day_to_come_is_refused(itemsync: Command) -> None:
    assert itemsync("insight", "--since", "2126-01-01", "--json").error == "insight.future"


def test_our_own_moves_are_no_sales(sold: Path, sandbox: Sandbox, itemsync: Command) -> None:
    write(sold, moving("A-1", 50), line("A-2", 库存=30), moving("A-3", -4))
    assert itemsync("apply", sold, "--yes", "--force", "all").code == 0
    items = by_code(itemsync("insight", "--json").json)
    assert {code: (one["sold"], one["stock"]) for code, one in items.items()} == {
        "A-1": (8, 52),
        "A-2": (10, 30),
        "A-3": (0, 6),
    }


def test_the_terminal_tells_what_sells_what_ends_and_what_to_do(sold: Path, itemsync: Command) -> None:
    out = itemsync("insight").out
    assert "大概卖出 18 件" in out
    assert out.index("卖得最好") < out.index("快卖完了") < out.index("--out restock.xlsx")
    english = itemsync("--lang", "en", "insight").out
    assert "Presumably sold" in english
    assert "What runs out first" in english


def test_a_sheet_to_restock_from_goes_through_check_plan_and_apply(
    sold: Path, folder: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    restock = folder / "restock.xlsx"
    assert itemsync("insight", "--out", restock).code == 0
    filled = rows(restock)
    assert [*filled] == ["A-2", "A-1", "A-3"], "what runs out first stands on top"
    suggested = {code: one["库存增减"] for code, one in filled.items()}
    assert suggested["A-1"] > 0 < suggested["A-2"]
    assert suggested["A-3"] is None
    assert filled["A-2"]["目标状态"] == "有效"
    checked = itemsync("check", restock, "--json")
    assert (checked.code, checked.json["summary"]["invalid"]) == (0, 0)
    planned = itemsync("plan", restock)
    assert planned.code == 0
    assert "是不是" not in planned.out, "no column for reading is taken for another"
    assert itemsync("apply", restock, "--yes").code == 0
    assert held(sandbox, "A-1")["_sys@inventory"] == 2 + suggested["A-1"]
    assert held(sandbox, "A-2")["_sys@status"] == 1
    again = folder / "again.xlsx"
    assert "一个也没填" in itemsync("insight", "--out", again).err
    assert {one["库存增减"] for one in rows(again).values()} == {None}


def test_a_sheet_that_is_there_is_not_written_over(sold: Path, itemsync: Command) -> None:
    assert itemsync("insight", "--out", sold, "--json").code == 2


def test_the_figures_can_be_saved_as_a_table(sold: Path, folder: Path, itemsync: Command) -> None:
    itemsync("insight", "--csv", folder / "figures.csv")
    head, *lines = (folder / "figures.csv").read_text(encoding="utf-8-sig").splitlines()
    assert head.startswith("outer_id,sku,item_id,title,sold")
    assert len(lines) == len(CODES)


def test_the_library_gives_the_same(sold: Path, itemsync: Command) -> None:
    with Shop.open() as shop:
        learned = shop.insight(weeks=13)
        frame = learned.to_frame().set_index("outer_id")
        assert frame["sold"].to_dict() == {"A-1": 8, "A-2": 10, "A-3": 0}
        assert str(frame.loc["A-1", "price"]) == "20.00"
        series = shop.series("A-1")
    assert series.stock == (10, 8, 6, 4, 2)
    assert {*series.price} == {2000}


def test_an_item_that_got_another_code_keeps_its_sales(sold: Path, itemsync: Command) -> None:
    write(sold, line("A-1", 商家编码="N-1", 库存=""), *(line(code, 库存="") for code in CODES[1:]))
    assert itemsync("apply", sold, "--yes", "--rekey", "--force", "all").code == 0
    items = by_code(itemsync("insight", "--json").json)
    assert {code: one["sold"] for code, one in items.items()} == {"N-1": 8, "A-2": 10, "A-3": 0}


def test_an_item_that_was_deleted_is_not_listed(sold: Path, itemsync: Command) -> None:
    write(sold, line("A-1", 目标状态="删除"))
    assert itemsync("apply", sold, "--yes", "--allow-delete", "--force", "all").code == 0
    assert [*by_code(itemsync("insight", "--json").json)] == ["A-2", "A-3"]
