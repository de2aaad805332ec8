"""A run as it goes, and a page of its rows: asked of the database, whatever process carries the run out."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, case, func, select

from sync.call import Outcome, Result
from sync.state.store import RowRecord, Store, row_record
from sync.state.tables import CALLS, ROWS, RUNS


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
        by_result = connection.execute(
            select(ROWS.c.result, func.count().label("n")).where(rows).group_by(ROWS.c.result)
        )
        results: dict[str | None, int] = {row.result: row.n for row in by_result}
        made = connection.execute(select(CALLS.c.outcome, func.count()).where(calls).group_by(CALLS.c.outcome))
        outcomes = {Outcome(outcome): count for outcome, count in made}
        began = connection.execute(times).one()
        moved = connection.execute(last.where(CALLS.c.profile == store.profile, CALLS.c.run == run)).one()
    ended = {Result(result): count for result, count in results.items() if result}
    moved_at = max(at for at in (began.started_at, *moved) if at)
    return RunProgress(sum(results.values()), ended, outcomes, began.finished_at is not None, moved_at)


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
    where: list[ColumnElement[bool]] = [ROWS.c.profile == store.profile, ROWS.c.run == run]
    if results:
        where.append(ROWS.c.result.in_([one.value for one in results]))
    if code:
        where.append(ROWS.c.outer_id.icontains(code, autoescape=True))
    rank = case({one.value: place for place, one in enumerate(first)}, value=ROWS.c.result, else_=len(first))
    wanted = select(ROWS).where(*where).order_by(rank, ROWS.c.row).limit(most).offset(start)
    with store.engine.connect() as connection:
        total = int(connection.execute(select(func.count()).select_from(ROWS).where(*where)).scalar_one())
        return total, [row_record(row) for row in connection.execute(wanted)]
