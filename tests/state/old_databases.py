"""A kept state of a program without versions, as that program would have left it in PostgreSQL."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import MetaData, insert, select, text

from sync.state.engine import open_engine


def copy_into(place: str, kept: Path) -> None:
    """Make the tables of a SQLite file in an empty database, with all that is in them."""
    old, new, tables = open_engine(kept), open_engine(place), MetaData()
    tables.reflect(old)
    for index in tables.tables["runs"].indexes:
        index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
    with old.connect() as source, new.begin() as target:
        tables.create_all(target)
        for table in tables.sorted_tables:
            if rows := [row._asdict() for row in source.execute(select(table))]:
                target.execute(insert(table), rows)
        target.execute(text("SELECT setval('calls_id_seq', (SELECT max(id) FROM calls))"))
    old.dispose()
    new.dispose()
