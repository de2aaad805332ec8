"""A campaign's price comes and goes; its cell stays the sheet's word: docs/reference/rules.md#campaign-price."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.call import Result
from sync.fields import INVENTORY, PRICE, Column
from sync.item import Baseline, PriceWindow, Row
from sync.plan.effect import after
from sync.plan.options import Choices, Settled
from sync.plan.plan import Action, RowPlan, Verdict
from sync.plan.remember import remember
from sync.plan.rules import Rules
from sync.rule import OpenWindow, Rule, Scope
from tests.plan.builders import ITEM, NOW, OPTIONS, SHEET, codes, held, known, new_row, plan_one, row
from tests.plan.rulebook import AT, DAY, HOUR, SHANGHAI

PLAIN, CAMPAIGN = 12800, 9900
WINDOW = PriceWindow(CAMPAIGN, AT - HOUR, AT + HOUR)
BEFORE, WITHIN, OVER = AT - 2 * HOUR, AT, AT + 2 * HOUR


def clock(now: datetime, *listed: PriceWindow) -> Rules:
    made = (Rule(one, Scope(), f"规则{n}", f"规则!B{n}", named=True) for n, one in enumerate(listed, start=1))
    return Rules(tuple(made), now.replace(tzinfo=SHANGHAI), SHANGHAI)


def priced(price: int | None = PLAIN, window: PriceWindow | None = WINDOW) -> Row:
    one = row({} if price is None else {PRICE: price})
    return replace(one, window=window, addresses={**one.addresses, Column.WINDOW_PRICE: "L2"})


@dataclass
class PricedItem:
    """One item on the platform, and what state remembers of it."""

    remote: int = PLAIN
    memory: Baseline | None = None

    def __post_init__(self) -> None:
        self.memory = self.memory or known(held({PRICE: self.remote}), {PRICE: self.remote})

    def plan(self, one: Row, now: datetime, *listed: PriceWindow, skip: bool = False) -> RowPlan:
        options = replace(OPTIONS, rules=clock(now, *listed), choices=Choices(skip_conflicts=skip, skip_drift=skip))
        return plan_one(one, self.memory, held({PRICE: self.remote}), options)

    def apply(self, one: Row, now: datetime, *listed: PriceWindow, worked: bool = True) -> RowPlan:
        plan = self.plan(one, now, *listed)
        done = plan.calls if worked else ()
        item = held({PRICE: self.remote})
        for call in done:
            item = after(call, item)
        self.remote = int(str(item[PRICE]))
        result = (Result.DONE if plan.calls else Result.NONE) if worked else Result.FAILED
        self.memory = remember(plan, self.memory, result, done, item_id=ITEM, file=SHEET, at=NOW, hold=None)
        return plan


def test_a_window_brings_its_price_and_takes_it_back() -> None:
    item = PricedItem()
    assert item.apply(priced(), BEFORE).action is Action.NONE
    opening = item.apply(priced(), WITHIN)
    assert item.remote == CAMPAIGN
    assert codes(opening) == ["window.begins"]
    assert opening.changes[0].address == "L2"
    assert item.plan(priced(), WITHIN).action is Action.NONE
    closing = item.apply(priced(), OVER)
    assert item.remote == PLAIN
    assert codes(closing) == ["window.ends"]
    assert item.plan(priced(), OVER).action is Action.NONE
    assert item.memory is not None
    assert item.memory.window is None


def test_what_is_remembered_of_the_price_cell_is_the_sheets() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    assert item.memory is not None
    assert (item.memory.cells[PRICE].value, item.memory.remote[PRICE]) == (PLAIN, CAMPAIGN)
    assert item.memory.window == WINDOW


def test_the_end_brings_back_todays_cell() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    edited = item.apply(priced(11800), WITHIN)
    assert item.remote == CAMPAIGN
    assert codes(edited) == ["window.price_waits"]
    item.apply(priced(11800), OVER)
    assert item.remote == 11800
    assert item.plan(priced(11800), OVER).action is Action.NONE


def test_columns_that_are_gone_end_the_window() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    item.apply(priced(window=None), WITHIN)
    assert item.remote == PLAIN


def test_an_emptied_price_cell_keeps_no_campaign_price() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    assert item.plan(priced(None), WITHIN).action is Action.NONE
    item.apply(priced(None), OVER)
    assert item.remote == PLAIN


def test_a_row_that_never_had_a_price_begins_none() -> None:
    item = PricedItem(memory=known(held(), {}))
    plan = item.plan(priced(None), WITHIN)
    assert (plan.action, codes(plan)) == (Action.NONE, ["window.no_price"])


def test_another_campaign_price_within_the_window_is_an_edit() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    item.apply(priced(window=replace(WINDOW, price=8800)), WITHIN)
    assert item.remote == 8800
    item.apply(priced(), OVER)
    assert item.remote == PLAIN


@pytest.mark.parametrize("skip", [False, True])
def test_a_price_that_a_person_set_within_the_window_stays(skip: bool) -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    item.remote = 5500
    within = item.plan(priced(), WITHIN, skip=skip)
    assert (within.action, codes(within)) == (Action.NONE, ["window.by_hand"])
    assert within.drifted
    item.apply(priced(), WITHIN)
    over = item.apply(priced(), OVER)
    assert (item.remote, codes(over)) == (5500, ["window.by_hand"])
    # Told once; afterwards it is a difference that is known.
    assert codes(item.plan(priced(), OVER)) == []
    item.apply(priced(11800), OVER)
    assert item.remote == 11800


def test_a_person_and_the_sheet_changed_it_within_the_window() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    item.remote = 5500
    plan = item.apply(priced(11800), OVER)
    assert plan.conflicting
    assert item.remote == 11800


def test_a_price_that_changed_before_the_window_is_a_conflict() -> None:
    item = PricedItem()
    item.remote = 5500
    plan = item.apply(priced(), WITHIN)
    assert plan.conflicting
    assert item.remote == CAMPAIGN


def test_a_price_that_was_settled_for_the_platform_stays_at_the_end() -> None:
    item = PricedItem()
    item.remote = 5500
    choices = Choices(settled={priced().key: Settled("小林", paths={PRICE: "platform"})})
    plan = plan_one(
        priced(), item.memory, held({PRICE: 5500}), replace(OPTIONS, rules=clock(WITHIN), choices=choices)
    )
    item.memory = remember(plan, item.memory, Result.NONE, (), item_id=ITEM, file=SHEET, at=NOW, hold=None)
    assert codes(item.plan(priced(), WITHIN)) == ["window.by_hand"]
    item.apply(priced(), OVER)
    item.apply(priced(), OVER)
    assert item.remote == 5500


def test_an_opening_that_failed_is_tried_again() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN, worked=False)
    assert item.memory is not None
    assert item.memory.window is None
    item.apply(priced(), WITHIN)
    assert item.remote == CAMPAIGN


def test_an_end_that_failed_is_tried_again() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    item.apply(priced(), OVER, worked=False)
    assert item.remote == CAMPAIGN
    item.apply(priced(), OVER)
    assert item.remote == PLAIN


@pytest.mark.parametrize(("shown", "carried_out"), [(BEFORE, WITHIN), (WITHIN, OVER)])
def test_a_plan_that_was_shown_before_begins_and_ends_no_campaign_by_the_way(
    shown: datetime, carried_out: datetime
) -> None:
    """A saved plan makes the calls that it showed, a title's here; the price waits for a plan of its own."""
    item = PricedItem()
    item.apply(priced(), shown)
    plan = replace(item.plan(priced(), carried_out), calls=(), changes=())
    item.memory = remember(plan, item.memory, Result.DONE, (), item_id=ITEM, file=SHEET, at=NOW, hold=None)
    item.apply(priced(), carried_out)
    assert item.remote == (PLAIN if carried_out == OVER else CAMPAIGN)


