"""Which rows are held back because their code looks like another's: the pure core."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from sync.item import Baseline
from sync.plan.identity import Memory
from sync.plan.look_alikes import look_alikes
from sync.plan.options import Choices, Options
from sync.plan.plan import Action
from tests.plan.builders import CODE, ITEM, OPTIONS, SHEET, held, known, new_row, plan_all, row

LOWER = CODE.lower()


def test_a_code_that_never_came_to_an_item_is_no_known_one() -> None:
    """A publish that was refused leaves a memory of the code, and that must not make it pass the next time."""
    rows = (new_row(code=LOWER),)
    memory = {CODE: known(), LOWER: Baseline(None, pending=True)}
    assert plan_all(rows, memory, {}).rows[0].action is Action.BLOCKED
    assert not look_alikes((new_row(code="B-1"),), Memory({"b-1": Baseline(None)}))


def test_a_lost_publish_is_a_known_code() -> None:
    memory = {CODE: known(), LOWER: Baseline("7")}
    assert plan_all((new_row(code=LOWER),), memory, {}).rows[0].action is Action.PUBLISH


@pytest.mark.parametrize("deleted", [False, True])
def test_a_known_code_is_named_before_another_row(deleted: bool) -> None:
    rows = (new_row(code=LOWER), new_row(code=LOWER.title(), number=3))
    found = look_alikes(rows, Memory({CODE: known(deleted=deleted)}))
    assert [problem.message.args["other"] for problem in found.values()] == [CODE, CODE]


def test_as_new_lets_exactly_those_pass() -> None:
    rows = (new_row(code=LOWER), new_row(code=LOWER.title(), number=3))
    plan = plan_all(rows, {CODE: known()}, {}, replace(OPTIONS, choices=Choices(as_new=frozenset({LOWER}))))
    assert [one.action for one in plan.rows] == [Action.PUBLISH, Action.BLOCKED]


def test_a_part_of_the_sheet_is_held_against_the_whole() -> None:
    rows = (new_row(code=LOWER), new_row(code=CODE, number=3))
    plan = plan_all(rows[:1], {}, {}, Options(SHEET, sheet=rows))
    assert plan.rows[0].action is Action.BLOCKED


def test_rows_that_mean_items_which_are_there_are_never_asked_about() -> None:
    rows = (row({}, item_id=ITEM), row({}, code=LOWER, number=3, item_id="9"), row({}, code="Other", number=4))
    memory = Memory({CODE: known(), "Other": known(item_id="10"), "other": known(item_id="11")})
    assert look_alikes(rows, memory) == {}


def test_of_two_spellings_of_an_earlier_version_none_is_taken() -> None:
    memory = Memory({f"{CODE}\u200e": known(), f"{CODE}\u200f": known(item_id="9")})
    assert memory.spelling(CODE) == CODE
    assert look_alikes((new_row(),), memory)


def test_a_spelling_of_an_earlier_version_is_taken_over_with_its_id() -> None:
    for typed in (None, ITEM):
        old = {f"{CODE}\u200e": known(code=f"{CODE}\u200e")}
        planned = plan_all((row({}, item_id=typed),), old, {ITEM: held(code=f"{CODE}\u200e")}).rows[0]
        assert (planned.action, planned.renames, planned.item_id) == (Action.UPDATE, f"{CODE}\u200e", ITEM)


def test_a_hundred_thousand_codes_are_no_trouble() -> None:
    memory = Memory({f"SKU-{number:06d}": known(item_id=str(number + 1)) for number in range(100_000)})
    rows = [new_row(code=f"NEW-{number:06d}", number=number + 2) for number in range(20_000)]
    began = time.process_time()
    assert look_alikes(rows, memory) == {}
    assert time.process_time() - began < 5
