"""The version of a state's tables (docs/reference/state.md): set up, brought up to date, or refused.

A version is MAJOR.MINOR. A minor step only adds to the tables, so that a program of the step before works with them
too, and workers can be replaced one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, Engine, MetaData, String, Table, insert, inspect, select
from sqlalchemy.exc import DatabaseError, OperationalError
from tenacity import retry, retry_if_exception, stop_after_delay, wait_random

from sync.errors import Refusal
from sync.messages import say
from sync.state.engine import without_password
from sync.state.schema import make_tables

VERSION = "2.2"
"""Of the tables in `schema.py`; the newest revision in `migrations`."""
UNVERSIONED = "0"
"""What itemsync 0.1 and its first successors left: its tables, without a version."""
VERSION_TABLE = "itemsync_version"
"""Not the name that alembic gives by itself: a database may be somebody else's too."""

_VERSIONS = Table(VERSION_TABLE, MetaData(), Column("version_num", String(32), primary_key=True))
_FIRST = ("items", "runs")
_SET_UP = 0x6974656D73796E63
"""The number of the PostgreSQL lock under which tables are made: "itemsync"."""


def _busy(error: BaseException) -> bool:
    """Whether SQLite was at work for another process; not everything waits for that by itself."""
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


@retry(retry=retry_if_exception(_busy), stop=stop_after_delay(5), wait=wait_random(0, 0.05), reraise=True)
def set_up(engine: Engine) -> str:
    """Make the tables of an empty database; return the version that is there by now.

    Raises Refusal for a newer state than this program knows. Raises SQLAlchemyError.
    """
    try:
        with engine.connect() as connection:
            found = _written(connection)
    except DatabaseError:
        # No such table, most likely; whatever else is wrong comes up again.
        found = None
    found = found or _begun(engine)
    if major(found) > major(VERSION):
        place = without_password(str(engine.url))
        raise Refusal(say("state.newer", place=place, found=found, known=VERSION))
    return found


def fits(found: str) -> bool:
    """Whether this program can work with a state of that version: it has at least what the program knows."""
    return major(found) == major(VERSION) and _numbers(found) >= _numbers(VERSION)


def major(version: str) -> int:
    """Return the first number of a version: where it is the same, a step only adds."""
    return _numbers(version)[0]


def version_of(connection: Connection) -> str | None:
    """Return the version that is written down in a database; None: there is none."""
    return _written(connection) if inspect(connection).has_table(VERSION_TABLE) else None


def _written(connection: Connection) -> str | None:
    return connection.execute(select(_VERSIONS.c.version_num)).scalar()


@contextmanager
def exclusive(engine: Engine) -> Iterator[Connection]:
    """Yield a transaction in which tables can be made: one process at a time has one, and it is kept whole or not."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SET_UP})")
        yield connection
        connection.commit()


def _begun(engine: Engine) -> str:
    """Set up an empty database, and return the version that is there by now."""
    with exclusive(engine) as connection:
        if (found := version_of(connection)) is not None:
            return found
        if any(inspect(connection).has_table(name) for name in _FIRST):
            return UNVERSIONED
        make_tables(connection)
        _VERSIONS.create(connection)
        connection.execute(insert(_VERSIONS).values(version_num=VERSION))
    return VERSION


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))
