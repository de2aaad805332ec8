"""One thing for each row, those of idle rows made when somebody looks."""

from __future__ import annotations

from sync.plan.by_row import ByRow

MADE: list[int] = []


def made(place: int) -> str:
    MADE.append(place)
    return f"idle {place}"


THINGS = ByRow(["second", "fourth"], [True, False, True, False], made)


def test_the_things_stand_in_the_rows_order() -> None:
    assert [*THINGS] == ["idle 0", "second", "idle 2", "fourth"]
    assert (len(THINGS), THINGS[2], THINGS[1:3]) == (4, "idle 2", ("second", "idle 2"))


def test_nothing_is_made_before_somebody_looks() -> None:
    MADE.clear()
    upper = THINGS.map(["SECOND", "FOURTH"], str.upper)
    assert (len(upper), upper.idle_rows, upper.busy) == (4, 2, ["SECOND", "FOURTH"])
    assert not MADE


def test_what_becomes_of_idle_things_is_made_of_them() -> None:
    assert [*THINGS.map(["SECOND", "FOURTH"], str.upper)] == ["IDLE 0", "SECOND", "IDLE 2", "FOURTH"]
    assert [*THINGS.with_busy(["2", "4"])] == ["idle 0", "2", "idle 2", "4"]


def test_of_any_other_things_all_are_busy() -> None:
    pair = ("a", "b")
    assert ByRow.of(pair).busy is pair
    assert [*ByRow.of(iter(pair))] == [*pair]
    assert ByRow.of(pair).idle_rows == 0
    assert ByRow.of(THINGS) is THINGS
    assert ByRow.of(pair) == ByRow.of([*pair]) != THINGS
