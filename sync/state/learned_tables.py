"""The tables of what was seen and of what was changed, from which the shop learns (docs/reference/state.md).

Many and small, a line an item and moment: their key is the table itself, and a moment is a number (`types.Millis`).
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, LargeBinary, SmallInteger, Table

from sync.state.tables import METADATA
from sync.state.types import Millis, Words

OBSERVATIONS = Table(
    "observations",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("outer_id", Words, primary_key=True),
    Column("sku", Words, primary_key=True),
    Column("at", Millis, primary_key=True, autoincrement=False),
    Column("price", BigInteger),
    Column("stock", BigInteger),
    Column("status", SmallInteger),
    Column("source", Words, nullable=False),
    sqlite_with_rowid=False,
)
"""What an item held when it was read, whenever that differs from the last time. `sku`: empty for the item itself;
`price`: fen; `stock`: units; `status`: as `item.Status`; `source`: what it was read for."""

LOOKS = Table(
    "looks",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("day", Words, primary_key=True),
    Column("scope", Words, primary_key=True),
    Column("at", Millis, nullable=False, autoincrement=False),
    sqlite_with_rowid=False,
)
"""On which of the shop's days somebody looked, though nothing had changed. `scope`: at which items (`SCOPES`); `at`:
the last time on that day."""

SCOPES = Table(
    "scopes",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("id", Words, primary_key=True),
    Column("codes", LargeBinary, nullable=False),
)
"""Sets of codes that were looked at together, kept once each. `id`: a checksum; `codes`: a line each, by zlib."""

CHANGES = Table(
    "changes",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("run", Integer, primary_key=True, autoincrement=False),
    Column("row", Integer, primary_key=True, autoincrement=False),
    Column("sku", Words, primary_key=True),
    Column("path", Words, primary_key=True),
    Column("outer_id", Words, nullable=False),
    Column("before", Words),
    Column("after", Words),
    Column("moved", BigInteger),
    Column("at", Millis, nullable=False, autoincrement=False),
    Column("outcome", Words, nullable=False),
    sqlite_with_rowid=False,
)
"""What we made ourselves: a line a row of a run and path. `before`, `after`: JSON of the values, fen and units as
numbers; `moved`: units, where it is the stock; `outcome`: as of a call."""
