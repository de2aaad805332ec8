"""What became of one item: the rows of its code, run by run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Text, cast, func, select

from sync.call import Result
from sync.state.baselines import in_parts
from sync.state.store import RowRecord, RunRecord, Store, of_unchanged, row_record
from sync.state.tables import RENAMES, ROWS, RUNS
from sync.state.unchanged import unchanged_with


def rows_of(store: Store, code: str) -> tuple[tuple[RunRecord, RowRecord], ...]:
    """Return this profile's runs that had a row of `code`, the newest first, each with that row."""
    runs = {run.id: run for run in store.runs()}
    with store.engine.connect() as connection:
        ours = select(ROWS).where(ROWS.c.profile == store.profile, ROWS.c.outer_id == code)
        wanted = ours.order_by(ROWS.c.run.desc(), ROWS.c.row)
        found = [(row.run, row_record(row)) for row in connection.execute(wanted)]
        for run, alike in unchanged_with(connection, store.profile, code):
            found += ((run, of_unchanged(alike.at)(row)) for row in alike.rows)
    found.sort(key=lambda one: (-one[0], one[1].row))
    return tuple((runs[run], row) for run, row in found if run in runs)


class MovedRow(NamedTuple):
    """A row of a run that carried out a 库存增减."""

    run: int
    outer_id: str
    ended: str
    """JSON of how the row ended."""


_ENDED = cast(ROWS.c.ended, Text)
# Nothing else of a row's JSON can hold this: within its texts a quotation mark is escaped.
MOVED = func.coalesce(_ENDED, "").contains('"change_applied":') & ~func.coalesce(_ENDED, "").contains(
    '"change_applied":null'
)
"""Of a row of `ROWS`: its 库存增减 was carried out."""


def moved_rows(store: Store, codes: Iterable[str]) -> Iterator[MovedRow]:
    """Yield this profile's rows of `codes` whose 库存增减 was carried out, in no order."""
    wanted = select(ROWS.c.run, ROWS.c.outer_id, ROWS.c.ended).where(ROWS.c.profile == store.profile, MOVED)
    with store.engine.connect() as connection:
        for part in in_parts({*codes}):
            for row in connection.execute(wanted.where(ROWS.c.outer_id.in_(part))):
                yield MovedRow(row.run, row.outer_id, row.ended)


def changed_by_watch(store: Store, since: datetime) -> Mapping[str, int]:
    """Return how often runs of `watch` changed each item since a moment, by code; of others nothing."""
    recent = select(RUNS.c.id).where(RUNS.c.profile == store.profile, RUNS.c.watch, RUNS.c.started_at >= since)
    ours = (ROWS.c.profile == store.profile, ROWS.c.run.in_(recent), ROWS.c.result == Result.DONE)
    with store.engine.connect() as connection:
        counted = select(ROWS.c.outer_id, func.count().label("times")).where(*ours).group_by(ROWS.c.outer_id)
        return {row.outer_id: row.times for row in connection.execute(counted)}


def renames(store: Store) -> Mapping[str, Mapping[int, str]]:
    """Return the codes that runs gave to items of another code: by the new one, the run and the earlier one."""
    found: dict[str, dict[int, str]] = {}
    with store.engine.connect() as connection:
        for row in connection.execute(select(RENAMES).where(RENAMES.c.profile == store.profile)):
            found.setdefault(row.outer_id, {})[row.run] = row.was
    return found
