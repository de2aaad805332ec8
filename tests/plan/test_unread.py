"""`--refresh changed`: an item may go unread if its row needs nothing as long as the platform is as last seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.baselines import Baselines, KeptItem
from sync.call import Op, Result
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Baseline, Cell, LastCell, Path, Row, Status, said
from sync.messages import Level, Problem, say
from sync.plan.build import build
from sync.plan.identity import Memory
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, Plan, RowPlan, Verdict
from sync.plan.resolve import ids_to_read, resolve
from sync.remembered import Hold
from tests.plan.builders import (
    BRAND,
    CODE,
    ITEM,
    LAST_WEEK,
    NOW,
    SHEET,
    codes,
    ended,
    held,
    known,
    new_row,
    plan_all,
    plan_one,
    row,
)
from tests.plan.test_converges import WORKED, SyncedShop, _edit, rows

CHANGED = Options(SHEET, choices=Choices(changed_only=True))
CELLS: Mapping[Path, Cell] = {TITLE: "猫眼美甲", PRICE: 12800, INVENTORY: 10, STATUS: Status.ACTIVE}
BASELINE = known(cells=CELLS)
HOLD = Hold(5, 7, LAST_WEEK, sheet=SHEET)


def read(one: Row, baseline: Baseline | None = BASELINE, options: Options = CHANGED) -> bool:
    """Whether the item of this row would be read."""
    memory = Memory({CODE: baseline} if baseline else {})
    return bool(ids_to_read(resolve((one,), memory, options)))


UNREAD: dict[str, tuple[Row, Baseline]] = {
    "as last time": (row(CELLS), BASELINE),
    "with its id": (row(CELLS, item_id=ITEM), BASELINE),
    "fewer columns than last time": (row({PRICE: 12800}), BASELINE),
    "nothing but its code": (row({}), BASELINE),
    "sold since, and that was reported": (row(CELLS), known(held({INVENTORY: 3}), CELLS)),
    "a cell that removes a field, as last time": (row({BRAND: CLEAR}), known(cells={BRAND: CLEAR})),
}


@pytest.mark.parametrize(("one", "baseline"), UNREAD.values(), ids=UNREAD)
def test_a_row_that_asks_for_nothing_new_costs_no_call(one: Row, baseline: Baseline) -> None:
    assert not read(one, baseline)
    assert read(one, baseline, Options(SHEET)), "unless everything is to be read"
    plan = plan_one(one, baseline, None, CHANGED)
    assert (plan.action, plan.calls, plan.changes, plan.item_id, plan.unread) == (Action.NONE, (), (), ITEM, True)


READ: dict[str, tuple[Row, Baseline | None]] = {
    "a cell changed": (row({**CELLS, PRICE: 9900}), BASELINE),
    "a cell was emptied to remove the field": (row({**CELLS, BRAND: CLEAR}), BASELINE),
    "a cell that wasn't there last time": (row({**CELLS, CATEGORY: ("丽人", "美甲")}), BASELINE),
    "a change of stock": (row(CELLS, change=5), BASELINE),
    "a deletion": (row({STATUS: Status.DELETED}), known(cells={STATUS: Status.DELETED})),
    "never synced": (row(CELLS, item_id=ITEM), None),
    "only its id is known": (row(CELLS), Baseline(ITEM)),
    "another item than last time": (row(CELLS, item_id="1"), BASELINE),
    "a change of stock that waits to be seen cleared": (row(CELLS), replace(BASELINE, hold=HOLD)),
    "something is pending": (row(CELLS), replace(BASELINE, pending=True)),
}


@pytest.mark.parametrize(("one", "baseline"), READ.values(), ids=READ)
def test_a_row_that_asks_for_something_is_read(one: Row, baseline: Baseline | None) -> None:
    assert read(one, baseline)


def test_a_renamed_code_is_read() -> None:
    renamed = row(CELLS, code="NEW", item_id=ITEM)
    memory = Memory({CODE: BASELINE})
    assert ids_to_read(
        resolve((renamed,), memory, replace(CHANGED, choices=Choices(rekey=True, changed_only=True)))
    ) == (ITEM,)


def test_what_stops_a_row_unread_stops_it_here_too() -> None:
    wrong = row(CELLS, problems=(Problem("E2", say("price.not_number", shown="x")),))
    assert plan_one(wrong, BASELINE, None, CHANGED).action is Action.INVALID
    twice = (row(CELLS), row(CELLS, code="B", number=3, item_id=ITEM))
    assert [one.action for one in plan_all(twice, {CODE: BASELINE}, {}, CHANGED).rows] == [Action.INVALID] * 2
    deleted = plan_one(row(CELLS), known(cells=CELLS, deleted=True), None, CHANGED)
    assert (deleted.action, codes(deleted)) == (Action.BLOCKED, ["item.deleted"])


def test_a_warning_of_the_sheet_is_still_told() -> None:
    warned = (Problem("A2", say("code.number", shown="7"), Level.WARNING),)
    assert plan_one(row(CELLS, problems=warned), BASELINE, None, CHANGED).problems == warned


def test_the_text_of_the_last_cells_spares_looking_into_them() -> None:
    """Where the sheet has the same columns as last time, no cell is decoded: here there is none."""
    nothing = replace(BASELINE, cells={})
    assert read(row(CELLS), nothing)
    kept = Baselines({CODE: nothing})
    kept.__dict__["kept"] = {CODE: KeptItem(ITEM, said({OUTER_ID: CODE, **CELLS}))}
    for one, unread in ((row(CELLS), True), (row({**CELLS, PRICE: 9900}), False)):
        meant = resolve((one,), Memory(kept), CHANGED)
        assert (ids_to_read(meant) == ()) is unread


# --- What leaves a row pending --------------------------------------------------------------------------------


def after(plan: RowPlan, ending: Result, previous: Baseline = BASELINE) -> Baseline:
    return ended(plan, previous, ending, plan.calls if ending is Result.DONE else ())


def test_a_drift_that_could_not_be_put_right_is_looked_at_again() -> None:
    """The cell is as last time, and what the platform was last seen to hold, as far as state knows, is too."""
    plan = plan_one(row(CELLS), BASELINE, held({PRICE: 9900}))
    assert [change.kind for change in plan.changes] == [Verdict.DRIFT]
    failed = after(plan, Result.FAILED)
    assert read(row(CELLS), failed)
    again = plan_one(row(CELLS), failed, held({PRICE: 9900}))
    assert not read(row(CELLS), after(again, Result.DONE, failed))


def test_a_sheet_without_that_column_settles_nothing() -> None:
    failed = after(plan_one(row(CELLS), BASELINE, held({PRICE: 9900})), Result.FAILED)
    other = row({TITLE: "猫眼美甲"})
    elsewhere = after(plan_one(other, failed, held({PRICE: 9900})), Result.NONE, failed)
    assert read(row(CELLS), elsewhere)


def test_an_item_that_waits_for_stock_is_read_until_it_is_up() -> None:
    """It was sold out; another sheet, without the status, restocks it, and then this one puts it up."""
    empty = held({INVENTORY: 0, STATUS: Status.INACTIVE})
    sold_out = after(plan_one(row(CELLS), BASELINE, empty), Result.NONE)
    assert read(row(CELLS), sold_out)
    restock = plan_one(row({INVENTORY: 5}), sold_out, empty)
    restocked = after(restock, Result.DONE, sold_out)
    assert read(row({STATUS: Status.ACTIVE}), restocked)
    stands = held({INVENTORY: 5, STATUS: Status.INACTIVE})
    assert plan_one(row({STATUS: Status.ACTIVE}), restocked, stands, CHANGED).changes[0].path == STATUS


# --- The whole plan -------------------------------------------------------------------------------------------


def gist(plan: Plan) -> object:
    """What a plan does, and what it asks a person to confirm."""
    return [(one.action, one.changes, one.calls) for one in plan.rows], plan.guards


def both(week: SyncedShop, sheet: tuple[Row, ...], options: Options) -> tuple[Plan, Plan]:
    changed = replace(options, choices=replace(options.choices, changed_only=True))
    return week.plan(sheet, options), week.plan(sheet, changed)


def _carry_out_some(data: st.DataObject, week: SyncedShop) -> None:
    week.carry_out(week.plan(data.draw(rows(week.memory)), Options(SHEET)), data.draw(WORKED))


OPTIONS = st.builds(
    Options, st.just(SHEET), choices=st.builds(Choices, skip_conflicts=st.booleans(), republish=st.booleans())
)


@settings(max_examples=80)
@given(st.data(), OPTIONS)
def test_nothing_is_missed_of_a_platform_that_nobody_else_changes(data: st.DataObject, options: Options) -> None:
    """Whatever the sheets of some weeks had for columns, whatever failed half-way, was held back or deleted."""
    week = SyncedShop()
    for _ in range(data.draw(st.integers(1, 4))):
        _carry_out_some(data, week)
    everything, changed = both(week, data.draw(rows(week.memory)), options)
    assert gist(everything) == gist(changed)
    assert changed.reads <= everything.reads


@settings(max_examples=80)
@given(st.data(), OPTIONS)
def test_of_a_platform_that_others_change_only_their_changes_are_missed(
    data: st.DataObject, options: Options
) -> None:
    week = SyncedShop()
    for _ in range(data.draw(st.integers(1, 3))):
        _carry_out_some(data, week)
        _edit(data, week)
    everything, changed = both(week, data.draw(rows(week.memory)), options)
    for one, other in zip(everything.rows, changed.rows, strict=True):
        if not other.unread:
            assert (one.changes, one.calls) == (other.changes, other.calls)
        assert not other.unread or {change.kind for change in one.changes} <= {Verdict.DRIFT}


@settings(max_examples=40)
@given(st.data())
def test_what_went_unread_is_remembered_as_it_was(data: st.DataObject) -> None:
    week = SyncedShop()
    _carry_out_some(data, week)
    _edit(data, week)
    before = dict(week.memory)
    plan = week.plan(data.draw(rows(week.memory)), CHANGED)
    week.carry_out(plan)
    for one in plan.rows:
        if one.unread:
            assert week.memory[one.row.outer_id] == before[one.row.outer_id]


def test_ids_are_generated_only_for_rows_that_will_publish() -> None:
    week = SyncedShop()
    sheet = (new_row(code="A"), new_row(code="B", number=3), row({TITLE: "甲"}, code="C", number=4))
    first = week.plan(sheet, CHANGED)
    generated = [[call.op for call in one.calls].count(Op.GENERATE) for one in first.rows]
    assert (generated, [one.action for one in first.rows][2]) == ([1, 1, 0], Action.INVALID)
    week.carry_out(first)
    again = week.plan(sheet[:2], CHANGED)
    assert (again.summary.calls, again.reads) == (0, 0)


def test_live_items_are_counted_whether_they_were_read_or_not() -> None:
    """6 of 100 go off: with the 94 left unread out of account that would be all of them."""
    memory, shop, sheet = {}, {}, []
    for number in range(2, 102):
        code, item_id = f"C{number}", str(7_000_000 + number)
        shop[item_id] = held(code=code)
        memory[code] = known(shop[item_id], {STATUS: Status.ACTIVE}, item_id=item_id, code=code)
        status = Status.INACTIVE if number < 8 else Status.ACTIVE
        sheet.append(row({STATUS: status}, code=code, number=number, item_id=item_id))
    plan = plan_all(tuple(sheet), memory, shop, CHANGED)
    assert (plan.reads, plan.summary.update, plan.guards) == (6, 6, ())


def test_an_item_that_was_sold_out_is_not_counted_as_live() -> None:
    """Its status is remembered as the one that waits for stock; read by itself it would pass for live."""
    memory, shop, sheet = {}, {}, []
    for number in range(2, 22):
        code, item_id = f"C{number}", str(7_000_000 + number)
        sold = number >= 12
        shop[item_id] = held({INVENTORY: 0} if sold else None, code=code)
        memory[code] = known(shop[item_id], {STATUS: Status.ACTIVE}, item_id=item_id, code=code)
        status = Status.INACTIVE if number < 7 else Status.ACTIVE
        sheet.append(row({STATUS: status}, code=code, number=number, item_id=item_id))
    guards = plan_all(tuple(sheet), memory, shop, CHANGED).guards
    assert [guard.message for guard in guards] == [say("guard.takedown", off=5, live=10)]


def test_the_last_cell_of_an_unread_row_keeps_its_author() -> None:
    plan = plan_one(row(CELLS), BASELINE, None, CHANGED)
    assert ended(plan, BASELINE, Result.NONE, ()) == BASELINE
    assert BASELINE.cells[PRICE] == LastCell(12800, SHEET, LAST_WEEK) != LastCell(12800, SHEET, NOW)
    assert build(resolve((row(CELLS),), Memory({CODE: BASELINE}), CHANGED), {}, CHANGED).reads == 0
