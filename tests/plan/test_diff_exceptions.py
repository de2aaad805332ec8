"""The exceptions to the table of docs/reference/three-way.md#exceptions: stock, and a status that waits for stock."""

from __future__ import annotations

import pytest

from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Status
from sync.plan.plan import Action, Change, Verdict
from tests.plan.builders import (
    ITEM,
    SELLING,
    SOLD_OUT,
    codes,
    decided,
    held,
    known,
    on,
    plan_one,
    row,
    stock,
)

# --- the exceptions: stock ------------------------------------------------------------------------------------


def test_stock_v_equals_r_is_in_sync() -> None:
    assert decided(INVENTORY, 7, known(cells={INVENTORY: 10}), held({INVENTORY: 7})).verdict is Verdict.IN_SYNC


def test_stock_v_is_c_and_r_moved_is_left_alone_and_reported_as_presumably_sold() -> None:
    planned = plan_one(row({INVENTORY: 10}), known(cells={INVENTORY: 10}), held({INVENTORY: 7}))
    assert (planned.action, planned.changes, planned.calls) == (Action.NONE, (), ())
    assert not planned.drifted, "a sale is no drift"
    assert codes(planned) == ["stock.presumably_sold"]
    (note,) = planned.problems
    assert note.cell == "F2"
    assert note.message.args == {"before": 10, "now": 7, "sold": 3}
    assert "库存增减" in note.message.words("zh")


def test_stock_that_was_raised_on_the_platform_is_left_alone_and_not_called_sold() -> None:
    planned = plan_one(row({INVENTORY: 10}), known(cells={INVENTORY: 10}), held({INVENTORY: 15}))
    assert (planned.action, planned.calls, codes(planned)) == (Action.NONE, (), ["stock.raised_elsewhere"])
    assert planned.drifted


def test_stock_v_is_c_and_r_is_r0_is_known_sales_that_were_reported() -> None:
    baseline = known(held({INVENTORY: 7}), {INVENTORY: 10})
    planned = plan_one(row({INVENTORY: 10}), baseline, held({INVENTORY: 7}))
    assert (planned.action, codes(planned), planned.drifted) == (Action.NONE, [], False)


def test_stock_v_is_not_c_and_r_is_r0_is_an_edit() -> None:
    planned = plan_one(row({INVENTORY: 20}), known(cells={INVENTORY: 10}), held())
    assert planned.calls == (stock(10, 20),)
    assert [change.kind for change in planned.changes] == [Verdict.EDIT]


def test_stock_v_is_not_c_and_r_is_not_r0_is_a_conflict_and_the_sheets_count_wins() -> None:
    planned = plan_one(row({INVENTORY: 20}), known(cells={INVENTORY: 10}), held({INVENTORY: 7}))
    assert planned.calls == (stock(13, 20),)
    assert [change.kind for change in planned.changes] == [Verdict.CONFLICT]
    assert codes(planned) == ["conflict.both"]


def test_a_stock_change_moves_what_is_there_now_whatever_was_sold() -> None:
    planned = plan_one(row(change=5), known(cells={INVENTORY: 10}), held({INVENTORY: 7}))
    assert planned.calls == (stock(5),)
    assert planned.changes == (Change(INVENTORY, 7, 12, Verdict.EDIT, "G2"),)
    assert codes(planned) == ["stock.sold_before_change"]


def test_a_stock_change_says_nothing_of_sales_where_there_were_none() -> None:
    assert codes(plan_one(row(change=-5), known(), held({INVENTORY: 12}))) == []


def test_a_stock_change_below_zero_is_an_error_that_names_the_cell() -> None:
    planned = plan_one(row({PRICE: 9900}, change=-11), known(), held())
    assert (planned.action, planned.calls, planned.changes) == (Action.INVALID, (), ())
    (error,) = planned.problems
    assert (error.code, error.cell, error.message.args) == ("stock.below_zero", "G2", {"by": "-11", "held": 10})


# --- the exceptions: a status that waits for stock ------------------------------------------------------------


def test_a_status_the_platform_turned_off_at_zero_stock_is_sold_out_not_drift() -> None:
    planned = plan_one(row(SELLING), known(cells=SELLING), held(SOLD_OUT))
    verdicts = {decision.path: decision.verdict for decision in planned.decisions}
    assert (verdicts[STATUS], verdicts[INVENTORY]) == (Verdict.SOLD_OUT, Verdict.STOCK_DRIFT)
    assert (planned.action, planned.calls) == (Action.NONE, ())
    assert codes(planned) == ["stock.presumably_sold", "status.sold_out"]
    assert not planned.drifted


