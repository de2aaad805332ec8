"""One tick after another, with rests between them that a clock may jump in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from threading import Event

from sync.apply.executor import Clock

NAP = 30.0
"""Seconds. A machine's sleep counts in no pause, so the clock is looked at again this often: what was due while a
laptop slept is caught up with that soon after it wakes."""


def keep_ticking(tick: Callable[[], datetime], clock: Clock, stop: Event) -> None:
    """Make one tick after another until `stop` is set; each returns when the next is due."""
    while not stop.is_set():
        rest_until(tick(), clock, stop)


def rest_until(due: datetime, clock: Clock, stop: Event) -> None:
    """Wait for a moment, or for `stop`."""
    longest = (due - clock.now()).total_seconds()
    began = clock.monotonic()
    while not stop.is_set():
        # If the clock is set back meanwhile, the rest is no longer than it was to be.
        left = min((due - clock.now()).total_seconds(), longest - (clock.monotonic() - began))
        if left <= 0:
            return
        clock.pause(min(left, NAP))
