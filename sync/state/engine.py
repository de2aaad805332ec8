"""The way to the state's database: a SQLite file by its path, any other database by its URL."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from threading import Lock

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import ConnectionPoolEntry

from sync.errors import Refusal
from sync.messages import say

_DRIVER = "postgresql+psycopg"
"""The driver that `itemsync[postgres]` brings."""


LONGEST_IDLE = 30.0
"""Seconds after which a server ends a transaction whose holder says nothing: as long as a lease lasts."""
_TURN = Lock()
_shared: dict[URL, Engine] = {}
"""One engine a process for each server's database: a hundred shops must not exhaust its connections."""
_users: Counter[URL] = Counter()


def open_engine(place: Path | str) -> Engine:
    """Return an engine for a file's path or a database's URL, for `close_engine`; nothing is connected yet.

    Raises ArgumentError or ValueError for what is no URL, ImportError where a driver is missing, OSError, and Refusal
    for a database in memory.
    """
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
    url = _url(place)
    if url.get_backend_name() == "sqlite":
        if in_memory(url):
            raise Refusal(say("state.in_memory", place=without_password(str(place))))
        engine = create_engine(url)
        event.listen(engine, "connect", _durable)
        return engine
    with _TURN:
        if url not in _shared:
            # Each thread at work holds one for its lease: a limit below their number would keep all of them waiting.
            _shared[url] = create_engine(url, max_overflow=-1)
            event.listen(_shared[url], "connect", _let_go)
        _users[url] += 1
        return _shared[url]


def close_engine(engine: Engine) -> None:
    """Let go of an engine; its connections are closed when the last one does."""
    with _TURN:
        _users[engine.url] -= 1
        if _users[engine.url] > 0:
            return
        _users.pop(engine.url)
        _shared.pop(engine.url, None)
    # What another thread still has of the pool would go back to it, and stay open for nobody.
    event.listen(engine.pool, "checkin", _close)
    engine.dispose()


def _close(_: object, entry: ConnectionPoolEntry) -> None:
    entry.invalidate()


def without_password(place: str) -> str:
    """Return the place as it may be shown."""
    try:
        # Some drivers take the password as a query parameter.
        return make_url(place).set(query={}).render_as_string(hide_password=True) if "://" in place else place
    except (ArgumentError, ValueError):
        return "--state"


def file_of(engine: Engine) -> Path | None:
    """Return the file of a SQLite database; None: there is none."""
    return Path(engine.url.database or "") if engine.dialect.name == "sqlite" else None


def in_memory(url: URL) -> bool:
    """Whether a SQLite database is in no file, and forgets everything with the process."""
    return not url.database or url.database.startswith((":memory:", "file:"))


def _url(place: Path | str) -> URL:
    if isinstance(place, Path):
        # A file's name may hold anything that means something in a URL, such as `?`.
        return URL.create("sqlite", database=str(place.absolute()))
    url = make_url(place)
    return url.set(drivername=_DRIVER) if url.drivername in {"postgres", "postgresql"} else url


def _let_go(connection: object, _: object) -> None:
    """Whoever is stopped, or cut off, in the midst of a transaction doesn't keep others waiting for its rows."""
    connection.autocommit = True  # type: ignore[attr-defined]
    connection.execute(f"SET idle_in_transaction_session_timeout = '{LONGEST_IDLE:.0f}s'")  # type: ignore[attr-defined]
    connection.autocommit = False  # type: ignore[attr-defined]


def _durable(connection: object, _: object) -> None:
    """A commit must outlive a power cut: the write-ahead log is synced at every one of them."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
