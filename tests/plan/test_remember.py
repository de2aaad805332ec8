"""What state remembers of a row that ended: docs/reference/three-way.md#what-is-remembered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from sync.call import Call, Op, Result
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Baseline, Cell, LastCell, Path, Status
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, RowPlan, Verdict
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
    modify,
    new_row,
    off,
    on,
    plan_all,
    plan_one,
    row,
    stock,
)

SELLING = {INVENTORY: 10, STATUS: Status.ACTIVE}
SOLD_OUT = {INVENTORY: 0, STATUS: Status.INACTIVE}


def said(baseline: Baseline) -> Mapping[Path, Cell]:
    """The last cells, without who set them."""
    return {path: last.value for path, last in baseline.cells.items() if path != OUTER_ID}


def verdicts(plan: RowPlan) -> Mapping[Path, Verdict]:
    return {decision.path: decision.verdict for decision in plan.decisions if decision.path != OUTER_ID}


# --- c is recorded when a cell was carried out, r₀ when a row was done ----------------------------------------


def test_a_done_row_remembers_its_cells_and_what_the_platform_holds_now() -> None:
    plan = plan_one(row({TITLE: "新标题", PRICE: 9900, INVENTORY: 20}), known(), held())
    baseline = ended(plan, known())
    assert baseline.cells[PRICE] == LastCell(9900, SHEET, NOW)
    assert said(baseline) == {TITLE: "新标题", PRICE: 9900, INVENTORY: 20}
    assert baseline.remote == held({TITLE: "新标题", PRICE: 9900, INVENTORY: 20})


def test_a_cleared_field_is_remembered_as_cleared_and_absent() -> None:
    plan = plan_one(row({BRAND: CLEAR}), known(held({BRAND: "CND"})), held({BRAND: "CND"}))
    baseline = ended(plan, known(held({BRAND: "CND"})))
    assert baseline.cells[BRAND].value == CLEAR
    assert BRAND not in baseline.remote


def test_a_cell_that_was_so_already_is_remembered_at_first_contact() -> None:
    plan = plan_one(row({PRICE: 12800}, item_id=ITEM), None, held())
    baseline = ended(plan, None, Result.NONE)
    assert (plan.action, baseline.cells[PRICE], baseline.remote) == (Action.NONE, LastCell(12800, SHEET, NOW), held())


def test_whoever_set_a_value_first_stays_named_while_it_stays() -> None:
    previous = known(cells={PRICE: 12800})
    baseline = ended(plan_one(row({PRICE: 12800}), previous, held()), previous, Result.NONE)
    assert baseline.cells[PRICE] == LastCell(12800, SHEET, LAST_WEEK)


def test_who_overrode_a_drift_is_named_from_then_on() -> None:
    previous = known(cells={PRICE: 12800})
    baseline = ended(plan_one(row({PRICE: 12800}), previous, held({PRICE: 9900})), previous)
    assert baseline.cells[PRICE] == LastCell(12800, SHEET, NOW)


@pytest.mark.parametrize("ending", [Result.FAILED, Result.UNKNOWN])
def test_a_row_that_failed_changes_nothing_of_what_failed_so_that_it_is_tried_again(ending: Result) -> None:
    previous = known(cells={PRICE: 12800, TITLE: "猫眼美甲"})
    remote = held({PRICE: 13000, TITLE: "别人的标题"})
    plan = plan_one(row({PRICE: 9900, TITLE: "猫眼美甲"}), previous, remote)
    baseline = ended(plan, previous, ending, ())
    assert baseline == replace(previous, pending=True)
    assert verdicts(plan_one(plan.row, baseline, remote)) == {PRICE: Verdict.CONFLICT, TITLE: Verdict.DRIFT}


def test_a_call_that_worked_in_a_failed_row_is_remembered_path_by_path() -> None:
    previous = known(cells={PRICE: 12800, **SELLING})
    plan = plan_one(row({PRICE: 9900, INVENTORY: 20, STATUS: Status.INACTIVE}), previous, held())
    assert plan.calls == (off(), modify({PRICE: 9900}), stock(10, 20))
    baseline = ended(plan, previous, Result.FAILED, plan.calls[:2])
    assert said(baseline) == {PRICE: 9900, INVENTORY: 10, STATUS: Status.INACTIVE}
    assert baseline.remote == held({PRICE: 9900, STATUS: Status.INACTIVE})


def test_a_sale_after_a_stock_that_worked_in_a_failed_row_is_a_sale() -> None:
    plan = plan_one(row(SELLING | {INVENTORY: 20}), known(), held({STATUS: Status.INACTIVE}))
    assert plan.calls == (stock(10, 20), on(count=20))
    baseline = ended(plan, known(), Result.FAILED, plan.calls[:1])
    again = plan_one(plan.row, baseline, held({INVENTORY: 17, STATUS: Status.INACTIVE}))
    assert verdicts(again)[INVENTORY] is Verdict.STOCK_DRIFT


def test_a_first_row_that_failed_half_way_is_no_conflict_when_it_is_tried_again() -> None:
    plan = plan_one(row({PRICE: 9900, INVENTORY: 20}, item_id=ITEM), None, held())
    baseline = ended(plan, None, Result.FAILED, plan.calls[:1])
    again = plan_one(plan.row, baseline, held({PRICE: 9900}), Options(SHEET, choices=Choices(skip_conflicts=True)))
    assert again.calls == (stock(10, 20),)
    assert verdicts(again) == {PRICE: Verdict.IN_SYNC, INVENTORY: Verdict.EDIT}


def test_a_first_row_of_which_nothing_worked_is_still_the_first_contact() -> None:
    plan = plan_one(row({PRICE: 9900, INVENTORY: 20}, item_id=ITEM), None, held())
    baseline = ended(plan, None, Result.FAILED, ())
    again = plan_one(plan.row, baseline, held())
    assert all(decision.first_contact for decision in again.decisions)
    assert verdicts(again) == {PRICE: Verdict.EDIT, INVENTORY: Verdict.EDIT}


@pytest.mark.parametrize("ending", [Result.FAILED, Result.UNKNOWN])
def test_an_item_that_only_failed_so_far_is_not_published_again_when_it_is_gone(ending: Result) -> None:
    plan = plan_one(row(new_row().cells, item_id=ITEM), None, held({PRICE: 9900}))
    gone = plan_one(plan.row, ended(plan, None, ending, ()), None)
    assert (gone.action, codes(gone)) == (Action.BLOCKED, ["item.gone"])


def test_paths_that_no_cell_ever_managed_are_remembered_as_the_platform_has_them() -> None:
    """So a cell that is filled in for the first time later on is an edit, and no conflict."""
    plan = plan_one(row({PRICE: 12800}), known(), held({BRAND: "CND"}))
    baseline = ended(plan, known(), Result.NONE)
    assert verdicts(plan_one(row({BRAND: "OPI"}), baseline, held({BRAND: "CND"}))) == {BRAND: Verdict.EDIT}


@pytest.mark.parametrize(
    ("path", "cell", "now", "verdict"),
    [(INVENTORY, 10, 7, Verdict.STOCK_DRIFT), (TITLE, "猫眼美甲", "别人的标题", Verdict.DRIFT)],
    ids=["a sale is reported", "a drift is overridden"],
)
def test_a_sheet_without_the_column_does_not_hide_what_happened_meanwhile(
    path: Path, cell: str | int, now: str | int, verdict: Verdict
) -> None:
    """Two sheets edit one item, and only the first has this column."""
    previous = known(cells={path: cell})
    second_sheet = plan_one(row({PRICE: 9900}), previous, held({path: now}))
    between = ended(second_sheet, previous)
    first_sheet = plan_one(row({path: cell}), between, held({path: now, PRICE: 9900}))
    assert verdicts(first_sheet) == {path: verdict}


# --- stock drift, sold out ------------------------------------------------------------------------------------


def test_a_stock_drift_that_was_reported_is_known_the_next_time() -> None:
    previous = known(cells={INVENTORY: 10})
    plan = plan_one(row({INVENTORY: 10}), previous, held({INVENTORY: 7}))
    baseline = ended(plan, previous, Result.NONE)
    assert (said(baseline), baseline.remote[INVENTORY]) == ({INVENTORY: 10}, 7)
    again = plan_one(plan.row, baseline, held({INVENTORY: 7}))
    assert (verdicts(again), codes(again)) == ({INVENTORY: Verdict.KNOWN}, [])


def test_further_sales_after_a_reported_drift_are_reported_by_their_own_number() -> None:
    previous = known(held({INVENTORY: 7}), {INVENTORY: 10})
    plan = plan_one(row({INVENTORY: 10}), previous, held({INVENTORY: 5}))
    assert plan.problems[0].message.args == {"before": 7, "now": 5, "sold": 2}


def test_a_stock_drift_in_a_failed_row_is_reported_again() -> None:
    previous = known(cells={INVENTORY: 10, PRICE: 12800})
    plan = plan_one(row({INVENTORY: 10, PRICE: 9900}), previous, held({INVENTORY: 7}))
    baseline = ended(plan, previous, Result.FAILED, ())
    assert verdicts(plan_one(plan.row, baseline, held({INVENTORY: 7})))[INVENTORY] is Verdict.STOCK_DRIFT


def test_a_sold_out_status_keeps_its_baseline_so_that_a_restock_puts_the_item_up() -> None:
    previous = known(cells=SELLING)
    plan = plan_one(row(SELLING), previous, held(SOLD_OUT))
    baseline = ended(plan, previous, Result.NONE)
    assert (baseline.cells[STATUS], baseline.remote[STATUS]) == (previous.cells[STATUS], Status.ACTIVE)
    restock = plan_one(row(SELLING | {INVENTORY: 8}), baseline, held(SOLD_OUT))
    assert restock.calls == (stock(8, 8), on(count=8))


def test_a_status_that_never_was_carried_out_is_an_edit_when_the_stock_returns() -> None:
    previous = known(held(SOLD_OUT), {STATUS: Status.INACTIVE})
    waiting = plan_one(row({STATUS: Status.ACTIVE}), previous, held(SOLD_OUT))
    baseline = ended(waiting, previous, Result.NONE)
    assert said(baseline) == {STATUS: Status.INACTIVE}
    restock = plan_one(row({STATUS: Status.ACTIVE}, change=5), baseline, held(SOLD_OUT))
    assert [(c.path, c.kind) for c in restock.changes] == [(STATUS, Verdict.EDIT), (INVENTORY, Verdict.EDIT)]


def test_stock_set_to_zero_is_remembered_with_a_status_that_waits() -> None:
    plan = plan_one(row(SELLING | {INVENTORY: 0}), known(cells=SELLING), held())
    baseline = ended(plan, known(cells=SELLING))
    assert (said(baseline), baseline.remote[INVENTORY]) == ({INVENTORY: 0, STATUS: Status.ACTIVE}, 0)
    again = plan_one(plan.row, baseline, held(SOLD_OUT))
    assert (again.calls, codes(again)) == ((), ["status.sold_out"])
    assert not again.drifted, "the sheet itself sold it out"


# --- undone ---------------------------------------------------------------------------------------------------


def test_an_undone_run_is_left_alone_until_the_cell_or_the_platform_changes() -> None:
    undone = known(held({PRICE: 12800}), {PRICE: 9900})
    assert verdicts(plan_one(row({PRICE: 9900}), undone, held())) == {PRICE: Verdict.KNOWN}
    assert verdicts(plan_one(row({PRICE: 9800}), undone, held())) == {PRICE: Verdict.EDIT}
    assert verdicts(plan_one(row({PRICE: 9900}), undone, held({PRICE: 1}))) == {PRICE: Verdict.DRIFT}


def test_a_known_difference_stays_known_over_later_runs() -> None:
    undone = known(held({PRICE: 12800}), {PRICE: 9900})
    baseline = ended(plan_one(row({PRICE: 9900, TITLE: "新标题"}), undone, held()), undone)
    assert verdicts(plan_one(row({PRICE: 9900}), baseline, held({TITLE: "新标题"}))) == {PRICE: Verdict.KNOWN}


# --- publish, delete, another item, rename --------------------------------------------------------------------


def test_a_published_item_is_remembered_with_what_the_platform_filled_in() -> None:
    plan = plan_one(new_row())
    baseline = ended(plan)
    assert (baseline.item_id, baseline.deleted) == (ITEM, False)
    assert baseline.remote == held({INVENTORY: 1})
    assert said(baseline) == {TITLE: "猫眼美甲", CATEGORY: ("丽人", "美甲"), PRICE: 12800}


def test_a_published_row_that_failed_at_its_corrections_is_finished_the_next_time() -> None:
    plan = plan_one(new_row({INVENTORY: 30, STATUS: Status.INACTIVE}))
    baseline = ended(plan, None, Result.FAILED, plan.calls[:2])
    assert baseline.item_id == ITEM
    again = plan_one(plan.row, baseline, held({INVENTORY: 1}), Options(SHEET, choices=Choices(skip_conflicts=True)))
    assert again.calls == (off(), stock(29, 30))


def test_a_publish_that_the_platform_refused_is_tried_again_as_a_new_item() -> None:
    plan = plan_one(new_row())
    baseline = ended(plan, None, Result.FAILED, (Call(Op.GENERATE),), item_id=None)
    assert baseline.item_id is None
    assert plan_one(plan.row, baseline).action is Action.PUBLISH


def test_a_publish_that_stays_unknown_keeps_its_id_so_that_the_next_run_looks() -> None:
    plan = plan_one(new_row())
    baseline = ended(plan, None, Result.UNKNOWN, (Call(Op.GENERATE),))
    assert baseline.item_id == ITEM
    assert plan_one(plan.row, baseline, held({INVENTORY: 1})).item_id == ITEM

    again = plan_one(plan.row, baseline, None)
    assert (again.action, again.item_id) == (Action.PUBLISH, ITEM), "it never came to be"
    assert [call.op for call in again.calls] == [Op.PUBLISH]
    assert again.calls[0].item_id == ITEM, "should the lost call come late, there is still one item"


def test_a_republished_item_starts_with_nothing_remembered() -> None:
    previous = known(held({BRAND: "CND"}), {BRAND: "CND"}, item_id="1", deleted=True)
    plan = plan_one(new_row(), previous, None, Options(SHEET, choices=Choices(republish=True)))
    baseline = ended(plan, previous)
    assert (baseline.item_id, baseline.deleted) == (ITEM, False)
    assert BRAND not in {**baseline.cells, **baseline.remote}


def test_a_deleted_item_is_remembered_as_deleted() -> None:
    plan = plan_one(row({STATUS: Status.DELETED}), known(), held())
    baseline = ended(plan, known())
    assert (baseline.deleted, baseline.item_id) == (True, ITEM)


def test_a_deletion_that_failed_is_not() -> None:
    plan = plan_one(row({STATUS: Status.DELETED}), known(), held())
    assert ended(plan, known(), Result.FAILED, ()) == replace(known(), pending=True)


def test_a_deletion_of_what_is_gone_already_is_remembered_as_deleted() -> None:
    plan = plan_one(row({STATUS: Status.DELETED}), known(), None)
    assert ended(plan, known(), Result.NONE).deleted


def test_another_item_under_the_same_code_inherits_nothing() -> None:
    """The code's old item was deleted, and its row now gives the id of another one."""
    hold = Hold(5, 1, LAST_WEEK)
    old = known(held({BRAND: "CND"}), {BRAND: "CND"}, item_id="1", deleted=True, hold=hold)
    plan = plan_one(row({PRICE: 9900}, item_id=ITEM), old, held())
    baseline = ended(plan, old)
    assert (baseline.item_id, baseline.deleted, baseline.hold) == (ITEM, False, None)
    assert BRAND not in {**baseline.cells, **baseline.remote}
    assert plan_one(plan.row, baseline, held({PRICE: 9900})).action is Action.NONE


