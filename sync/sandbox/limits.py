"""How many calls the platform lets through (docs/explanation/platform.md#quotas): so many a second, so many a day."""

from __future__ import annotations

import math
from collections import Counter, defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sync.item import SHOP_TIME
from sync.sandbox.gate import Rejected

SECOND = timedelta(seconds=1)
ALL_CALLS = ""
"""The name of the application's own limit, beside those of methods."""


@dataclass(frozen=True)
class SandboxLimit:
    """What is let through, of all calls or of one method's; None: as many as come."""

    calls_per_second: int | None = None
    slack: int = 0
    """Calls that any window of one second may hold beyond that."""
    calls_per_day: int | None = None
    """From midnight to midnight GMT+8."""


class Meter:
    """Counts calls against limits; a refused call doesn't count."""

    def __init__(self, limits: Mapping[str, SandboxLimit]) -> None:
        """Name → limit: `ALL_CALLS`, or a method."""
        self._limits = limits
        self._lately: dict[str, deque[datetime]] = defaultdict(deque)
        self._days: Counter[tuple[str, date]] = Counter()

    def count(self, method: str, now: datetime) -> None:
        """Count one call; raises Rejected (code 7) with the seconds to wait, if it is one too many."""
        names = [name for name in (ALL_CALLS, method) if name in self._limits]
        for name in names:
            if wait := self._wait(name, self._limits[name], now):
                who = "app" if name == ALL_CALLS else "api"
                sub_code = f"accesscontrol.limited-by-{who}-access-count"
                raise Rejected(7, "App Call Limited", sub_code, f"This ban will last for {wait} more seconds")
        for name in names:
            self._lately[name].append(now)
            self._days[name, _day(now)] += 1

    def _wait(self, name: str, limit: SandboxLimit, now: datetime) -> int:
        """Whole seconds until another call passes, upwards; 0: it passes now."""
        if limit.calls_per_day is not None and self._days[name, _day(now)] >= limit.calls_per_day:
            return math.ceil((_midnight(now) - now).total_seconds())
        lately = self._lately[name]
        while lately and now - lately[0] >= SECOND:
            lately.popleft()
        if limit.calls_per_second is not None and len(lately) >= limit.calls_per_second + limit.slack:
            return math.ceil((lately[0] + SECOND - now).total_seconds())
        return 0


def _day(now: datetime) -> date:
    return now.astimezone(SHOP_TIME).date()


def _midnight(now: datetime) -> datetime:
    return datetime.combine(_day(now) + timedelta(days=1), time(), SHOP_TIME)
