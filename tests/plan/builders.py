"""Rows, items and memories of them, as short as a test wants them; and a plan of one row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sync.call import Call, Op, Result
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CHANGE_CELL, SHOP_TIME, Baseline, Cell, Item, LastCell, Path, Row, Status, Value
from sync.messages import Problem
from sync.plan import diff
from sync.plan.build import build
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Decision, Plan, RowPlan
from sync.plan.remember import remember
from sync.plan.resolve import ids_to_read, resolve, with_repeats
from sync.remembered import Hold, Made

CODE, ITEM = "NAIL-001", "7627361738101"
SHEET = "weekly.xlsx"
LAST_WEEK = datetime(2026, 11, 14, 18, 0, tzinfo=SHOP_TIME)
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=SHOP_TIME)
BRAND: Path = "品牌"
LETTERS = {
    OUTER_ID: "A",
    ITEM_ID: "B",
    TITLE: "C",
    CATEGORY: "D",
    PRICE: "E",
    INVENTORY: "F",
    CHANGE_CELL: "G",
    STATUS: "H",
}
OPTIONS = Options(SHEET)
SELLING = {INVENTORY: 10, STATUS: Status.ACTIVE}
SOLD_OUT = {INVENTORY: 0, STATUS: Status.INACTIVE}

Cells = Mapping[Path, Cell]


def row(
    cells: Cells | None = None,
    *,
    code: str = CODE,
    number: int = 2,
    item_id: str | None = None,
    change: int | None = None,
    problems: tuple[Problem, ...] = (),
    stamp: datetime | None = None,
) -> Row:
    """A row as the sheet gives it: its code is a cell like the others."""
    filled = {OUTER_ID: code, **(cells or {})}
    columns = (*filled, ITEM_ID, CHANGE_CELL)
    addresses = {path: f"{LETTERS.get(path, 'K')}{number}" for path in columns}
    return Row(number, code, item_id, filled, addresses, change, problems, stamp=stamp)


def new_row(cells: Cells | None = None, *, code: str = CODE, number: int = 2) -> Row:
    """A row with all that publishing needs."""
    return row(
        {TITLE: "猫眼美甲", CATEGORY: ("丽人", "美甲"), PRICE: 12800, **(cells or {})}, code=code, number=number
    )


def held(values: Mapping[Path, Value | None] | None = None, *, code: str = CODE) -> Item:
    """What the platform holds of an ordinary item; None takes a path away."""
    item: dict[Path, Value | None] = {
        OUTER_ID: code,
        TITLE: "猫眼美甲",
        CATEGORY: ("丽人", "美甲"),
        PRICE: 12800,
        INVENTORY: 10,
        STATUS: Status.ACTIVE,
        **(values or {}),
    }
    return {path: value for path, value in item.items() if value is not None}


def known(
    remote: Item | None = None,
    cells: Cells | None = None,
    *,
    item_id: str | None = ITEM,
    deleted: bool = False,
    hold: Hold | None = None,
    code: str = CODE,
) -> Baseline:
    """What state remembers: last week's remote, and last week's cells."""
    last = {path: LastCell(cell, SHEET, LAST_WEEK) for path, cell in {OUTER_ID: code, **(cells or {})}.items()}
    return Baseline(item_id, last, held(code=code) if remote is None else remote, deleted, hold)


def plan_all(
    rows: tuple[Row, ...],
    memory: Mapping[str, Baseline],
    shop: Mapping[str, Item],
    options: Options = OPTIONS,
    moves: Mapping[str, Sequence[Made]] | None = None,
) -> Plan:
    """Plan `rows` against a shop by item id; an id that it hasn't isn't found."""
    known = Memory(memory)
    meant = with_repeats(resolve(rows, known, options), moves or {}, known, options)
    return build(meant, {item_id: FoundItem(shop.get(item_id)) for item_id in ids_to_read(meant)}, options)


def plan_one(
    one: Row, baseline: Baseline | None = None, remote: Item | None = None, options: Options = OPTIONS
) -> RowPlan:
    """Plan one row; `remote` None: the platform finds nothing under its id."""
    shop = {one.item_id or ITEM: remote} if remote is not None else {}
    return plan_all((one,), {one.outer_id: baseline} if baseline else {}, shop, options).rows[0]


def ended(
    plan: RowPlan,
    previous: Baseline | None = None,
    ending: Result = Result.DONE,
    done: Sequence[Call] | None = None,
    *,
    item_id: str | None = ITEM,
    hold: Hold | None = None,
) -> Baseline:
    """What state remembers once `plan` ended so; all its calls worked unless told which."""
    calls = plan.calls if done is None else done
    return remember(plan, previous, ending, calls, item_id=item_id, file=SHEET, at=NOW, hold=hold)


def codes(plan: RowPlan) -> list[str]:
    """The codes of all that a row is told."""
    return [problem.code for problem in plan.problems]


def off(item_id: str | None = ITEM) -> Call:
    return Call(Op.STATUS, item_id, status=Status.INACTIVE)


def on(item_id: str | None = ITEM, count: int | None = 10) -> Call:
    """An item goes up with its stock stated, which is an ordinary item's here."""
    return Call(Op.STATUS, item_id, status=Status.ACTIVE, count=count)


def modify(values: Mapping[Path, Value] | None = None, remove: tuple[Path, ...] = ()) -> Call:
    return Call(Op.MODIFY, ITEM, values=values or {}, remove=remove)


def stock(by: int, count: int | None = None) -> Call:
    return Call(Op.STOCK, ITEM, by=by, count=count)


def decided(path: Path, cell: Cell, baseline: Baseline | None, remote: Item) -> Decision:
    """What is decided about one cell."""
    made = diff.decide(row({path: cell}), baseline, remote)
    return next(decision for decision in made if decision.path == path)