def test_a_renamed_code_keeps_what_was_remembered_of_the_item() -> None:
    previous = known(cells={PRICE: 12800})
    renamed = row({PRICE: 12800}, code="NEW-1", item_id=ITEM)
    (plan,) = plan_all((renamed,), {CODE: previous}, {ITEM: held()}, Options(SHEET, choices=Choices(rekey=True))).rows
    assert plan.calls == (modify({OUTER_ID: "NEW-1"}),)
    baseline = ended(plan, previous)
    assert baseline.cells[PRICE] == LastCell(12800, SHEET, LAST_WEEK)
    assert (baseline.cells[OUTER_ID].value, baseline.remote[OUTER_ID]) == ("NEW-1", "NEW-1")


# --- a 库存增减 that must not happen twice --------------------------------------------------------------------

APPLIED = Hold(5, 7, LAST_WEEK, sheet=SHEET)
LOST = Hold(5, 7, LAST_WEEK, unknown=True, before=10, seen=12)


def test_a_carried_out_stock_change_is_held_with_the_stock_it_left() -> None:
    plan = plan_one(row(change=5), known(cells={INVENTORY: 10}), held())
    baseline = ended(plan, known(cells={INVENTORY: 10}), hold=APPLIED)
    assert (baseline.hold, baseline.remote[INVENTORY], said(baseline)) == (APPLIED, 15, {INVENTORY: 10})


