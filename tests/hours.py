"""A clock for tests: it stands still until somebody pauses."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sync.apply.executor import Clock

START = datetime(2026, 11, 21, 1, 0, tzinfo=UTC)


class Hours:
    """A clock that only pauses move; it keeps what pauses were asked for, in seconds."""

    def __init__(self) -> None:
        self.at = START
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self.at

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += timedelta(seconds=seconds)

    @property
    def clock(self) -> Clock:
        return Clock(self.now, self.pause)
