"""All tables of the state database: whoever has tables in a module of their own is imported here."""

from __future__ import annotations

from sqlalchemy import Connection, text

from sync.state import fleet_tables, learned_tables, sheet_tables, users_table
from sync.state.tables import METADATA, OPEN, RUNS

__all__ = ["METADATA", "fleet_tables", "learned_tables", "make_tables", "sheet_tables", "users_table"]


def make_tables(connection: Connection) -> None:
    """Make the tables of an empty database."""
    if connection.dialect.name == "postgresql":
        # Not said where the table is: that would import what few have a use for, and take a tenth of a second.
        (open_runs,) = RUNS.indexes
        open_runs.dialect_options["postgresql"]["where"] = text(OPEN)
    METADATA.create_all(connection, checkfirst=False)
