"""The calls of a row and their order: docs/reference/calls.md#order-of-calls, sentence by sentence."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.call import Call, Op
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Cell, Item, Path, Status, same
from sync.plan.diff import wanted
from sync.plan.effect import after, touched
from sync.plan.plan import Action
from tests.plan.builders import BRAND, CODE, ITEM, codes, held, known, modify, new_row, off, on, plan_one, row, stock

ACTIVE, INACTIVE, DELETED = Status.ACTIVE, Status.INACTIVE, Status.DELETED
OFF: Mapping[Path, Status] = {STATUS: INACTIVE}
NEW: Item = {OUTER_ID: CODE, TITLE: "猫眼美甲", CATEGORY: ("丽人", "美甲"), PRICE: 12800}


def published(**more: int) -> tuple[Call, Call]:
    """The two calls every new item begins with."""
    return Call(Op.GENERATE), Call(
        Op.PUBLISH, values={**NEW, **{f"_sys@{key}": value for key, value in more.items()}}
    )


TO_NONE = Call(Op.STOCK, by=-1, count=0)
"""Takes away the one unit that publish makes of none."""


# --- new items ------------------------------------------------------------------------------------------------

PUBLISHING: Mapping[str, tuple[Mapping[Path, Cell], tuple[Call, ...]]] = {
    "neither stock nor status: the platform fills them in": ({}, published()),
    "with stock": ({INVENTORY: 40}, published(inventory=40)),
    "with a stock of 1": ({INVENTORY: 1}, published(inventory=1)),
    "active is what publish makes it": ({STATUS: ACTIVE, INVENTORY: 40}, published(inventory=40)),
    "sold out: stock 1, and taken away again": (
        {INVENTORY: 0}, (*published(inventory=1), TO_NONE),
    ),
    "active and sold out: zero stock wins": ({INVENTORY: 0, STATUS: ACTIVE}, (*published(inventory=1), TO_NONE)),
    "inactive: off, and no stock was asked for": ({STATUS: INACTIVE}, (*published(), off(None))),
    "inactive: stock 1, off, then its stock": (
        {INVENTORY: 40, STATUS: INACTIVE}, (*published(inventory=1), off(None), Call(Op.STOCK, by=39, count=40)),
    ),
    "inactive with a stock of 1: nothing left to correct": (
        {INVENTORY: 1, STATUS: INACTIVE}, (*published(inventory=1), off(None)),
    ),
    "inactive with a stock of 0": (
        {INVENTORY: 0, STATUS: INACTIVE}, (*published(inventory=1), off(None), TO_NONE),
    ),
    "a cleared cell has nothing to clear yet": ({BRAND: CLEAR}, published()),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "calls"), PUBLISHING.values(), ids=PUBLISHING)
def test_a_new_item(cells: Mapping[Path, Cell], calls: tuple[Call, ...]) -> None:
    plan = plan_one(new_row(cells))
    assert plan.action is Action.PUBLISH
    assert plan.calls == calls


def test_a_new_item_is_published_with_its_custom_fields() -> None:
    calls = plan_one(new_row({BRAND: "OPI", "_sys@domainId": 7})).calls
    assert calls == (Call(Op.GENERATE), Call(Op.PUBLISH, values={**NEW, BRAND: "OPI", "_sys@domainId": 7}))


# --- items that the platform holds ----------------------------------------------------------------------------

UPDATES: Mapping[str, tuple[Mapping[Path, Cell], Item, tuple[Call, ...]]] = {
    "only changed paths are sent": (
        {TITLE: "猫眼美甲", PRICE: 9900, INVENTORY: 10, STATUS: ACTIVE}, held(), (modify({PRICE: 9900}),),
    ),
    "all changed paths in one call, removals too": (
        {PRICE: 9900, BRAND: CLEAR, TITLE: "新"}, held({BRAND: "CND"}),
        (modify({PRICE: 9900, TITLE: "新"}, (BRAND,)),),
    ),
    "taking down comes first": (
        {PRICE: 9900, INVENTORY: 20, STATUS: INACTIVE}, held(), (off(), modify({PRICE: 9900}), stock(10, 20)),
    ),
    "putting up comes last": (
        {STATUS: ACTIVE, INVENTORY: 20, PRICE: 9900}, held(OFF), (modify({PRICE: 9900}), stock(10, 20), on(count=20)),
    ),
    "stock down": ({INVENTORY: 4}, held(), (stock(-6, 4),)),
    "stock up": ({INVENTORY: 14}, held(), (stock(4, 14),)),
    "zero stock wins over active: the stock is sent, not the status": (
        {INVENTORY: 0, STATUS: ACTIVE}, held(), (stock(-10, 0),),
    ),
    "zero stock wins over putting up": ({INVENTORY: 0, STATUS: ACTIVE}, held(OFF), (stock(-10, 0),)),
    "decr to 0 turns the item off: no second call": ({INVENTORY: 0}, held(), (stock(-10, 0),)),
    "down and out: nobody buys the rest meanwhile": (
        {INVENTORY: 0, STATUS: INACTIVE, PRICE: 9900}, held(), (off(), modify({PRICE: 9900}), stock(-10, 0)),
    ),
    "stays inactive, stock raised from 0: turned off": (
        {INVENTORY: 5, STATUS: INACTIVE}, held({INVENTORY: 0, **OFF}),
        (stock(5, 5), Call(Op.STATUS, ITEM, status=INACTIVE)),
    ),
    "stays inactive without a status cell, stock raised from 0: turned off": (
        {INVENTORY: 5}, held({INVENTORY: 0, **OFF}), (stock(5, 5), Call(Op.STATUS, ITEM, status=INACTIVE)),
    ),
    "stays inactive, stock raised from 1: nothing to look at": (
        {INVENTORY: 5}, held({INVENTORY: 1, **OFF}), (stock(4, 5),),
    ),
    "put up, stock raised from 0: nothing to look at": (
        {INVENTORY: 5, STATUS: ACTIVE}, held({INVENTORY: 0, **OFF}), (stock(5, 5), on(count=5)),
    ),
    "no stock at all is a stock of 0: no call of 0": ({INVENTORY: 0}, held({INVENTORY: None}), ()),
    "delete is the only call": (
        {STATUS: DELETED, PRICE: 9900, INVENTORY: 3}, held(), (Call(Op.STATUS, ITEM, status=DELETED),),
    ),
    "nothing to do": ({STATUS: ACTIVE, INVENTORY: 10}, held(), ()),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "remote", "calls"), UPDATES.values(), ids=UPDATES)
def test_an_update(cells: Mapping[Path, Cell], remote: Item, calls: tuple[Call, ...]) -> None:
    assert plan_one(row(cells), known(remote), remote).calls == calls


CHANGES: Mapping[str, tuple[int, Mapping[Path, Cell], Item, tuple[Call, ...]]] = {
    "moved, not set": (5, {}, held(), (stock(5),)),
    "taken": (-5, {}, held(), (stock(-5),)),
    "decr to 0 turns the item off: no second call": (-10, {STATUS: ACTIVE}, held(), (stock(-10),)),
    "before putting up": (5, {STATUS: ACTIVE}, held(OFF), (stock(5), on(count=15))),
    "after taking down and the price": (
        5, {STATUS: INACTIVE, PRICE: 9900}, held(), (off(), modify({PRICE: 9900}), stock(5)),
    ),
    "raised from 0 on an item that stays off: turned off": (
        5, {}, held({INVENTORY: 0, **OFF}), (stock(5), Call(Op.STATUS, ITEM, status=INACTIVE)),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("by", "cells", "remote", "calls"), CHANGES.values(), ids=CHANGES)
def test_a_stock_change(by: int, cells: Mapping[Path, Cell], remote: Item, calls: tuple[Call, ...]) -> None:
    assert plan_one(row(cells, change=by), known(remote), remote).calls == calls


def test_a_stock_change_in_a_row_to_delete_is_not_sent() -> None:
    plan = plan_one(row({STATUS: DELETED}, change=5), known(), held())
    assert plan.calls == (Call(Op.STATUS, ITEM, status=DELETED),)
    assert [change.path for change in plan.changes] == [STATUS]


# --- for any row and any item ---------------------------------------------------------------------------------

STATUSES = st.sampled_from([ACTIVE, INACTIVE])
UNITS = st.integers(0, 6)
CELLS = st.fixed_dictionaries(
    {},
    optional={
        TITLE: st.sampled_from(["甲", "乙"]),
        PRICE: st.sampled_from([1990, 2190]),
        BRAND: st.sampled_from(["OPI", "CND", CLEAR]),
        INVENTORY: UNITS,
        STATUS: st.sampled_from([*Status]),
    },
)
REMOTES = st.builds(
    held,
    st.fixed_dictionaries(
        {
            TITLE: st.sampled_from(["甲", "乙"]),
            PRICE: st.sampled_from([1990, 2190]),
            INVENTORY: UNITS,
            STATUS: STATUSES,
        },
        optional={BRAND: st.sampled_from(["OPI", "CND"])},
    ),
)


@given(CELLS, REMOTES, REMOTES, st.one_of(st.none(), st.integers(-6, 6).filter(bool)))
def test_any_row(cells: Mapping[Path, Cell], remote: Item, last_remote: Item, change: int | None) -> None:
    if change is not None:
        cells = {path: cell for path, cell in cells.items() if path != INVENTORY}
    plan = plan_one(row(cells, change=change), known(last_remote), remote)
    calls = plan.calls
    statuses = [call.status for call in calls]
    # What is off and gets stock is turned off once more, last of all: the stock may have turned it on.
    kept_off = len(calls) > 1 and statuses[-1] == INACTIVE and calls[-2].op is Op.STOCK
    calls = calls[:-1] if kept_off else calls
    assert not kept_off or cells.get(STATUS, remote[STATUS]) == INACTIVE, "only what is to stay off"
    assert INACTIVE not in [call.status for call in calls[1:]], "taking down is first"
    assert ACTIVE not in statuses[:-1], "putting up is last"
    assert DELETED not in statuses or len(plan.calls) == 1, "deleting is alone"
    assert all(call.by for call in calls if call.op is Op.STOCK), "no stock call of 0"
    assert len({call.op for call in calls}) == len(calls), "no two calls of one kind"
    sent = {path: value for call in calls for path, value in call.values.items()}
    assert all(not same(value, remote.get(path)) for path, value in sent.items()), "only changed paths are sent"
    assert all(path in remote for call in calls for path in call.remove), "only what is there is removed"
    assert frozenset().union(*map(touched, calls)) == {change.path for change in plan.changes}


@given(CELLS, REMOTES)
def test_any_rows_calls_lead_where_its_changes_say(cells: Mapping[Path, Cell], remote: Item) -> None:
    plan = plan_one(row(cells), known(remote), remote)
    item = remote
    for call in plan.calls:
        item = after(call, item)
    for change in plan.changes:
        assert same(change.after, item.get(change.path))
    if plan.changes and "status.sold_out" not in codes(plan):
        assert same(wanted(cells.get(STATUS, item[STATUS])), item[STATUS])
