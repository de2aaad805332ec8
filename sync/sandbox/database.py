"""One sandbox's data in SQLite: open items, listings, and what both were a moment ago."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

SCHEMA = """
PRAGMA journal_mode = WAL;
-- A sandbox's data need not survive a power cut, so nothing waits for the disk.
PRAGMA synchronous = OFF;
-- Every id ever given, whether or not an item was made of it.
CREATE TABLE IF NOT EXISTS ids (item_id INTEGER PRIMARY KEY);
-- Deleted items stay, so that their ids are never used again. The code is the one at publish, in epoch seconds;
-- both are null for an item that was loaded, which nobody published.
CREATE TABLE IF NOT EXISTS items (
    item_id INTEGER PRIMARY KEY,
    status INTEGER NOT NULL,
    document TEXT NOT NULL,
    published_code TEXT,
    published_at REAL
);
CREATE INDEX IF NOT EXISTS items_by_code ON items (published_code);
CREATE TABLE IF NOT EXISTS listings (
    num_iid INTEGER PRIMARY KEY,
    outer_id TEXT,
    banner TEXT NOT NULL,
    modified TEXT NOT NULL,
    document TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS listings_by_code ON listings (outer_id);
CREATE INDEX IF NOT EXISTS listings_by_time ON listings (banner, modified);
-- Of a seller who wants messages, one row; messages that wait, with when they were taken, in epoch seconds, and how
-- often they are still to be confirmed.
CREATE TABLE IF NOT EXISTS permits (seller INTEGER PRIMARY KEY);
CREATE TABLE IF NOT EXISTS messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    topic TEXT NOT NULL,
    content TEXT NOT NULL,
    at REAL NOT NULL,
    taken REAL NOT NULL,
    left INTEGER NOT NULL
);
-- What stood in `items` and `listings` until a moment in epoch seconds. No document: there was no such item.
CREATE TABLE IF NOT EXISTS past_items (item_id INTEGER, document TEXT, until REAL);
CREATE TABLE IF NOT EXISTS past_listings (
    num_iid INTEGER, outer_id TEXT, banner TEXT, modified TEXT, document TEXT, until REAL
);
"""


class Database:
    """A connection that several threads may use, one at a time."""

    def __init__(self, file: Path | None) -> None:
        """Open `file`, made if missing; None: in memory. Raises sqlite3.DatabaseError."""
        self.lock = RLock()
        """To be held over several readings that belong together."""
        self._connection = sqlite3.connect(file or ":memory:", isolation_level=None, check_same_thread=False)
        self.close = weakref.finalize(self, self._connection.close)
        self._connection.executescript(SCHEMA)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """One thread at a time, all or nothing; a call within a call joins the outer one."""
        with self.lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            # The connection itself commits, or rolls back when the call is refused half-way.
            with self._connection:
                yield

    def rows(self, query: str, values: Sequence[object] = ()) -> list[Any]:
        """Return all rows that a query finds or a change returns."""
        with self.lock:
            return self._connection.execute(query, values).fetchall()

    def row(self, query: str, values: Sequence[object] = ()) -> Any:
        """Return the first row that a query finds; None: it finds none."""
        return next(iter(self.rows(query, values)), None)
