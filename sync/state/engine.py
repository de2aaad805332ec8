"""The way to the state's database: a SQLite file by its path, any other database by its URL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVER = "postgresql+psycopg"
"""The driver that `itemsync[postgres]` brings."""


def open_engine(place: Path | str) -> Engine:
    """Return an engine for a file's path or a database's URL; nothing is connected yet.

    Raises ArgumentError or ValueError for what is no URL, ImportError where a driver is missing, OSError.
    """
    if isinstance(place, Path):
        place.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(_url(place))
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _durable)
    return engine


def without_password(place: str) -> str:
    """Return the place as it may be shown."""
    try:
        # Some drivers take the password as a query parameter.
        return make_url(place).set(query={}).render_as_string(hide_password=True) if "://" in place else place
    except (ArgumentError, ValueError):
        return "--state"


def file_of(engine: Engine) -> Path | None:
    """Return the file of a SQLite database; None: there is none."""
    place = engine.url.database if engine.dialect.name == "sqlite" else None
    return Path(place) if place and not place.startswith((":memory:", "file:")) else None


def _url(place: Path | str) -> URL:
    if isinstance(place, Path):
        # A file's name may hold anything that means something in a URL, such as `?`.
        return URL.create("sqlite", database=str(place.absolute()))
    url = make_url(place)
    return url.set(drivername=_DRIVER) if url.drivername in {"postgres", "postgresql"} else url


def _durable(connection: object, _: object) -> None:
    """A commit must outlive a power cut: the write-ahead log is synced at every one of them."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()
