"""A run as it goes, and a page of its rows: asked of the database, whatever process carries the run out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from sync.call import Outcome, Result
from sync.state.run_counts import count_results
from sync.state.store import RowRecord, Store, of_unchanged, row_record
from sync.state.tables import CALLS, ROWS, RUNS
from sync.state.types import word_of
from sync.state.unchanged import unchanged_rows


@dataclass(frozen=True)
class RunProgress:
    """How far a run is."""

    rows: int
    results: Mapping[Result, int]
    """Ended rows by result."""
    calls: Mapping[Outcome, int]
    """Calls that could change something, by outcome; those under way aren't counted."""
    finished: bool
    moved_at: datetime
    """When the last call left, or was answered; else when the run began."""

    @property
    def ended(self) -> int:
        """Rows that came to their end."""
        return sum(self.results.values())


def progress(store: Store, run: int) -> RunProgress:
    """Return how far a run is, as its journal says."""
    rows = (ROWS.c.profile == store.profile) & (ROWS.c.run == run)
    calls = (CALLS.c.profile == store.profile) & (CALLS.c.run == run) & CALLS.c.writes & CALLS.c.outcome.is_not(None)
    times = select(RUNS.c.started_at, RUNS.c.finished_at).where(RUNS.c.profile == store.profile, RUNS.c.id == run)
    last = select(func.max(CALLS.c.intended_at), func.max(CALLS.c.ended_at))
    with store.engine.connect() as connection:
        ended = count_results(connection, store.profile, [run]).get(run, {})
        still_open = select(func.count()).select_from(ROWS).where(rows, ROWS.c.result.is_(None))
        left = int(connection.execute(still_open).scalar_one())
        made = connection.execute(select(CALLS.c.outcome, func.count()).where(calls).group_by(CALLS.c.outcome))
        outcomes = {word_of(Outcome, outcome): count for outcome, count in made}
        began = connection.execute(times).one()
        moved = connection.execute(last.where(CALLS.c.profile == store.profile, CALLS.c.run == run)).one()
    moved_at = max(at for at in (began.started_at, *moved) if at)
    return RunProgress(sum(ended.values()) + left, ended, outcomes, began.finished_at is not None, moved_at)


def run_of_plan(store: Store, checksum: str) -> int | None:
    """Return the newest run that applied the saved plan of this checksum; None: none did."""
    wanted = select(func.max(RUNS.c.id)).where(RUNS.c.profile == store.profile, RUNS.c.saved_plan == checksum)
    with store.engine.connect() as connection:
        return connection.execute(wanted).scalar()


def last_run_of_person(store: Store) -> int:
    """Return the newest run that a person began; 0: there is none. `watch` goes on while a plan waits."""
    wanted = select(func.max(RUNS.c.id)).where(RUNS.c.profile == store.profile, ~RUNS.c.watch)
    with store.engine.connect() as connection:
        return int(connection.execute(wanted).scalar() or 0)


def page_of_rows(
    store: Store,
    run: int,
    *,
    first: Collection[Result],
    results: Collection[Result],
    code: str,
    start: int,
    most: int,
) -> tuple[int, list[RowRecord]]:
    """Return how many rows of a run have one of `results` (none: any) and `code` in theirs; and some of them.

    `first`: the results that come first, in their order; `start`: rows to pass over.
    """
    ranks = {result: place for place, result in enumerate(first)}
    with store.engine.connect() as connection:
        ours = select(ROWS).where(ROWS.c.profile == store.profile, ROWS.c.run == run)
        keys = ours.with_only_columns(ROWS.c.row, ROWS.c.result, ROWS.c.outer_id)
        alike = unchanged_rows(connection, store.profile, run)
        unchanged = {row.row: row for row in alike.rows} if alike else {}
        every = [(row, Result(result) if result else None, one) for row, result, one in connection.execute(keys)]
        every += ((row.row, Result.NONE, row.outer_id) for row in unchanged.values())
        wanted = [
            (len(ranks) if result is None else ranks.get(result, len(ranks)), row)
            for row, result, one in every
            if (not results or result in results) and code.casefold() in one.casefold()
        ]
        shown = [row for _, row in sorted(wanted)[start : start + most]]
        told = {row.row: row_record(row) for row in connection.execute(ours.where(ROWS.c.row.in_(shown)))}
    made = of_unchanged(alike.at) if alike else None
    return len(wanted), [told[row] if row in told or not made else made(unchanged[row]) for row in shown]
