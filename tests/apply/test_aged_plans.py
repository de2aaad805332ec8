"""A row that a person took their time over: the item is looked at again, and only what was shown is done."""

from __future__ import annotations

import pytest

from sync.apply.progress import Ending
from sync.call import Op, Outcome, Reply, Result
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Status
from sync.plan.plan import RowPlan
from tests.apply.rows import HELD, OFF, published, updated
from tests.apply.script_driver import GONE, LOST, NEW_ID, OK, Answers, script_of, seen, short

PLUS_5 = updated({}, change=5)
TO_15 = updated({INVENTORY: 15})
EDIT = updated({PRICE: 2590})
UP = updated({STATUS: Status.ACTIVE}, held=OFF)
DELETE = updated({STATUS: Status.DELETED})

FORM = updated({TITLE: "猫爪杯 & 杯垫"})
OWN_FORM = Reply(Outcome.DONE, item={**HELD, TITLE: "猫爪杯 &amp; 杯垫"})

CASES: list[tuple[str, RowPlan, Answers, Result]] = [
    ("nothing happened since", EDIT, [("look", seen()), ("modify", OK)], Result.DONE),
    ("a sale doesn't stop a price", EDIT, [("look", seen(stock=3)), ("modify", OK)], Result.DONE),
    ("the gap that is left now", TO_15, [("look", seen(stock=4)), ("stock +11", OK)], Result.DONE),
    ("more than the count", TO_15, [("look", seen(stock=17)), ("stock -2", OK)], Result.DONE),
    ("at the count already", TO_15, [("look", seen(stock=15))], Result.DONE),
    ("a change counts from what there is", PLUS_5, [("look", seen(stock=4)), ("stock +5", OK)], Result.DONE),
    ("somebody else's price", EDIT, [("look", seen(price=9900))], Result.SKIPPED),
    ("as wanted by now", EDIT, [("look", seen(price=2590)), ("modify", OK)], Result.DONE),
    ("kept in the platform's own form by now", FORM, [("look", OWN_FORM), ("modify", OK)], Result.DONE),
    ("sold out before it went up", UP, [("look", seen(stock=0, status=0))], Result.SKIPPED),
    ("gone", EDIT, [("look", GONE)], Result.FAILED),
    ("a look that was lost", EDIT, [("look", LOST)], Result.SKIPPED),
    ("to be deleted", DELETE, [("look", seen(stock=0)), ("status -1", OK)], Result.DONE),
    ("deleted by somebody else", DELETE, [("look", GONE)], Result.DONE),
]


@pytest.mark.parametrize(("plan", "answers", "result"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_a_stale_row(plan: RowPlan, answers: Answers, result: Result) -> None:
    assert ending(plan, answers).result is result


def ending(plan: RowPlan, answers: Answers) -> Ending:
    script = script_of(plan, aged=True)
    step = next(script)
    for wanted, told in answers:
        assert short(step) == wanted
        try:
            step = script.send(told)
        except StopIteration as stop:
            assert (wanted, told) == answers[-1]
            assert isinstance(stop.value, Ending)
            return stop.value
    raise AssertionError(f"the script wants {short(step)}")


def test_a_count_that_stands_already_is_remembered_as_carried_out() -> None:
    done = ending(TO_15, [("look", seen(stock=15))]).done
    assert [(call.op, call.count) for call in done] == [(Op.STOCK, 15)]


def test_the_person_is_told_that_the_stock_moved() -> None:
    codes = [message.code for message in ending(TO_15, [("look", seen(stock=4)), ("stock +11", OK)]).note]
    assert codes == ["stock.since_preview"]


def test_a_new_item_has_nothing_to_look_at() -> None:
    answers: list[tuple[str, Reply]] = [("generate", NEW_ID), ("publish", NEW_ID)]
    assert ending(published(), answers).result is Result.DONE
