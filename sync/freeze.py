"""Times in which nothing of the shop is to change, such as the hours of a big promotion."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import NamedTuple


class Freeze(NamedTuple):
    """A time in which nothing changes without being asked for by name. All in the shop's own time, without a zone."""

    name: str
    start: datetime | time
    """A moment; or an hour, of every day."""
    end: datetime | time
    """As `start`: the first moment after it. An hour before `start` is the next day's."""

    def until(self, now: datetime) -> datetime | None:
        """Return when the freeze that holds at `now` ends; None: it doesn't hold."""
        if isinstance(self.start, datetime) and isinstance(self.end, datetime):
            return self.end if self.start <= now < self.end else None
        assert isinstance(self.start, time) and isinstance(self.end, time)  # noqa: S101
        for day in (now.date() - timedelta(days=1), now.date()):
            start, end = datetime.combine(day, self.start), datetime.combine(day, self.end)
            if end <= start:
                end += timedelta(days=1)
            if start <= now < end:
                return end
        return None
