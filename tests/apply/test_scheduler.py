"""Rests between ticks, on clocks that jump."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Event

import pytest

from sync.apply.executor import Clock
from sync.apply.scheduler import NAP, keep_ticking, rest_until
from tests.clocks import START, FakeClock

HOUR = timedelta(hours=1)


def test_it_rests_until_the_moment_and_no_longer() -> None:
    clock = FakeClock()
    rest_until(START + timedelta(seconds=2.5 * NAP), clock.of_runs, Event())
    assert clock.pauses == [NAP, NAP, NAP / 2]


@pytest.mark.parametrize("since", [timedelta(0), HOUR], ids=["now", "an hour ago"])
def test_what_is_due_needs_no_rest(since: timedelta) -> None:
    clock = FakeClock()
    rest_until(START - since, clock.of_runs, Event())
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("jump", "naps"),
    [(timedelta(hours=8), 1), (timedelta(hours=-2), 120), (-timedelta(seconds=NAP), 120), (timedelta(0), 120)],
    ids=["a laptop slept", "set back", "set back by as much as has passed", "nothing happened"],
)
def test_a_clock_that_jumps_makes_no_rest_longer(jump: timedelta, naps: int) -> None:
    clock = FakeClock()

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if len(clock.pauses) == 1:
            clock.at += jump - (timedelta(seconds=1) if jump < timedelta(0) else timedelta(0))

    rest_until(START + HOUR, Clock(clock.now, pause, clock.monotonic), Event())
    assert len(clock.pauses) == naps


def test_to_be_asked_to_stop_ends_the_rest_and_the_ticks() -> None:
    clock, stop = FakeClock(), Event()
    ticks: list[datetime] = []

    def tick() -> datetime:
        ticks.append(clock.at)
        return clock.at + timedelta(minutes=5)

    def pause(seconds: float) -> None:
        clock.pause(seconds)
        if clock.at >= START + timedelta(minutes=12):
            stop.set()

    keep_ticking(tick, Clock(clock.now, pause, clock.monotonic), stop)
    assert ticks == [START + timedelta(minutes=minutes) for minutes in (0, 5, 10)]
    assert clock.at == START + timedelta(minutes=12)
    keep_ticking(tick, clock.of_runs, stop)
    assert len(ticks) == 3


def test_a_tick_that_took_longer_than_its_pause_is_followed_at_once() -> None:
    clock, stop = FakeClock(), Event()
    left = [1, 1]

    def tick() -> datetime:
        if not left:
            stop.set()
        else:
            left.pop()
        clock.at += timedelta(minutes=9)
        return clock.at - timedelta(minutes=4)

    keep_ticking(tick, clock.of_runs, stop)
    assert clock.pauses == []
