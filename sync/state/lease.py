"""Who works on a profile whose state several machines share: a lease with a fence (docs/reference/state.md).

The database's clock says until when it lasts. Each holder gets a higher fence, which every write of theirs checks
under a row lock: whoever slept past the lease, and was followed by another, writes nothing any more. What leaves for
the platform is checked against a deadline by the holder's own clock, which comes no later than the database's.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from threading import Event, Thread

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    column,
    func,
    literal_column,
    select,
    table,
    update,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from sync.errors import Locked
from sync.item import SHOP_TIME
from sync.messages import Message, say
from sync.state.tables import LEASES

LEASE = timedelta(seconds=30)
RENEWALS = 5
"""How often a lease is renewed before it would end: one lost renewal must not lose it."""


def since_boot() -> float:
    """Seconds on a clock that nobody sets and that goes on while the machine sleeps, where there is such a one."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Lease:
    """One holder's lease of a profile, in a PostgreSQL database."""

    def __init__(self, engine: Engine, profile: str, clock: Callable[[], float] = since_boot) -> None:
        self._profile = profile
        self._clock = clock
        self._fence = 0
        self._deadline = clock()
        self._lost = False
        self._slept = False
        self._ended = Event()
        # A connection of its own: the database sees by it whether the holder is there.
        self._connection = engine.connect()
        self._thread = Thread(target=self._keep, daemon=True)

    def take(self) -> None:
        """Take the lease, and keep it until `release`. Raises Locked while another holds it; SQLAlchemyError."""
        try:
            self._take()
        except BaseException:
            self._connection.close()
            raise
        self._thread.start()

    def release(self) -> None:
        """Let the next one have it at once."""
        self._ended.set()
        if self._thread.ident:
            self._thread.join()
        # It ends by itself, too; what was done must not be told as trouble.
        with suppress(SQLAlchemyError), self._connection.begin():
            self._connection.execute(update(LEASES).where(*self._mine()).values(until=_now()))
        self._connection.close()

    def check(self, connection: Connection) -> None:
        """Let the caller's transaction fail if another has taken over (`overtaken`); nobody can before it ends.

        No answer need be read, so that what the transaction writes may go to the server together with this.
        """
        held = select(LEASES.c.fence).where(*self._mine()).with_for_update().subquery()
        connection.execute(select(_FAIL_WITHOUT_ROWS).select_from(held))

    def check_deadline(self) -> None:
        """Raise Locked if another may have taken over: to be called just before something leaves."""
        if self._lost or self._clock() >= self._deadline:
            self._slept = True
            raise Locked(say("run.lost_lock"))

    def check_kept(self) -> None:
        """Raise Locked if there was a moment since it was taken at which another might have taken over."""
        if self._slept:
            raise Locked(say("run.lost_lock"))
        self.check_deadline()

    def renew(self) -> bool:
        """Hold it for another while; False: another has taken over. Raises SQLAlchemyError."""
        began = self._clock()
        self._slept = self._slept or began >= self._deadline
        with self._connection.begin():
            renewed = update(LEASES).where(*self._mine()).values(until=_end(), backend=func.pg_backend_pid())
            self._lost = not self._connection.execute(renewed).rowcount
        if not self._lost:
            self._deadline = began + LEASE.total_seconds()
        return not self._lost

    def _take(self) -> None:
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

        began = self._clock()
        mine = {"until": _end(), "backend": func.pg_backend_pid()}
        first = insert(LEASES).values(profile=self._profile, fence=1, **mine)
        over = LEASES.c.until <= _now()
        taken = first.on_conflict_do_update(
            index_elements=["profile"], set_={"fence": LEASES.c.fence + 1, **mine}, where=over
        )
        with self._connection.begin():
            fence = self._connection.execute(taken.returning(LEASES.c.fence)).scalar()
        if fence is None:
            raise Locked(self._held())
        self._fence, self._deadline = fence, began + LEASE.total_seconds()

    def _held(self) -> Message:
        """Say who holds it: a holder that is there, or one that was cut off."""
        there = select(_ACTIVITY.c.pid).where(_ACTIVITY.c.pid == LEASES.c.backend).exists()
        with self._connection.begin():
            held = select(LEASES.c.until, there.label("there")).where(LEASES.c.profile == self._profile)
            found = self._connection.execute(held).first()
        if found is None or found.there:
            return say("run.locked", profile=self._profile)
        until = f"{found.until.astimezone(SHOP_TIME):%H:%M:%S}"
        return say("run.cut_off", profile=self._profile, until=until)

    def _keep(self) -> None:
        while not self._ended.wait(LEASE.total_seconds() / RENEWALS):
            with suppress(SQLAlchemyError):
                if not self.renew():
                    return

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return (LEASES.c.profile == self._profile, LEASES.c.fence == self._fence)


_FAIL_WITHOUT_ROWS: ColumnElement[int] = literal_column("1 / count(*)")
_DIVISION_BY_ZERO = "22012"
"""See the PostgreSQL documentation, appendix A, Error Codes."""


def overtaken(error: DBAPIError) -> bool:
    """Whether a transaction failed because another process has taken over (`Lease.check`)."""
    return getattr(error.orig, "sqlstate", None) == _DIVISION_BY_ZERO


_ACTIVITY = table("pg_stat_activity", column("pid"))


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp(type_=DateTime(timezone=True))


def _end() -> ColumnElement[datetime]:
    return _now() + LEASE
