"""What became of one item: the rows of its code, run by run."""

from __future__ import annotations

from sqlalchemy import select

from sync.state.store import RowRecord, RunRecord, Store, row_record
from sync.state.tables import ROWS


def rows_of(store: Store, code: str) -> tuple[tuple[RunRecord, RowRecord], ...]:
    """Return this profile's runs that had a row of `code`, the newest first, each with that row."""
    runs = {run.id: run for run in store.runs()}
    with store.engine.connect() as connection:
        wanted = select(ROWS).where(ROWS.c.outer_id == code).order_by(ROWS.c.run.desc(), ROWS.c.row)
        found = [(row.run, row_record(row)) for row in connection.execute(wanted)]
    return tuple((runs[run], row) for run, row in found if run in runs)
