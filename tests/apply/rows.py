"""Rows of the sheet, and their plans as the plan room makes them."""

from __future__ import annotations

from collections.abc import Mapping

from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Cell, Item, Row, Status
from sync.plan.build import build
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Plan, RowPlan
from sync.plan.resolve import resolve

ID = "7627361700001"
HELD: Item = {
    ITEM_ID: ID,
    OUTER_ID: "A-001",
    TITLE: "猫爪杯",
    CATEGORY: ("丽人", "美甲"),
    PRICE: 1990,
    INVENTORY: 10,
    STATUS: Status.ACTIVE,
}
OFF: Item = {**HELD, STATUS: Status.INACTIVE}
NEW_CELLS: Item = {TITLE: "新杯子", CATEGORY: ("丽人", "美甲"), PRICE: 1990, INVENTORY: 5}


def row(
    number: int, code: str, cells: Mapping[str, Cell], *, item_id: str | None = None, change: int | None = None
) -> Row:
    """Return a row of the sheet without problems."""
    return Row(number, code, item_id, {OUTER_ID: code, **cells}, stock_change=change)


def planned(*rows: Row, held: dict[str, Item] | None = None) -> Plan:
    """Plan `rows` against what the platform holds, by id, with nothing in memory."""
    options = Options("weekly.xlsx")
    found = {item_id: FoundItem(item) for item_id, item in (held or {}).items()}
    return build(resolve(rows, Memory(), options), found, options)


def updated(cells: Mapping[str, Cell], *, held: Item = HELD, change: int | None = None) -> RowPlan:
    """Plan one row of an item that the platform holds."""
    return planned(row(5, "A-001", cells, item_id=ID, change=change), held={ID: held}).rows[0]


def published(status: Status | None = None) -> RowPlan:
    """Plan one new row."""
    asked: Item = {} if status is None else {STATUS: status}
    return planned(row(6, "N-001", {**NEW_CELLS, **asked})).rows[0]


def item(n: int, **changed: int) -> Item:
    """Return the `n`-th item of a small shop, code `I-n`: 10 in stock and active, unless told otherwise."""
    paths = {"stock": INVENTORY, "status": STATUS}
    return {
        **HELD,
        ITEM_ID: str(int(ID) + n),
        OUTER_ID: f"I-{n}",
        **{paths[name]: value for name, value in changed.items()},
    }


def row_of(n: int, cells: Mapping[str, Cell], *, change: int | None = None) -> Row:
    """Return the row of the `n`-th item, in the sheet's row `n + 2`."""
    return row(n + 2, f"I-{n}", cells, item_id=str(int(ID) + n), change=change)


SHOP: tuple[Item, ...] = (
    *(item(n) for n in range(6)),
    item(6, status=0),
    item(7),
    item(8, stock=0, status=0),
    item(9),
)
WEEK: tuple[Row, ...] = (
    row_of(0, {PRICE: 2590}),
    row_of(1, {INVENTORY: 15, TITLE: "大猫爪杯"}),
    row_of(2, {INVENTORY: 0}),
    row_of(3, {}, change=5),
    row_of(4, {PRICE: 1000}, change=-10),
    row_of(5, {STATUS: Status.INACTIVE, PRICE: 2000, INVENTORY: 3}),
    row_of(6, {STATUS: Status.ACTIVE, "品牌": "猫"}),
    row_of(7, {STATUS: Status.DELETED}),
    row_of(8, {INVENTORY: 4, STATUS: Status.INACTIVE}),
    row_of(9, {PRICE: 1990}),
    row(20, "N-1", NEW_CELLS),
    row(21, "N-2", {**NEW_CELLS, STATUS: Status.INACTIVE}),
    row(22, "N-3", {TITLE: "没有价格"}),
)
"""A small week: every kind of call, a row with nothing to do, and an invalid one."""
