"""The table of sheets, by which one is known again wherever it is (docs/reference/state.md#sheets)."""

from __future__ import annotations

from sqlalchemy import Column, Table

from sync.state.tables import METADATA
from sync.state.types import Timestamp, Words

SHEETS = Table(
    "sheets",
    METADATA,
    Column("profile", Words, primary_key=True),
    Column("place", Words, primary_key=True),
    Column("bears", Words, primary_key=True),
    Column("id", Words, nullable=False),
    Column("digest", Words, nullable=False),
    Column("at", Timestamp, nullable=False),
)
"""Where each sheet was when a run began, and which id stood in it: see `sightings.Sighting`."""
