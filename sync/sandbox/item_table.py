"""Open items as they lie in the database."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.item import Status
from sync.sandbox import document as doc
from sync.sandbox.database import Database
from sync.sandbox.document import Document

FIRST_ID = 7_627_361_700_001
"""13 digits, as the platform's own example of an id has."""


@dataclass(frozen=True)
class ItemTable:
    """All open items of one seller. What changes something is for whoever is `writing`."""

    database: Database
    clock: Callable[[], datetime]
    lag: float
    """Seconds by which `get_late` is behind (`Assumptions.lag`), as a copy of the shop would be."""

    def new_id(self) -> int:
        """Give an id that no item has."""
        (last,) = self.database.row("SELECT max(item_id) FROM ids")
        given = max(last or 0, FIRST_ID - 1) + 1
        self.database.rows("INSERT INTO ids VALUES (?)", (given,))
        return given

    def has_id(self, item_id: int) -> bool:
        """Tell whether an id was given, be it that there is no item of it."""
        return self.database.row("SELECT 1 FROM ids WHERE item_id = ?", (item_id,)) is not None

    def get(self, item_id: int) -> Document | None:
        """Return an item; None: it never was, or was deleted."""
        query = "SELECT document FROM items WHERE item_id = ? AND status <> ?"
        return _document(self.database.row(query, (item_id, Status.DELETED)))

    def get_late(self, item_id: int) -> Document | None:
        """As `get`, but as it was `lag` seconds ago."""
        query = "SELECT document FROM past_items WHERE item_id = ? AND until > ? ORDER BY until, rowid LIMIT 1"
        with self.database.lock:
            past = self.database.row(query, (item_id, self._since)) if self.lag else None
            return self.get(item_id) if past is None else _document(past)

    def all(self) -> list[Document]:
        """Return all items that are not deleted, by id."""
        query = "SELECT document FROM items WHERE status <> ? ORDER BY item_id"
        return [json.loads(text) for (text,) in self.database.rows(query, (Status.DELETED,))]

    def with_code(self, code: object, within: timedelta) -> int | None:
        """Return the id of an item that was published with this code a short while ago."""
        query = "SELECT item_id FROM items WHERE published_code = ? AND published_at >= ? AND status <> ?"
        row = self.database.row(query, (code, (self.clock() - within).timestamp(), Status.DELETED))
        return None if row is None else int(row[0])

    def published(self, item_id: int, within: timedelta) -> tuple[int, bool] | None:
        """Return an item's status, also `DELETED`, and whether it was published a short while ago."""
        row = self.database.row("SELECT status, published_at FROM items WHERE item_id = ?", (item_id,))
        if row is None:
            return None
        return row[0], row[1] is not None and row[1] >= (self.clock() - within).timestamp()

    def publish(self, item_id: int, document: Document, code: object) -> None:
        """Add an item, with the code by which it is found again."""
        self._remember(item_id)
        row = (item_id, doc.system(document)["status"], doc.write(document), code, self.clock().timestamp())
        self.database.rows("INSERT INTO items VALUES (?, ?, ?, ?, ?)", row)

    def load(self, item_id: int, document: Document) -> None:
        """Put an item in that nobody published, in the place of any of the same id."""
        row = (item_id, doc.system(document)["status"], doc.write(document))
        self.database.rows("INSERT OR IGNORE INTO ids VALUES (?)", (item_id,))
        self.database.rows("INSERT OR REPLACE INTO items VALUES (?, ?, ?, NULL, NULL)", row)

    def update(self, item_id: int, document: Document) -> None:
        """Change an item."""
        self._remember(item_id)
        row = (doc.system(document)["status"], doc.write(document), item_id)
        self.database.rows("UPDATE items SET status = ?, document = ? WHERE item_id = ?", row)

    @property
    def _since(self) -> float:
        return self.clock().timestamp() - self.lag

    def _remember(self, item_id: int) -> None:
        """Keep what stands under an id, if anything does, for as long as a late reading can show it."""
        if self.lag:
            self.database.rows("DELETE FROM past_items WHERE until <= ?", (self._since,))
            # One value, also where no row is found.
            held = "SELECT max(document) FROM items WHERE item_id = ? AND status <> ?"
            insert = f"INSERT INTO past_items VALUES (?, ({held}), ?)"  # noqa: S608
            self.database.rows(insert, (item_id, item_id, Status.DELETED, self.clock().timestamp()))


def _document(row: tuple[str | None] | None) -> Document | None:
    if row is None or row[0] is None:
        return None
    document: Document = json.loads(row[0])
    return document
