"""Rows of SKUs as parts: what is the listing's is said once, an SKU by itself; and one row is shown for one row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

import pytest

from sync.abilities import SHOP
from sync.call import Call, Op, SentTogether
from sync.fields import INVENTORY, ITEM_ID, OFF_SALE, OUTER_ID, PRICE, SKU_CODE, SKU_PROPERTIES, STATUS, TITLE
from sync.item import Cell, Item, Path, PriceWindow, Row, Status, Value
from sync.limits import Limits
from sync.plan.build import build
from sync.plan.guards import hold_back, tripped
from sync.plan.identity import FoundItem, Memory
from sync.plan.listings import folded, parted
from sync.plan.options import Choices
from sync.plan.plan import Action, Change, Plan, RowPlan, Verdict
from sync.plan.resolve import ids_to_read, resolve
from sync.plan.skus import with_skus
from sync.sku import sku_id
from tests.plan import builders
from tests.plan.builders import OPTIONS, codes, held, row
from tests.plan.rulebook import AT, HOUR
from tests.plan.test_windows import clock

IN_SHOP = replace(OPTIONS, abilities=SHOP)
UP: dict[Path, Cell] = {STATUS: Status.ACTIVE}
LIVE: dict[Path, Value] = {STATUS: Status.ACTIVE}
DOWN: dict[Path, Cell] = {STATUS: Status.INACTIVE}


def of_sku(sku: str, number: int, cells: dict[Path, Cell], code: str = "A", change: int | None = None) -> Row:
    return replace(row(cells, code=code, number=number, item_id="7", change=change), sku=sku)


def listing(
    stocks: dict[str, int], keys: Mapping[Path, Value] = MappingProxyType({})
) -> tuple[Item, dict[str, Item]]:
    """A listing under code A, and its SKUs by their ids."""
    total = sum(stocks.values())
    status = Status.ACTIVE if total else Status.INACTIVE
    whole = {**held({INVENTORY: total, STATUS: status}, code="A"), ITEM_ID: "7", **keys}
    shared = {path: whole[path] for path in (OUTER_ID, TITLE, STATUS, PRICE)}
    return whole, {
        sku_id("7", sku.lower()): {**shared, SKU_CODE: sku, INVENTORY: units, SKU_PROPERTIES: f"1:{sku}"}
        for sku, units in stocks.items()
    }


def plan(rows: list[Row], stocks: dict[str, int], keys: Mapping[Path, Value] = MappingProxyType({})) -> Plan:
    whole, skus = listing(stocks, keys)
    memory = Memory({})
    meant = resolve(parted(rows), memory, IN_SHOP)
    assert ids_to_read(meant) == ("7",), "its rows are read together"
    found = {"7": FoundItem(whole, skus=skus), **{own: FoundItem(sku) for own, sku in skus.items()}}
    return build(with_skus(meant, found, memory, IN_SHOP), found, IN_SHOP)


def calls(made: Plan) -> list[tuple[Op, str | None, object]]:
    return [
        (one.op, one.item_id, one.status or one.count or one.by) for part in made.carried_out for one in part.calls
    ]


def test_a_sheet_without_skus_is_its_own_parts() -> None:
    rows = (row(UP), row(DOWN, code="B", number=3))
    assert parted(rows) is rows


def test_what_rows_say_of_their_listing_is_one_part() -> None:
    first = of_sku("RED", 2, {PRICE: 100, STATUS: Status.ACTIVE})
    second = of_sku("BLUE", 3, {TITLE: "新", INVENTORY: 4})
    part, *rest = parted([first, second])
    assert (part.number, part.sku, part.cells) == (-2, None, {OUTER_ID: "A", **UP, TITLE: "新"})
    assert (part.addresses[TITLE], part.address(STATUS)) == ("C3", "H2")
    assert rest == [first, second]


def test_a_row_of_the_listings_own_says_it_where_there_is_one() -> None:
    whole = row({TITLE: "新"}, code="A", number=4)
    parts = parted([of_sku("RED", 2, UP), whole])
    assert [(part.number, part.sku) for part in parts] == [(2, "RED"), (4, None)]
    assert parts[1].cells == {OUTER_ID: "A", TITLE: "新", **UP}


@pytest.mark.parametrize(
    ("cells", "stocks", "made"),
    [
        (DOWN, {"RED": 5, "BLUE": 5}, [(Op.STATUS, "7", Status.INACTIVE), (Op.STOCK, "7:red", 3)]),
        ({**UP, TITLE: "新"}, {"RED": 5}, [(Op.MODIFY, "7", 0), (Op.STOCK, "7:red", 3)]),
        (UP, {"RED": 0, "BLUE": 0}, [(Op.STATUS, "7", Status.ACTIVE), (Op.STOCK, "7:red", 3)]),
        (DOWN, {"RED": 0}, [(Op.STATUS, "7", Status.INACTIVE), (Op.STOCK, "7:red", 3)]),
    ],
    ids=["down", "title", "up with the stock to come", "kept off though restocked"],
)
def test_the_calls_of_a_listing_and_its_sku(
    cells: dict[Path, Cell], stocks: dict[str, int], made: list[object]
) -> None:
    assert calls(plan([of_sku("RED", 2, {INVENTORY: 3, **cells})], stocks)) == made


def test_a_listing_goes_up_with_the_stock_of_all_its_skus() -> None:
    made = plan([of_sku("RED", 2, {INVENTORY: 3, **UP}), of_sku("BLUE", 3, {INVENTORY: 4})], {"RED": 0, "BLUE": 0})
    (up,) = (one for part in made.carried_out for one in part.calls if one.op is Op.STATUS)
    assert up == Call(Op.STATUS, "7", status=Status.ACTIVE, count=7)


def test_a_price_names_its_sku_as_the_platform_does() -> None:
    made = plan([of_sku("RED", 2, {PRICE: 13000})], {"RED": 5})
    assert made.rows[0].calls == (Call(Op.MODIFY, "7:red", values={PRICE: 13000}, sku_properties="1:RED"),)


def test_one_row_is_shown_for_one_row() -> None:
    made = plan([of_sku("RED", 2, {INVENTORY: 3, **DOWN}), of_sku("BLUE", 3, {INVENTORY: 5})], {"RED": 5, "BLUE": 5})
    assert [(one.row.number, one.row.sku, one.action) for one in made.rows] == [
        (2, "RED", Action.UPDATE),
        (3, "BLUE", Action.NONE),
    ]
    assert [change.path for change in made.rows[0].changes] == [STATUS, INVENTORY]
    assert (made.summary.rows, made.summary.calls) == (2, 2)
    assert folded(made.rows) == made.rows


@pytest.mark.parametrize("sku", ["GREEN", "red", "sku:9"])
def test_an_sku_that_there_is_none_of_is_held_back(sku: str) -> None:
    made = plan([of_sku(sku, 2, {INVENTORY: 3})], {"RED": 5})
    assert codes(made.rows[0]) == ["sku.unknown.near" if sku == "red" else "sku.unknown"]
    assert made.rows[0].action is Action.BLOCKED


def test_two_rows_for_one_sku_are_both_held_back() -> None:
    made = plan([of_sku("RED", 2, {INVENTORY: 3}), of_sku("sku:red", 3, {INVENTORY: 4})], {"RED": 5})
    assert [codes(one) for one in made.rows] == [["sku.same"], ["sku.same"]]


def test_codes_that_skus_share_name_none_of_them() -> None:
    whole, skus = listing({"RED": 5})
    twins = {**skus, "7:other": {**skus["7:red"]}}
    meant = resolve(parted([of_sku("RED", 2, {INVENTORY: 3})]), Memory({}), IN_SHOP)
    (_, held_one) = with_skus(meant, {"7": FoundItem(whole, skus=twins)}, Memory({}), IN_SHOP)
    assert held_one.identity.problem is not None and held_one.identity.problem.code == "sku.several"


def test_a_listing_off_for_a_violation_stays_off_and_its_skus_change() -> None:
    off: dict[Path, Value] = {STATUS: Status.INACTIVE, OFF_SALE: "violation"}
    made = plan([of_sku("RED", 2, {INVENTORY: 3, **UP})], {"RED": 5}, off)
    assert calls(made) == [(Op.STOCK, "7:red", 3)]
    assert "shop.violation" in codes(made.rows[0])


def test_a_guard_that_holds_back_a_row_holds_what_it_says_of_its_listing_too() -> None:
    made = plan([of_sku("RED", 2, {PRICE: 1, **DOWN}), of_sku("BLUE", 3, {INVENTORY: 9})], {"RED": 5, "BLUE": 5})
    assert [guard.name for guard in made.guards] == ["price", "first-stock"]
    assert [one.number for one in made.guards[0].rows] == [2]
    left = hold_back(made, ("first-stock",))
    assert calls(left) == [(Op.STOCK, "7:blue", 9)]


def test_the_stock_of_twenty_skus_is_one_call() -> None:
    counts = [Call(Op.STOCK, f"7:{n}", by=1, count=1) for n in range(21)]
    moves = [Call(Op.STOCK, f"7:{n}", by=1) for n in range(3)]
    others = [Call(Op.STOCK, "8:1", by=1, count=1), Call(Op.STOCK, "9", by=1), Call(Op.STATUS, "7")]
    assert sum(map(SentTogether().leaves, (*counts, *moves, *others))) == 2 + 1 + 3


def test_the_guard_against_taking_down_counts_listings_and_no_skus() -> None:
    going = Change(STATUS, Status.ACTIVE, Status.INACTIVE, Verdict.EDIT)
    listings = [
        RowPlan(row(code=f"{n}", number=-n), Action.UPDATE, remote=LIVE, changes=(going,)) for n in range(1, 8)
    ]
    others = [RowPlan(row(code=f"{n}", number=n), Action.NONE, remote=LIVE) for n in range(8, 21)]
    skus = [RowPlan(of_sku(f"{n}", n, {}), Action.NONE, remote=LIVE) for n in range(1, 101)]
    (guard,) = tripped([*listings, *others, *skus], Limits())
    assert (guard.name, [one.number for one in guard.rows]) == ("takedown", [*range(1, 8)])


@pytest.mark.parametrize(("listed", "known"), [("7", True), ("8", False)], ids=["the same", "published anew"])
def test_what_is_known_of_an_sku_is_so_of_its_listing_alone(listed: str, known: bool) -> None:
    one = replace(of_sku("RED", 2, {PRICE: 100}), item_id=listed)
    memory = Memory({one.key: builders.known({PRICE: 100}, {PRICE: 100}, item_id="7:red", code="A")})
    meant = resolve([one], memory, replace(IN_SHOP, choices=Choices(changed_only=True)))[0]
    assert (meant.unread, meant.identity.baseline is not None) == (known, known)


def test_a_campaign_from_before_a_listing_had_skus_prices_the_listing_no_more() -> None:
    window = PriceWindow(50, AT - 2 * HOUR, AT - HOUR)
    whole, skus = listing({"RED": 5}, {PRICE: 100})
    one = row({TITLE: whole[TITLE]}, code="A", item_id="7")
    memory = Memory({"A": replace(builders.known(whole, {PRICE: 90}, item_id="7"), window=window)})
    found = {"7": FoundItem(whole, skus=skus)}
    made = build(resolve([one], memory, IN_SHOP), found, replace(IN_SHOP, rules=clock(AT)))
    assert made.carried_out[0].changes == ()


@pytest.mark.parametrize(
    ("end", "told"), [(AT + HOUR, ["sku.listing_cell"]), (AT - HOUR, [])], ids=["to come", "over"]
)
def test_a_campaign_of_a_listing_that_has_skus_is_told_as_its_price_is(end: datetime, told: list[str]) -> None:
    whole, skus = listing({"RED": 5}, {PRICE: 100})
    one = replace(row({TITLE: whole[TITLE]}, code="A", item_id="7"), window=PriceWindow(50, end - 2 * HOUR, end))
    found = {"7": FoundItem(whole, skus=skus)}
    made = build(resolve([one], Memory({}), IN_SHOP), found, replace(IN_SHOP, rules=clock(AT)))
    assert (made.carried_out[0].changes, codes(made.carried_out[0])) == ((), told)
