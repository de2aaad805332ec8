"""One thing for each row, those of idle rows made when somebody looks."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sync.plan.by_row import ByRow

MADE: list[int] = []


def made(places: Sequence[int]) -> list[str]:
    MADE.extend(places)
    return [f"idle {place}" for place in places]


THINGS = ByRow(["second", "fourth"], [True, False, True, False], made)


def test_the_things_stand_in_the_rows_order() -> None:
    assert [*THINGS] == ["idle 0", "second", "idle 2", "fourth"]
    assert (len(THINGS), THINGS[2], THINGS[1:3]) == (4, "idle 2", ("second", "idle 2"))


def test_nothing_is_made_before_somebody_looks() -> None:
    MADE.clear()
    upper = THINGS.map(["SECOND", "FOURTH"], str.upper)
    assert (len(upper), upper.idle_rows, upper.busy) == (4, 2, ["SECOND", "FOURTH"])
    assert not MADE


def test_who_looks_at_some_makes_no_others() -> None:
    MADE.clear()
    assert (THINGS[1], THINGS[-1], THINGS[2], THINGS[:1], THINGS[::-2]) == (
        "second",
        "fourth",
        "idle 2",
        ("idle 0",),
        ("fourth", "second"),
    )
    assert MADE == [2, 0]
    with pytest.raises(IndexError):
        THINGS[4]


def test_many_rows_are_made_a_thousand_at_a_time() -> None:
    MADE.clear()
    many = ByRow(["busy"], [*[True] * 7_000, False, *[True] * 7_000], made)
    rows = iter(many)
    assert next(rows) == "idle 0"
    assert len(MADE) == 1_000
    assert [*rows][6_998:7_001] == ["idle 6999", "busy", "idle 7001"]


def test_what_becomes_of_idle_things_is_made_of_them() -> None:
    assert [*THINGS.map(["SECOND", "FOURTH"], str.upper)] == ["IDLE 0", "SECOND", "IDLE 2", "FOURTH"]
    assert [*THINGS.with_busy(["2", "4"])] == ["idle 0", "2", "idle 2", "4"]


def test_a_part_with_others_in_place_of_some() -> None:
    MADE.clear()
    part = THINGS.part([0, 1, 2], [True, False, False, False], ["second", "third", "more"])
    assert (len(part), part.idle_rows, [*part.busy], MADE) == (4, 1, ["second", "third", "more"], [])
    assert [*part] == ["idle 0", "second", "third", "more"]


def test_of_any_other_things_all_are_busy() -> None:
    pair = ("a", "b")
    assert ByRow.of(pair).busy is pair
    assert [*ByRow.of(iter(pair))] == [*pair]
    assert ByRow.of(pair).idle_rows == 0
    assert ByRow.of(THINGS) is THINGS
    assert ByRow.of(pair) == ByRow.of([*pair]) != THINGS


def test_the_busy_ones_may_be_made_on_demand_too() -> None:
    nested = ByRow(THINGS, [False, True, False, False, False], lambda places: (f"outer {one}" for one in places))
    assert [*nested] == ["idle 0", "outer 1", "second", "idle 2", "fourth"]
    MADE.clear()
    assert [*nested.at([1, 2, 3])] == ["outer 1", "second", "idle 2"]
    assert MADE == [2]
