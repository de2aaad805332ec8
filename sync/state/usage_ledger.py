"""What all processes of one application have called, in the state that they share
(docs/explanation/platform.md#quotas).

A place in the flow of calls is reserved in one statement, by the database's own clock where it has one: nobody has to
try again because another was quicker, and whoever asks first goes first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from threading import Lock
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Engine,
    Table,
    bindparam,
    case,
    cast,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from sync.item import SHOP_TIME
from sync.limits import Reservation
from sync.state.database_errors import refused
from sync.state.fleet_tables import RESERVATIONS
from sync.state.tables import FLOWS, QUOTA

SECOND = 1_000_000
AHEAD = SECOND * 8 // 10
"""Microseconds: how far ahead a place is reserved. Less than a reservation lasts, so that one is still good when the
turn for a second limit comes."""
OLDER = (-2 * SECOND, 10 * SECOND)
"""Microseconds before and after now: where the flow of a program before 2.2 stands while it calls."""
KEPT = timedelta(days=7)
"""How long a day's count is kept: two machines need not agree to the minute on when midnight is."""


class SharedLedger:
    """The ledger of one application: see `UsageLedger` in the gateway's `pace`. Safe to use from several threads.

    All of its methods raise StateDown if the state can't be read or written.
    """

    def __init__(self, engine: Engine, app_key: str) -> None:
        self._engine = engine
        self._app_key = app_key
        # Threads of one process that write at the same time would only wait for each other in the database.
        self._lock = Lock()

    def reserve(self, name: str, cost: int, longest: int, now: Callable[[], datetime]) -> Reservation:
        """Reserve the next place in the flow of `name`: see `UsageLedger.reserve` in the gateway's `pace`.

        None is granted further ahead than `AHEAD`, nor while a program before 2.2 calls for the same application: it
        counts in `FLOWS`, where it can't see this, and so it goes first. A place further ahead than can have been
        granted is of a clock that was set back since, and counts for nothing.
        """
        named: dict[str, str | int] = {"key": self._app_key, "of": name}
        with self._lock, _honest(), self._engine.connect() as connection:
            taken, ahead = _statements(connection.dialect.name)
            if connection.dialect.name == "postgresql":
                # In one statement: whoever is stopped before a commit would keep all others waiting for the place.
                connection.execution_options(isolation_level="AUTOCOMMIT")
            else:
                # Nobody else reserves from here on, so that however long we waited, this is the time.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                named["now"] = round(now().timestamp() * SECOND)
            wait = connection.execute(taken, {**named, "cost": cost, "longest": longest}).scalar()
            if wait is None:
                # Never at once: a program before 2.2 stands in the way whatever its place is.
                wait = max(connection.execute(ahead, named).scalar() or 0, SECOND // 10)
                return Reservation(False, wait / SECOND)
            connection.commit()
            return Reservation(True, max(0, wait) / SECOND)

    def spend(self, charges: Sequence[tuple[str, int, int]], now: datetime) -> bool:
        """Count calls durably against today's quotas, all of them or none; False: of one, not enough is left.

        `charges`: names, each with its calls and its quota.
        """
        day = _day(now)
        with self._lock, _honest():
            while (short := self._charged(charges, day)) is not None:
                if not self._opened(short, day, now):
                    return False
            return True

    def _charged(self, charges: Sequence[tuple[str, int, int]], day: str) -> str | None:
        """Count all of them, or return the name of one of which too little is left, or nothing was counted yet."""
        with self._engine.connect() as connection:
            # Always in the same order, so that no two processes wait for one another.
            for name, calls, most in sorted(charges):
                of_today = (*_named(QUOTA, self._app_key, name), QUOTA.c.day == day)
                counted = update(QUOTA).where(*of_today, QUOTA.c.calls + calls <= most)
                if not connection.execute(counted.values(calls=QUOTA.c.calls + calls)).rowcount:
                    connection.rollback()
                    return name
            connection.commit()
        return None

    def spent(self, name: str, now: datetime) -> int:
        """Return how many calls of today's quota are used."""
        of_today = select(QUOTA.c.calls).where(*_named(QUOTA, self._app_key, name), QUOTA.c.day == _day(now))
        with _honest(), self._engine.connect() as connection:
            return int(connection.execute(of_today).scalar() or 0)

    def _opened(self, name: str, day: str, now: datetime) -> bool:
        """Begin a new day's count, and drop the old ones; False: it was begun before."""
        old = QUOTA.c.day < _day(now - KEPT)
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(QUOTA).values(app_key=self._app_key, name=name, day=day, calls=0))
                connection.execute(delete(QUOTA).where(*_named(QUOTA, self._app_key, name), old))
        except IntegrityError:
            return False
        return True


def spent_by_application(connection: Connection, now: datetime) -> Mapping[str, int]:
    """Return how many calls every application made today, by its key."""
    of_today = select(QUOTA.c.app_key, QUOTA.c.calls).where(QUOTA.c.name == "", QUOTA.c.day == _day(now))
    return {row.app_key: row.calls for row in connection.execute(of_today)}


@cache
def _statements(dialect: str) -> tuple[Any, Any]:
    """What takes the next place and returns the wait for it, if there is one; and what returns the wait for one.

    All in microseconds. Our own clock, `:now`, counts only where the database has none.
    """
    server = dialect == "postgresql"
    database_clock = cast(func.extract("epoch", func.clock_timestamp()) * SECOND, BigInteger)
    now: ColumnElement[int] = database_clock if server else bindparam("now", type_=BigInteger)
    cost, longest = (bindparam(name, type_=BigInteger) for name in ("cost", "longest"))
    key: dict[str, Any] = {"app_key": bindparam("key"), "name": bindparam("of")}
    place = RESERVATIONS.c.next
    beyond = place > now + AHEAD + longest + SECOND
    taken = _insert(dialect).values(**key, next=now + cost)
    taken = taken.on_conflict_do_update(
        index_elements=[*key],
        set_={"next": case((or_(place < now, beyond), now), else_=place) + cost},
        where=or_(place <= now + AHEAD, beyond) & ~_older_program(key, now),
    )
    # Others may reserve before this is on the disk: a server that has crashed comes back later than a place lasts.
    unsynced = [func.set_config("synchronous_commit", "off", True)] if server else []
    ahead = select(place - AHEAD - now).where(*_named(RESERVATIONS, **key))
    return taken.returning(place - cost - now, *unsynced), ahead


def _insert(dialect: str) -> Any:
    if dialect == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415

        return insert(RESERVATIONS)
    return sqlite.insert(RESERVATIONS)


def _older_program(key: dict[str, Any], now: ColumnElement[int]) -> ColumnElement[bool]:
    before, after = OLDER
    return exists().where(*_named(FLOWS, **key), cast(FLOWS.c.state, BigInteger).between(now + before, now + after))


def _named(table: Table, app_key: Any, name: Any) -> tuple[ColumnElement[bool], ...]:
    return (table.c.app_key == app_key, table.c.name == name)


def _day(now: datetime) -> str:
    return now.astimezone(SHOP_TIME).date().isoformat()


@contextmanager
def _honest() -> Iterator[None]:
    """What can't be counted must not be sent."""
    try:
        yield
    except SQLAlchemyError as error:
        raise refused(error) from None
