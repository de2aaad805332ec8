"""Rows under rules: a ruling stands where the row's 目标状态 would, and the ordinary comparison does the rest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.abilities import SHOP
from sync.call import Call, Result
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Baseline, Item, Row, Status
from sync.plan.desired import facts_of
from sync.plan.effect import after
from sync.plan.options import Choices, Options
from sync.plan.plan import Action, RowPlan, Verdict
from sync.plan.rules import Rules
from sync.plan.untouched import overtaken
from sync.remembered import LastRuling
from sync.rule import Daily, Terms, Thresholds
from tests.plan.builders import CODE, ITEM, SHEET, codes, ended, held, known, new_row, off, on, plan_all, row, stock
from tests.plan.rulebook import AT, CHEAP, DEAR, HOUR, LATER, LOW, OFF, ON, OPEN, OVER, rules, timed

MINUTES = st.times().map(lambda at: at.replace(second=0, microsecond=0, tzinfo=None))
# --- in a plan ----------------------------------------------------------------------------------------------------
TERMS = st.one_of(
    st.builds(Daily, MINUTES, MINUTES),
    st.sampled_from([OPEN, OVER, LATER, CHEAP, DEAR, LOW, Thresholds(0, 1), Thresholds(5, 6)]),
)
MOMENTS = st.none() | st.sampled_from([AT - HOUR, AT, AT + HOUR])
STATUSES = st.sampled_from([None, ON, OFF])


def plan_with(
    asked: Rules, one: Row, remote: Item | None = None, memory: LastRuling | None = None
) -> tuple[RowPlan, Baseline]:
    """The plan of one row whose item is known, and what state remembered of it."""
    baseline = replace(known(remote or held(), {}), ruled=memory)
    return plan_all((one,), {CODE: baseline}, {ITEM: remote or held()}, Options(SHEET, rules=asked)).rows[0], baseline


def test_a_ruling_stands_where_the_cell_would() -> None:
    plan, _ = plan_with(rules(OVER), row({STATUS: ON}))
    (change,) = plan.changes
    assert (change.path, change.after, change.kind, change.address) == (STATUS, OFF, Verdict.EDIT, "规则!规则1")
    assert plan.calls == (off(),)
    assert plan.row.cells[STATUS] is ON, "the row stays as it was typed"
    assert codes(plan) == ["rule.decides"]


def test_what_is_put_up_waits_for_its_restock_and_goes_up_last() -> None:
    empty = held({INVENTORY: 0, STATUS: OFF})
    plan, baseline = plan_with(rules(LOW), row({}, change=12), empty)
    assert plan.calls == (stock(12), on(count=12))
    assert ended(plan, baseline).ruled == LastRuling(ON, "stock", "规则1", {"规则1": ON})


def test_a_row_that_failed_keeps_what_was_remembered() -> None:
    before = LastRuling(ON, "campaign", "规则1", {"规则1": ON})
    plan, baseline = plan_with(rules(OVER), row({PRICE: 9900}), memory=before)
    assert ended(plan, baseline, Result.FAILED, ()).ruled == before
    assert ended(plan, baseline).ruled == LastRuling(OFF, "campaign", "规则1", {"规则1": OFF}, OVER.end)


def test_a_new_row_before_its_time_is_published_and_turned_off() -> None:
    one = replace(new_row(), list_at=AT + HOUR)
    (plan,) = plan_all((one,), {}, {}, Options(SHEET, rules=rules())).rows
    assert plan.action is Action.PUBLISH
    assert [call.status for call in plan.calls] == [None, None, OFF]


def test_the_price_that_counts_is_the_one_that_will_stand() -> None:
    plan, baseline = plan_with(rules(CHEAP), row({PRICE: 9900}))
    assert plan.ruling is not None
    assert plan.ruling.status is ON
    unpriced = SHOP._replace(paths=frozenset({STATUS}))
    assert facts_of(row({PRICE: 9900}), baseline, held(), unpriced).price == 12800, "out of reach"


@settings(max_examples=150)
@given(
    st.lists(TERMS, max_size=4),
    STATUSES,
    st.tuples(MOMENTS, MOMENTS),
    st.tuples(st.integers(0, 12), st.sampled_from([ON, OFF])),
    st.integers(0, 12) | st.none(),
)
def test_once_carried_out_a_ruling_asks_for_nothing_more(
    terms: list[Terms],
    cell: Status | None,
    moments: tuple[datetime | None, datetime | None],
    held_now: tuple[int, Status],
    count: int | None,
) -> None:
    units, status = held_now
    asked = rules(*terms)
    one = timed(*moments, status=cell)
    one = replace(one, cells={**one.cells, **({} if count is None else {INVENTORY: count})})
    remote = held({INVENTORY: units, STATUS: status if units else OFF})
    plan, baseline = plan_with(asked, one, remote)
    assert plan_with(asked, one, remote)[0] == plan, "asked twice, the same"
    remembered = ended(plan, baseline)
    left = carried_out(plan.calls, remote)
    (again,) = plan_all((one,), {CODE: remembered}, {ITEM: left}, Options(SHEET, rules=asked)).rows
    assert (again.action, again.calls) == (Action.NONE, ())
    if plan.ruling:
        assert again.ruling is not None
        assert again.ruling.status is plan.ruling.status
        assert plan.ruling.no_stock or left[STATUS] == plan.ruling.status


def carried_out(calls: Sequence[Call], item: Item) -> Item:
    for call in calls:
        item = after(call, item)
    return item


# --- `--refresh changed` ------------------------------------------------------------------------------------------
UNREAD: dict[str, tuple[tuple[Terms, ...], bool]] = {
    "no rule": ((), True),
    "a rule that says what was carried out": ((OPEN,), True),
    "a rule that says nothing": ((LATER,), True),
    "a rule that says otherwise by now": ((OVER,), False),
    "a price rule": ((DEAR,), False),
    "a stock rule": ((LOW,), False),
}


@pytest.mark.parametrize(("terms", "unread"), UNREAD.values(), ids=UNREAD)
def test_only_what_the_clock_alone_decides_goes_unread(terms: tuple[Terms, ...], unread: bool) -> None:
    options = Options(SHEET, rules=rules(*terms), choices=Choices(changed_only=True))
    (plan,) = plan_all((row({STATUS: ON}),), {CODE: known(held(), {STATUS: ON})}, {ITEM: held()}, options).rows
    assert plan.unread is unread


def test_what_a_rule_says_is_never_written_into_a_cell() -> None:
    """`pull --into` brings cells up to date that nobody edited; the status here was no cell's word."""
    one = row({STATUS: ON})
    plan, baseline = plan_with(rules(OVER), one)
    by_hand = held()
    (again,) = plan_all(
        (one,), {CODE: ended(plan, baseline)}, {ITEM: by_hand}, Options(SHEET, rules=rules(OVER))
    ).rows
    assert again.drifted
    assert overtaken(again) == {}


def test_an_undo_leaves_the_ruling_as_it_was() -> None:
    plan, baseline = plan_with(rules(OVER), row())
    remembered = ended(plan, baseline)
    undone = RowPlan(row(), Action.UPDATE, ITEM, calls=(on(),), remote=held({STATUS: OFF}), undoes=1)
    assert ended(undone, remembered).ruled == remembered.ruled
