"""What was presumably sold, and what is running low."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.call import Result, RowResult
from sync.fields import INVENTORY, STATUS, TITLE
from sync.item import Item, Row, Status
from sync.plan.plan import Action, Change, Plan, RowPlan, Verdict
from sync.report.stock import FEW, Stock, presumably_sold, reported, running_low, stock_of
from sync.report.words import entry_of

ON, OFF = Status.ACTIVE, Status.INACTIVE


def row(last: int, now: int, *, held: Status = ON, to: int | None = None, status: Status | None = None) -> RowPlan:
    """A row of an item last seen with `last` units and found with `now`, to be set to `to`; `status` is its cell."""
    changes = () if to is None else (Change(INVENTORY, now, to, Verdict.EDIT),)
    remote: Item = {TITLE: "美甲", INVENTORY: now, STATUS: held}
    action = Action.UPDATE if changes else Action.NONE
    cells = {} if status is None else {STATUS: status}
    return RowPlan(Row(2, "A", cells=cells), action, "1", changes, remote=remote, last_stock=last)


def stock(plan: RowPlan, result: Result | None = None) -> Stock:
    found = stock_of(plan, entry_of(plan, "zh"), result)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("last", "now", "sold"),
    [(12, 7, 5), (7, 7, 0), (7, 12, 0), pytest.param(0, 9, 0, id="never seen before")],
)
def test_a_stock_lower_than_last_seen_is_presumed_sold(last: int, now: int, sold: int) -> None:
    assert stock(row(last, now)).sold == sold
    assert bool(presumably_sold([stock(row(last, now))])) == bool(sold)


@pytest.mark.parametrize(
    ("plan", "low"),
    [
        pytest.param(row(FEW, FEW), True, id="few"),
        pytest.param(row(6, FEW + 1), False, id="enough"),
        pytest.param(row(50, 20), True, id="fewer than were sold"),
        pytest.param(row(50, 25), False, id="as many as were sold"),
        pytest.param(row(50, 2, to=60), False, id="restocked"),
        pytest.param(row(50, 40, to=3), True, id="made few"),
        pytest.param(row(3, 3, held=OFF), False, id="not for sale"),
        pytest.param(row(3, 0, held=OFF), True, id="sold out"),
        pytest.param(row(0, 0, held=OFF, status=ON), True, id="waits for stock"),
        pytest.param(row(9, 2, status=OFF), False, id="going off"),
    ],
)
def test_running_low(plan: RowPlan, low: bool) -> None:
    assert bool(running_low([stock(plan)])) is low


def test_a_restock_counts_once_it_is_carried_out() -> None:
    restock = row(50, 2, to=60)
    assert [stock(restock, ended).left for ended in (None, Result.DONE, Result.FAILED)] == [60, 60, 2]


def test_the_most_sold_and_the_fewest_left_come_first() -> None:
    some = [stock(row(last, now)) for last, now in ((10, 4), (30, 3), (9, 5))]
    assert [one.sold for one in presumably_sold(some)] == [27, 6, 4]
    assert [one.left for one in running_low(some)] == [3, 4, 5]


def test_new_deleted_and_unread_items_have_no_stock_to_tell_of() -> None:
    rows = (
        RowPlan(Row(2, "A"), Action.PUBLISH, changes=(Change(INVENTORY, None, 2, Verdict.EDIT),)),
        replace(row(9, 2), action=Action.DELETE),
        RowPlan(Row(4, "C"), Action.INVALID),
    )
    assert [stock_of(one, entry_of(one, "zh"), None) for one in rows] == [None, None, None]


def test_a_report_keeps_what_it_tells_of_and_no_other_row() -> None:
    rows = tuple(
        replace(row(*units), row=Row(n, f"A{n}")) for n, units in enumerate(((9, 9), (30, 3), (9, 2), (8, 8)))
    )
    telling, stocks = reported(Plan(rows), "zh", [RowResult(2, "A2", Result.FAILED)], lambda entry: entry.pressing)
    assert [entry.outer_id for entry in telling] == ["A2"]
    assert [one.entry.outer_id for one in stocks] == ["A1", "A2"]