def test_a_sheet_without_prices_ends_no_campaign_of_another() -> None:
    item = PricedItem()
    item.apply(priced(), WITHIN)
    stocks = row({INVENTORY: 9})
    assert [change.path for change in item.plan(stocks, WITHIN).changes] == [INVENTORY]
    emptied = replace(stocks, columns={Column.WINDOW_PRICE: "L"})
    assert PRICE in {change.path for change in item.plan(emptied, WITHIN).changes}
    assert PRICE in {change.path for change in item.plan(stocks, OVER).changes}


def test_a_new_item_begins_with_the_campaign_price() -> None:
    one = replace(new_row({INVENTORY: 5}), window=WINDOW)
    plan = plan_one(one, options=replace(OPTIONS, rules=clock(WITHIN)))
    assert plan.action is Action.PUBLISH
    assert {change.path: change.after for change in plan.changes}[PRICE] == CAMPAIGN
    memory = remember(plan, None, Result.DONE, plan.calls, item_id=ITEM, file=SHEET, at=NOW, hold=None)
    assert (memory.cells[PRICE].value, memory.window) == (PLAIN, WINDOW)


def test_the_end_is_measured_by_what_the_price_was_before() -> None:
    deep = replace(WINDOW, price=1000)
    item = PricedItem()
    item.apply(priced(window=deep), WITHIN)
    (change,) = item.plan(priced(window=deep), OVER).changes
    assert (change.before, change.after, change.usual) == (1000, PLAIN, PLAIN)
    (edited,) = item.plan(priced(40000, deep), OVER).changes
    assert (edited.before, edited.after, edited.usual) == (1000, 40000, PLAIN)


