"""The copy of the shop that readings are answered from, and how far it lags behind (`Assumptions.lag`).

What is overwritten while there is a lag is kept until no reading can tell of it any more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sync.item import Status

SCHEMA = """
-- What stood in `items` and `listings` until a moment in epoch seconds. No document: there was no such item.
CREATE TABLE IF NOT EXISTS past_items (item_id INTEGER, document TEXT, until REAL);
CREATE TABLE IF NOT EXISTS past_listings (
    num_iid INTEGER, outer_id TEXT, banner TEXT, modified TEXT, document TEXT, until REAL
);
"""
LISTINGS_THEN = """
WITH past AS (SELECT *, min(until) FROM past_listings WHERE until > {since} GROUP BY num_iid),
listings AS (
    SELECT num_iid, outer_id, banner, modified, document FROM past
    UNION ALL
    SELECT num_iid, outer_id, banner, modified, document FROM main.listings
    WHERE num_iid NOT IN (SELECT num_iid FROM past)
)
"""
"""Goes before a query of `listings`, so that it sees them as they were; `since`: epoch seconds."""


@dataclass(frozen=True)
class Replica:
    """What readings are told. All methods are for whoever holds the shop's lock."""

    db: sqlite3.Connection
    clock: Callable[[], datetime]
    lag: float
    """Seconds."""

    @property
    def since(self) -> float:
        """The moment as of which readings tell, in epoch seconds."""
        return self.clock().timestamp() - self.lag

    def remember_item(self, item_id: int) -> None:
        """Keep what stands under an id, if anything does, before something else is written there."""
        if self.lag:
            self.db.execute("DELETE FROM past_items WHERE until <= ?", (self.since,))
            # One value, also where no row is found.
            held = "SELECT max(document) FROM items WHERE item_id = ? AND status <> ?"
            self.db.execute(
                f"INSERT INTO past_items VALUES (?, ({held}), ?)",  # noqa: S608
                (item_id, item_id, Status.DELETED, self.clock().timestamp()),
            )

    def remember_listing(self, num_iid: object) -> None:
        """Keep a listing as it stands, before another one is written in its place."""
        if self.lag:
            self.db.execute("DELETE FROM past_listings WHERE until <= ?", (self.since,))
            self.db.execute(
                "INSERT INTO past_listings SELECT *, ? FROM listings WHERE num_iid = ?",
                (self.clock().timestamp(), num_iid),
            )

    def item(self, item_id: int) -> tuple[str | None] | None:
        """Return the document that a reading still tells of, in which None: no such item; None: what stands now."""
        if not self.lag:
            return None
        found: tuple[str | None] | None = self.db.execute(
            "SELECT document FROM past_items WHERE item_id = ? AND until > ? ORDER BY until, rowid LIMIT 1",
            (item_id, self.since),
        ).fetchone()
        return found

    @property
    def listings(self) -> str:
        """What goes before a query of listings."""
        return LISTINGS_THEN.format(since=self.since) if self.lag else ""
