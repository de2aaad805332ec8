"""The clocks of the tests: nobody waits for real."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import monotonic

from sync.apply.executor import Clock

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)
OFTEN = 20_000
"""So often nobody looks at a clock between two pauses, unless it waits in a busy loop: here, for ever."""


class FakeClock:
    """A clock that pauses move; it keeps the pauses that were asked for, in seconds."""

    def __init__(self) -> None:
        self.at = START
        self.pauses: list[float] = []
        self._passed = 0.0
        self._asked = 0

    def now(self) -> datetime:
        self._asked += 1
        assert self._asked < OFTEN, "somebody waits without pausing"
        return self.at

    def pause(self, seconds: float) -> None:
        self._asked = 0
        self.pauses.append(seconds)
        self.at += timedelta(seconds=seconds)
        self._passed += seconds

    def monotonic(self) -> float:
        self._asked += 1
        assert self._asked < OFTEN, "somebody waits without pausing"
        return self._passed

    @property
    def of_runs(self) -> Clock:
        """The same clock as a run is given it."""
        return Clock(self.now, self.pause, self.monotonic)


class HandClock:
    """A clock that only the test moves."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return self.at.timestamp()

    def move(self, **by: float) -> None:
        """Let time pass, such as `minutes=5`."""
        self.at += timedelta(**by)


class SkippingClock:
    """The real time, and what was paused on top of it: a pause is over at once."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self._skipped)

    def pause(self, seconds: float) -> None:
        self._skipped += max(0.0, seconds)

    def monotonic(self) -> float:
        return monotonic() + self._skipped

    @property
    def of_runs(self) -> Clock:
        """The same clock as a run is given it."""
        return Clock(self.now, self.pause, self.monotonic)