def test_nothing_is_read_anew_until_the_clock_asks() -> None:
    item = PricedItem()
    changed = replace(OPTIONS, choices=Choices(changed_only=True))
    unread = {}
    for now in (BEFORE, WITHIN):
        plan = plan_one(priced(), item.memory, held(), replace(changed, rules=clock(now)))
        unread[now] = plan.unread
    assert unread == {BEFORE: True, WITHIN: False}


WHICH: Mapping[str, tuple[PriceWindow | None, tuple[PriceWindow, ...], int | None]] = {
    "none": (None, (), None),
    "the row's own": (WINDOW, (replace(WINDOW, price=1),), CAMPAIGN),
    "a rule's": (None, (replace(WINDOW, price=8800),), 8800),
    "the row's own is over": (replace(WINDOW, end=AT), (replace(WINDOW, price=8800),), 8800),
    "the one that began last": (
        None, (replace(WINDOW, price=7700, start=AT - timedelta(minutes=1)), replace(WINDOW, price=8800)), 7700,
    ),
    "of two that began together the dearer": (None, (replace(WINDOW, price=7700), replace(WINDOW, price=8800)), 8800),
    "not begun": (None, (replace(WINDOW, start=AT + timedelta(minutes=1)),), None),
    "begins this moment": (None, (replace(WINDOW, start=AT),), CAMPAIGN),
    "ends this moment": (None, (replace(WINDOW, end=AT),), None),
}  # fmt: skip


@pytest.mark.parametrize(("own", "listed", "price"), WHICH.values(), ids=WHICH)
def test_which_campaign_price_holds(
    own: PriceWindow | None, listed: tuple[PriceWindow, ...], price: int | None
) -> None:
    opened = clock(AT, *listed).window(priced(window=own), ())
    assert (opened.window.price if opened else None) == price


def test_an_open_window_is_named_by_its_rule_or_its_cell() -> None:
    assert OpenWindow(WINDOW, "双十一", "规则!B2").words("zh") == "活动价规则“双十一”（规则!B2）"
    assert OpenWindow(WINDOW, address="L2").words("zh") == "活动价（L2）"


STEPS = st.lists(
    st.tuples(
        st.sampled_from([PLAIN, 11800]),
        st.sampled_from([None, WINDOW, replace(WINDOW, price=8800), replace(WINDOW, end=AT + DAY)]),
        st.sampled_from([BEFORE, WITHIN, OVER, OVER + 2 * DAY]),
        st.sampled_from([None, 5500]),
        st.booleans(),
    ),
    max_size=8,
)


@given(STEPS)
@settings(max_examples=200)
def test_a_campaign_ends_in_the_sheets_price_or_in_a_persons(
    steps: list[tuple[int, PriceWindow | None, datetime, int | None, bool]],
) -> None:
    item, by_hand = PricedItem(), False
    for price, window, now, typed, worked in sorted(steps, key=lambda step: step[2]):
        if typed is not None and typed != item.remote:
            item.remote, by_hand = typed, True
        before = item.remote
        plan = item.apply(priced(price, window), now, worked=worked)
        assert worked or item.remote == before
        assert item.remote in {PLAIN, 11800, CAMPAIGN, 8800, 5500}
        if any(decision.verdict is Verdict.WINDOW_DRIFT for decision in plan.decisions):
            assert item.remote == before == 5500
    price = steps[-1][0] if steps else PLAIN
    last = OVER + 3 * DAY
    item.apply(priced(price, WINDOW), last)
    assert item.plan(priced(price, WINDOW), last).action is Action.NONE
    assert item.memory is not None
    assert item.memory.window is None
    assert item.remote == price or (by_hand and item.remote == 5500)
