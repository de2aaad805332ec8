"""Times in which nothing changes: `[profiles.NAME.freeze]` (docs/reference/guards.md#freeze).

    "双11" = ["2026-11-10T20:00:00", "2026-11-12T02:00:00"]
    "晚高峰" = ["20:00", "23:00"]

Each has a name, its beginning and its end: two moments, or two hours of every day. Times are the shop's own.
"""

from __future__ import annotations

from datetime import datetime, time

from sync.config.rules import moment, time_of_day
from sync.config.values import BadValue, bad, inside, list_of, table
from sync.freeze import Freeze


def freezes(value: object) -> tuple[Freeze, ...]:
    """Read the table; raises BadValue for the first thing that is wrong."""
    found = []
    for name, pair in table(value).items():
        with inside(name):
            start, end = list_of(_time, 2)(pair)
            if type(start) is not type(end) or start == end or (isinstance(start, datetime) and start > end):
                raise bad("freeze")
            found.append(Freeze(name, start, end))
    return tuple(found)


def _time(value: object) -> datetime | time:
    try:
        return time_of_day(value)
    except BadValue:
        return moment(value)