def test_the_sheets_old_count_does_not_take_a_stock_change_back() -> None:
    """A restock sheet moved the stock; the weekly sheet still gives last week's count."""
    moved = known(held({INVENTORY: 15}), {INVENTORY: 10})
    assert plan_one(row({INVENTORY: 10}), moved, held({INVENTORY: 15})).calls == ()


def test_a_hold_ends_once_its_cell_was_seen_empty() -> None:
    previous = known(hold=APPLIED)
    assert ended(plan_one(row({PRICE: 12800}), previous, held()), previous, Result.NONE).hold is None


def test_another_sheet_without_the_cell_tells_nothing_of_the_sheet_that_has_it() -> None:
    previous = known(hold=replace(APPLIED, sheet="restock.xlsx"))
    baseline = ended(plan_one(row({PRICE: 12800}), previous, held()), previous, Result.NONE)
    assert plan_one(row(change=5), baseline, held(), Options("restock.xlsx")).action is Action.BLOCKED
    assert plan_one(row(change=5), baseline, held()).calls == (stock(5),), "typed here since, so it is new"


def test_a_lost_stock_change_is_held_until_a_person_answers() -> None:
    previous = known(hold=LOST)
    plan = replace(plan_one(row({PRICE: 12800}), known(), held()), action=Action.NONE)
    assert ended(plan, previous, Result.NONE).hold == LOST


@pytest.mark.parametrize("path", [CODE, BRAND])
def test_remembering_changes_nothing_of_what_was_remembered_before(path: Path) -> None:
    previous = known(held({path: "CND"}), {path: "CND"})
    kept = (dict(previous.cells), dict(previous.remote))
    ended(plan_one(row({path: "OPI"}), previous, held({path: "CND"})), previous)
    assert (dict(previous.cells), dict(previous.remote)) == kept
