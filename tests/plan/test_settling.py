"""What a person settled path by path: what is sent, what is remembered, and what the next plan says."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest

from sync.call import Result
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Baseline, Item, Path, Row, Status
from sync.messages import Level
from sync.plan.options import Choices, Settled
from sync.plan.plan import Action, RowPlan, Verdict
from tests.plan.builders import CODE, OPTIONS, codes, ended, held, known, plan_one, row

Choice = Literal["platform", "leave"]

LAST = known(held({PRICE: 2000, TITLE: "旧标题"}), {PRICE: 2000, TITLE: "旧标题"})
NOW = held({PRICE: 2300, TITLE: "旧标题"})
"""Somebody changed the price on the platform."""
CONFLICT = row({PRICE: 2100, TITLE: "新标题"})
DRIFT = row({PRICE: 2000, TITLE: "新标题"})


def settled(one: Row, paths: dict[Path, Choice], baseline: Baseline = LAST, remote: Item = NOW) -> RowPlan:
    options = replace(OPTIONS, choices=Choices(settled={CODE: Settled("小林", paths=paths)}))
    return plan_one(one, baseline, remote, options)


def verdict(plan: RowPlan, path: Path = PRICE) -> Verdict:
    return next(one.verdict for one in plan.decisions if one.path == path)


@pytest.mark.parametrize(("one", "before"), [(CONFLICT, Verdict.CONFLICT), (DRIFT, Verdict.DRIFT)])
@pytest.mark.parametrize(("choice", "level"), [("platform", Level.NOTE), ("leave", Level.WARNING)])
def test_the_platforms_value_stays_and_the_rest_of_the_row_is_done(
    one: Row, before: Verdict, choice: Choice, level: Level
) -> None:
    assert verdict(plan_one(one, LAST, NOW)) is before
    plan = settled(one, {PRICE: choice})
    assert [change.path for change in plan.changes] == [TITLE]
    assert not plan.conflicting
    assert not plan.drifted
    (told,) = (problem for problem in plan.problems if problem.code == f"settled.{choice}")
    assert told.level is level
    assert "小林" in told.message.words("zh")


def test_for_good_is_for_good_and_for_now_is_asked_again() -> None:
    kept = ended(settled(CONFLICT, {PRICE: "platform"}), LAST)
    assert verdict(plan_one(CONFLICT, kept, held({PRICE: 2300, TITLE: "新标题"}))) is Verdict.KNOWN
    left = ended(settled(CONFLICT, {PRICE: "leave"}), LAST)
    assert verdict(plan_one(CONFLICT, left, held({PRICE: 2300, TITLE: "新标题"}))) is Verdict.CONFLICT
    assert left.pending, "it is read next time, whatever is left unread"


def test_a_row_of_which_nothing_is_left_to_do_is_remembered_too() -> None:
    plan = settled(row({PRICE: 2100}), {PRICE: "platform"})
    assert (plan.action, plan.calls) == (Action.NONE, ())
    assert verdict(plan_one(row({PRICE: 2100}), ended(plan, LAST, Result.NONE), NOW)) is Verdict.KNOWN


def test_a_failed_row_remembers_no_decision() -> None:
    failed = ended(settled(CONFLICT, {PRICE: "platform"}), LAST, Result.FAILED, ())
    assert verdict(plan_one(CONFLICT, failed, NOW)) is Verdict.CONFLICT


@pytest.mark.parametrize("one", [row({PRICE: 2300}), row({PRICE: 2000})])
def test_what_nobody_had_to_settle_is_as_it_is(one: Row) -> None:
    """A choice is of what was shown; where the platform is as the sheet says by now, there is nothing to keep."""
    same = held({PRICE: 2300 if one.cells[PRICE] == 2300 else 2000})
    plan = settled(one, {PRICE: "platform"}, LAST, same)
    assert not [code for code in codes(plan) if code.startswith("settled.")]


def test_an_item_goes_up_by_the_stock_that_stays() -> None:
    """The sheet's count was settled for the platform's 0: the item can't go up with it."""
    last = known(held({INVENTORY: 5, STATUS: Status.INACTIVE}), {INVENTORY: 5, STATUS: Status.INACTIVE})
    now = held({INVENTORY: 0, STATUS: Status.INACTIVE})
    up = row({INVENTORY: 9, STATUS: Status.ACTIVE})
    assert verdict(plan_one(up, last, now), INVENTORY) is Verdict.CONFLICT
    plan = settled(up, {INVENTORY: "platform"}, last, now)
    assert (plan.calls, verdict(plan, STATUS)) == ((), Verdict.SOLD_OUT)


def test_a_row_that_was_left_out_is_skipped_and_remembers_nothing() -> None:
    options = replace(OPTIONS, choices=Choices(settled={CODE: Settled("小林", left_out=True)}))
    plan = plan_one(CONFLICT, LAST, NOW, options)
    assert (plan.action, plan.skipped, plan.calls, plan.changes) == (Action.BLOCKED, True, (), ())
    assert codes(plan)[-1] == "settled.left_out"
