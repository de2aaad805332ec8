"""The table of the people who may log in to the page (docs/how-to/people.md)."""

from __future__ import annotations

from sqlalchemy import Column, Table

from sync.state.tables import METADATA
from sync.state.types import Timestamp, Words

USERS = Table(
    "users",
    METADATA,
    Column("key", Words, primary_key=True),
    Column("name", Words, nullable=False),
    Column("role", Words, nullable=False),
    Column("password", Words, nullable=False),
    Column("since", Timestamp, nullable=False),
)
"""Who may log in to the page; `key`: the name as it is compared; `password`: its argon2 hash."""
