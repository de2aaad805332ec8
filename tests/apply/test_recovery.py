"""docs/reference/outcomes.md#settling-the-unknown: what a look says, kind by kind."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.apply.recovery import Judgement, judge
from sync.call import Call, Op, Outcome
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Item, Opaque, Status
from sync.plan.effect import after
from tests.apply.rows import HELD, ID

DONE, UNKNOWN, FAILED = Outcome.DONE, Outcome.UNKNOWN, Outcome.FAILED
OFF = {**HELD, STATUS: Status.INACTIVE}
EMPTY = {**HELD, INVENTORY: 0, STATUS: Status.INACTIVE}

PUBLISH = Call(Op.PUBLISH, ID, values=HELD)
EDIT = Call(Op.MODIFY, ID, values={PRICE: 2590, "数": "5"}, remove=("品牌",))
TURN_OFF = Call(Op.STATUS, ID, status=Status.INACTIVE)
TURN_ON = Call(Op.STATUS, ID, status=Status.ACTIVE)
DELETE = Call(Op.STATUS, ID, status=Status.DELETED)
TO_15 = Call(Op.STOCK, ID, by=5, count=15)
TO_0 = Call(Op.STOCK, ID, by=-10, count=0)
PLUS_5 = Call(Op.STOCK, ID, by=5)
MINUS_10 = Call(Op.STOCK, ID, by=-10)


def with_stock(units: int) -> Item:
    return {**HELD, INVENTORY: units}


TABLE: list[tuple[str, Call, Item | None, Judgement]] = [
    ("publish: found", PUBLISH, HELD, DONE),
    ("publish: found, changed since", PUBLISH, {**HELD, PRICE: 1}, DONE),
    ("publish: not found, so again with the same id", PUBLISH, None, PUBLISH),
    ("modify: as wanted", EDIT, {**HELD, PRICE: 2590, "数": "5"}, DONE),
    ("modify: as wanted, a number for its text", EDIT, {**HELD, PRICE: 2590, "数": Opaque("5")}, DONE),
    ("modify: as before", EDIT, {**HELD, "品牌": "猫"}, EDIT),
    ("modify: half of it", EDIT, {**HELD, PRICE: 2590}, EDIT),
    ("modify: all but the removal", EDIT, {**HELD, PRICE: 2590, "数": "5", "品牌": "猫"}, EDIT),
    ("modify: somebody else's title", EDIT, {**HELD, PRICE: 2590, "数": "5", TITLE: "别的"}, DONE),
    ("modify: the item is gone", EDIT, None, FAILED),
    ("off: it is off", TURN_OFF, OFF, DONE),
    ("off: it is on", TURN_OFF, HELD, TURN_OFF),
    ("off: sold out meanwhile, so off", TURN_OFF, EMPTY, DONE),
    ("off: the item is gone", TURN_OFF, None, FAILED),
    ("on: it is on", TURN_ON, HELD, DONE),
    ("on: it is off", TURN_ON, OFF, TURN_ON),
    ("on: sold out meanwhile, zero stock wins", TURN_ON, EMPTY, DONE),
    ("on: the item is gone", TURN_ON, None, FAILED),
    ("delete: it is gone", DELETE, None, DONE),
    ("delete: it is there", DELETE, HELD, DELETE),
    ("a count: reached", TO_15, with_stock(15), DONE),
    ("a count: what is there is no number", TO_15, {**HELD, INVENTORY: Opaque('"many"')}, UNKNOWN),
    ("a move: what is there is no number", MINUS_10, {**OFF, INVENTORY: Opaque('"many"')}, UNKNOWN),
    ("a count: not moved", TO_15, with_stock(10), replace(TO_15, by=5)),
    ("a count: not moved, and two sold", TO_15, with_stock(8), replace(TO_15, by=7)),
    ("a count: moved, and two sold", TO_15, with_stock(13), replace(TO_15, by=2)),
    ("a count: somebody added more", TO_15, with_stock(20), replace(TO_15, by=-5)),
    ("a count of nothing: reached", TO_0, EMPTY, DONE),
    ("a count of nothing: some left", TO_0, with_stock(3), replace(TO_0, by=-3)),
    ("a count: no stock is told", TO_15, {STATUS: Status.ACTIVE}, replace(TO_15, by=15)),
    ("a count: the item is gone", TO_15, None, FAILED),
    ("a move: by just that", PLUS_5, with_stock(15), DONE),
    ("a move: not at all", PLUS_5, with_stock(10), UNKNOWN),
    ("a move: by something else", PLUS_5, with_stock(13), UNKNOWN),
    ("a move: twice?", PLUS_5, with_stock(20), UNKNOWN),
    # Buyers may have taken just as many, and then the move is still to come.
    ("taking away: by just that, while it was on sale", MINUS_10, EMPTY, UNKNOWN),
    ("taking away: not at all", MINUS_10, with_stock(10), UNKNOWN),
    ("a move: the item is gone, or only left out", PLUS_5, None, UNKNOWN),
]


@pytest.mark.parametrize(("call", "seen", "expected"), [pytest.param(*case, id=name) for name, *case in TABLE])
def test_the_table(call: Call, seen: Item | None, expected: Judgement) -> None:
    assert judge(call, HELD, seen) == expected


def test_what_is_as_it_was_before_shows_no_edit_though_it_is_a_form_of_it() -> None:
    edit, before = Call(Op.MODIFY, ID, {TITLE: "猫爪  杯"}), {**HELD, TITLE: "猫爪 杯"}
    assert judge(edit, before, before) == edit
    assert judge(edit, HELD, before) is DONE


def test_taking_away_what_nobody_could_buy_is_proved_by_the_difference() -> None:
    assert judge(MINUS_10, OFF, EMPTY) is DONE


WRITES = st.one_of(
    st.builds(Call, st.just(Op.MODIFY), st.just(ID), st.dictionaries(st.sampled_from([TITLE, "品牌"]), st.text())),
    st.builds(Call, st.just(Op.STATUS), st.just(ID), status=st.sampled_from([Status.ACTIVE, Status.INACTIVE])),
    st.integers(0, 99).map(lambda count: Call(Op.STOCK, ID, by=count - 10 or 1, count=count)),
    st.integers(1, 99).map(lambda by: Call(Op.STOCK, ID, by=by)),
)
ITEMS = st.builds(
    lambda stock, status, brand: {**HELD, INVENTORY: stock, STATUS: status, "品牌": brand},
    st.integers(0, 99),
    st.sampled_from([Status.ACTIVE, Status.INACTIVE]),
    st.text(),
)


@given(WRITES, ITEMS)
def test_a_call_that_worked_is_seen_to_have_worked(call: Call, before: Item) -> None:
    assert judge(call, before, after(call, before)) is DONE


@given(WRITES, ITEMS, ITEMS)
def test_what_is_sent_again_leads_where_the_first_was_to_lead(call: Call, before: Item, seen: Item) -> None:
    again = judge(call, before, seen)
    if isinstance(again, Call):
        assert again.count is not None or again == call
        assert again.op is not Op.STOCK or again.by != 0
        assert judge(call, before, after(again, seen)) is DONE
    else:
        assert again in (DONE, UNKNOWN)
        assert again is DONE or (call.op is Op.STOCK and call.count is None)