def test_a_status_turned_off_on_the_platform_without_a_stock_column_is_sold_out_too() -> None:
    planned = plan_one(row({STATUS: Status.ACTIVE}), known(cells=SELLING), held(SOLD_OUT))
    assert (planned.action, codes(planned)) == (Action.NONE, ["status.sold_out"])


def test_a_persons_takedown_with_stock_left_is_drift_and_the_sheet_wins() -> None:
    planned = plan_one(row(SELLING), known(cells=SELLING), held({STATUS: Status.INACTIVE}))
    assert planned.calls == (on(),)
    assert [change.kind for change in planned.changes] == [Verdict.DRIFT]
    assert (codes(planned), planned.drifted) == (["drift.overridden"], True)


def test_a_persons_putting_up_is_drift_and_the_sheet_wins() -> None:
    off = {STATUS: Status.INACTIVE}
    planned = plan_one(row(off), known(held(off), off), held())
    assert [(change.kind, change.after) for change in planned.changes] == [(Verdict.DRIFT, Status.INACTIVE)]


@pytest.mark.parametrize("c", [None, Status.INACTIVE], ids=["new cell", "was 失效"])
def test_active_without_stock_waits_for_stock(c: Status | None) -> None:
    baseline = known(held(SOLD_OUT), {STATUS: c} if c is not None else {})
    planned = plan_one(row({STATUS: Status.ACTIVE}), baseline, held(SOLD_OUT))
    assert (planned.action, planned.calls, codes(planned)) == (Action.NONE, (), ["status.sold_out"])
    assert not planned.drifted, "the platform did nothing since"


def test_active_without_stock_at_first_contact_is_no_drift() -> None:
    planned = plan_one(row({STATUS: Status.ACTIVE}, item_id=ITEM), None, held(SOLD_OUT))
    assert (planned.action, codes(planned), planned.drifted) == (Action.NONE, ["status.sold_out"], False)


def test_active_without_stock_that_was_off_before_is_no_drift_of_its_status() -> None:
    baseline = known(held({STATUS: Status.INACTIVE}), {STATUS: Status.INACTIVE})
    planned = plan_one(row({STATUS: Status.ACTIVE}), baseline, held(SOLD_OUT))
    assert (codes(planned), planned.drifted) == (["status.sold_out"], False)


def test_zero_stock_wins_over_active_and_only_the_stock_is_sent() -> None:
    planned = plan_one(row(SELLING | {INVENTORY: 0}), known(cells=SELLING), held())
    assert planned.calls == (stock(-10, 0),)
    assert codes(planned) == ["status.sold_out"]
    assert not planned.drifted


def test_a_stock_change_to_zero_wins_over_active_too() -> None:
    planned = plan_one(row({STATUS: Status.ACTIVE}, change=-10), known(cells=SELLING), held())
    assert planned.calls == (stock(-10),)


def test_a_restock_by_stock_change_turns_a_sold_out_item_on_again() -> None:
    planned = plan_one(row({STATUS: Status.ACTIVE}, change=5), known(cells=SELLING), held(SOLD_OUT))
    assert planned.calls == (stock(5), on(count=5))


def test_a_restock_by_count_turns_a_sold_out_item_on_again() -> None:
    planned = plan_one(row(SELLING | {INVENTORY: 8}), known(cells=SELLING), held(SOLD_OUT))
    assert planned.calls == (stock(8, 8), on(count=8))


def test_a_restock_without_a_status_cell_says_that_the_item_stays_inactive() -> None:
    planned = plan_one(row({INVENTORY: 8}), known(held(SOLD_OUT), {INVENTORY: 10}), held(SOLD_OUT))
    assert codes(planned) == ["status.still_off"]


def test_an_active_item_without_stock_is_taken_as_the_platform_has_it() -> None:
    """Only assumed impossible (docs/explanation/platform.md#open-items): nothing to do about the status."""
    odd = {INVENTORY: 0, STATUS: Status.ACTIVE}
    assert decided(STATUS, Status.ACTIVE, known(cells=SELLING), held(odd)).verdict is Verdict.IN_SYNC
