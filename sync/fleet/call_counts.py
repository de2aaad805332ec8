"""Counts calls by their outcome as the journal grows, and never reads the whole of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from threading import Lock

from sqlalchemy import Connection, func, select

from sync.fleet.reading import CLOCK
from sync.state.tables import CALLS

SETTLED = timedelta(minutes=15)
"""After so long, a call's outcome stays as it is; the few that change later, of a dead worker, aren't counted."""


class CallCounts:
    """Calls that ended since the first look. Safe for many threads."""

    def __init__(self) -> None:
        self._turn = Lock()
        self._settled: Counter[str] = Counter()
        self._upto: int | None = None
        """All calls up to this number are counted for good; None: nobody has looked yet."""

    def counted(self, connection: Connection) -> Mapping[str, int]:
        """Return how many calls ended how. Raises SQLAlchemyError."""
        with self._turn:
            if self._upto is None:
                self._upto = connection.execute(select(func.max(CALLS.c.id))).scalar() or 0
            old = select(func.max(CALLS.c.id)).where(CALLS.c.id > self._upto, CALLS.c.intended_at < CLOCK - SETTLED)
            upto = connection.execute(old).scalar() or self._upto
            self._settled += _between(connection, self._upto, upto)
            self._upto = upto
            return self._settled + _between(connection, upto, None)


def _between(connection: Connection, after: int, upto: int | None) -> Counter[str]:
    these = select(CALLS.c.outcome, func.count().label("n")).where(CALLS.c.id > after, CALLS.c.outcome.is_not(None))
    if upto is not None:
        these = these.where(CALLS.c.id <= upto)
    return Counter({row.outcome: row.n for row in connection.execute(these.group_by(CALLS.c.outcome))})
