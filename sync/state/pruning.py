"""Lets go of what only long past runs need, and so keeps a state small (docs/reference/state.md#pruning)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime

from filelock import FileLock, Timeout
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Table,
    cast,
    delete,
    exists,
    extract,
    func,
    select,
    update,
)

from sync.errors import Locked
from sync.item import SHOP_TIME
from sync.messages import say
from sync.state.item_history import MOVED
from sync.state.learned_tables import OBSERVATIONS
from sync.state.lock import other_locks
from sync.state.run_counts import count_results, results_json
from sync.state.store import RunRecord, Store
from sync.state.tables import CALLS, ROWS, RUNS, UNCHANGED
from sync.state.types import millis
from sync.state.upkeep import info


@dataclass(frozen=True)
class Pruned:
    """What went."""

    runs: int
    """Runs whose rows and calls went; that they were, and how many rows ended how, stays."""
    rows: int
    calls: int
    observations: int
    """Readings of days of which a later one stays."""
    before: int
    """Bytes of the state."""
    bytes: int
    """Bytes of the state now."""


def prune(store: Store, place: str, before: datetime, now: datetime) -> Pruned:
    """Remove rows and calls of runs that finished before a moment, and all but a day's last observation from then.

    What is still needed stays, however old: see `_to_go`. Raises Locked while a run is going on in the same file,
    and as `Store.writing` does.
    """
    size = info(place).bytes
    with _nobody_else(store):
        runs = _to_go(store, before)
        with store.writing() as connection:
            removed = [*_remove_runs(connection, store.profile, runs, now)]
            observations = _thin_out(connection, store.profile, before)
        _shrink(store)
    rows, calls = sum(rows for rows, _ in removed), sum(calls for _, calls in removed)
    return Pruned(len(runs), rows, calls, observations, size, info(place).bytes)


def _to_go(store: Store, before: datetime) -> Sequence[int]:
    """Return the runs whose rows and calls nothing needs any more.

    A run that isn't finished, or whose results staff don't have, is still to be taken up; and so are later ones of
    the same sheet, which say what of such results is overtaken. A run with a hold has an open question, or a cell
    that wasn't seen cleared.
    """
    runs = store.runs(counted=False)
    waiting: dict[str, int] = {}
    for run in runs:
        if not run.watch and not run.delivered:
            waiting[run.sheet_id] = min(run.id, waiting.get(run.sheet_id, run.id))
    holds = [known.hold for known in store.held().values() if known.hold]
    held = {hold.run for each in holds for hold in (each, each.under) if hold}

    def needed(run: RunRecord) -> bool:
        return run.id in held or (not run.watch and run.id >= waiting.get(run.sheet_id, run.id + 1))

    old = (run for run in runs if run.finished_at and run.finished_at < before and not run.pruned_at)
    return [run.id for run in old if not needed(run)]


def _remove_runs(
    connection: Connection, profile: str, runs: Sequence[int], now: datetime
) -> Iterator[tuple[int, int]]:
    """Yield how many rows and calls of each run were removed. What tells of a 库存增减 that was made stays."""
    counts = count_results(connection, profile, runs)
    for run in runs:
        this = (RUNS.c.profile == profile) & (RUNS.c.id == run)
        connection.execute(update(RUNS).where(this).values(pruned_at=now))
        unset = this & RUNS.c.results.is_(None)
        connection.execute(update(RUNS).where(unset).values(results=results_json(counts.get(run, {}))))
        rows = connection.execute(delete(ROWS).where(*_of(ROWS, profile, run), ~MOVED)).rowcount
        connection.execute(update(ROWS).where(*_of(ROWS, profile, run)).values(plan=None))
        calls = connection.execute(delete(CALLS).where(*_of(CALLS, profile, run))).rowcount
        alike = connection.execute(select(UNCHANGED.c.count).where(*_of(UNCHANGED, profile, run))).scalar() or 0
        connection.execute(delete(UNCHANGED).where(*_of(UNCHANGED, profile, run)))
        yield rows + alike, calls


def _of(table: Table, profile: str, run: int) -> tuple[ColumnElement[bool], ...]:
    return (table.c.profile == profile, table.c.run == run)


def _thin_out(connection: Connection, profile: str, before: datetime) -> int:
    """Leave of each of the shop's days only what an item was last seen to hold; return how many went."""
    seen, later = OBSERVATIONS, OBSERVATIONS.alias()
    same_item = [later.c[name] == seen.c[name] for name in ("profile", "outer_id", "sku")]
    dialect = connection.dialect.name
    newer = exists().where(*same_item, later.c.at > seen.c.at, _day(later.c.at, dialect) == _day(seen.c.at, dialect))
    # A day that isn't over yet at that moment is left for the next time.
    until = before.astimezone(SHOP_TIME).replace(hour=0, minute=0, second=0, microsecond=0)
    old = (seen.c.profile == profile, seen.c.at < millis(until))
    return connection.execute(delete(seen).where(*old, newer)).rowcount


_THINNED = (ROWS, CALLS, UNCHANGED, OBSERVATIONS)
_SECONDS_A_DAY = 24 * 60 * 60
_AHEAD = 8 * 60 * 60
"""Seconds by which the shop's clock is ahead of UTC."""


def _day(at: ColumnElement[int], dialect: str) -> ColumnElement[int]:
    """The number of the shop's day; `types.Millis` has a type of its own in PostgreSQL."""
    if dialect == "postgresql":
        return func.floor((extract("epoch", at) + _AHEAD) / _SECONDS_A_DAY)
    return (cast(at, BigInteger) + _AHEAD * 1000) // (_SECONDS_A_DAY * 1000)


@contextmanager
def _nobody_else(store: Store) -> Iterator[None]:
    """Hold the locks of the other profiles of a file: writing it anew keeps everybody out."""
    with ExitStack() as held:
        for lock in other_locks(store):
            try:
                held.enter_context(FileLock(lock, timeout=0))
            except Timeout:
                raise Locked(say("state.busy")) from None
        yield


def _shrink(store: Store) -> None:
    """Give the room back: of a file to the disk, of a database to what comes next."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if store.file:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            # Not written anew, which would keep all other shops' runs waiting.
            connection.exec_driver_sql(f"VACUUM {', '.join(table.name for table in _THINNED)}")
