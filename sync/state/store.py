"""The state database: baselines by code, and the runs that made them. SQLite by default (SQLAlchemy Core)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import datetime
from heapq import merge
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select, update
from sqlalchemy.exc import DBAPIError

from sync.atomic_files import keep_private
from sync.baselines import Baselines
from sync.call import CallRecord, Outcome, Result
from sync.errors import Locked, Refusal, StateDown
from sync.item import Baseline, Item, LastCell, clock_text
from sync.messages import say
from sync.sheet_id import as_sheet_id
from sync.state.baselines import COLUMNS, COLUMNS_AS_BYTES, in_parts, let_go, put_baselines, remembered, untouched
from sync.state.database_errors import opening
from sync.state.engine import close_engine, file_of, open_engine
from sync.state.lease import Lease, overtaken
from sync.state.one_message import in_one_message
from sync.state.run_counts import count_results, results_from
from sync.state.state_file import make_file
from sync.state.tables import CALLS, ITEMS, PARAMS_JSON, ROWS, RUNS, SEEN_JSON
from sync.state.types import word_of
from sync.state.unchanged import UnchangedRow, UnchangedRows, codes_unchanged, result_json, unchanged_rows
from sync.state.upgrading import make_ready


@dataclass(frozen=True)
class RunRecord:
    """One application of a plan, as `history` and `show` tell of it."""

    id: int
    sheet: str
    """Where its sheet was: a file's path, or what another kind of sheet is called."""
    worksheet: str | None
    """The worksheet in it."""
    started_at: datetime
    finished_at: datetime | None
    """None: unfinished."""
    undoes: int | None
    """The run that this one reversed."""
    watch: bool
    """Whether `itemsync watch` began it."""
    delivered: bool
    """Whether its results were put where staff see them: in the sheet, or beside it."""
    results: Mapping[Result, int]
    """Rows by result; a row that never ended isn't counted."""
    by: str = ""
    """Who applied it; empty: nobody said."""
    sheet_id: str = ""
    """Which sheet it was."""
    pruned_at: datetime | None = None
    """When its rows and calls were removed (`pruning.py`); None: they are there."""


@dataclass(frozen=True, slots=True)
class RowRecord:
    """One row of a run."""

    row: int
    outer_id: str
    plan: str
    """JSON, as the plan room wrote it."""
    result: Result | None
    """None: the row did not end."""
    ended: str | None
    """JSON of how the row ended."""
    action: str
    """What the plan called it."""


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One call of the journal, as it is read back to take a run up again."""

    outcome: Outcome
    item_id: str | None
    seen: Item | None
    """What a look found."""
    ended_at: datetime
    """When its outcome was known, or when a dead process's call was found open."""
    writes: bool = True
    """Whether the call could change something; a look can't."""
    method: str = ""
    params: Mapping[str, object] = field(default_factory=dict)
    """As the channel spelt it."""


Span = tuple[int, int]
"""The numbers of the first and the last of some rows."""
_TOGETHER = 1_000
"""Rows of a run that are read at a time."""
_LAST_RUN = 2**31 - 1
"""As high as any database counts."""
_OF_SQLITE = ("", "-wal", "-shm")
"""What the names of a SQLite database's files end in."""


class Store:
    """The state of one profile. Not for sharing between threads: whoever writes, writes in one place."""

    def __init__(self, place: str, profile: str) -> None:
        """Open `place` (a file's path or a database URL): an empty one is set up, an older file is upgraded.

        Raises Refusal for a place that can't be opened, is no state of itemsync, or is one of another version.
        """
        self.profile = profile
        self.lease: Lease | None = None
        """What this process holds of a shared database while it works (`lock.only_one`)."""
        with opening(place), ExitStack() as failing:
            self.engine = open_engine(place if "://" in place else Path(place).expanduser())
            failing.callback(close_engine, self.engine)
            self.file = file_of(self.engine)
            """The state's file; None: a database, which other machines may use too."""
            make_file(self.engine)
            make_ready(self.engine)
            self._keep_private()
            self._opened = self._file_id()
            failing.pop_all()

    def _file_id(self) -> tuple[int, int] | None:
        """Which file stands at the state's place; None: there is none, or the state is no file."""
        with suppress(OSError):
            facts = self.file.stat() if self.file else None
            return (facts.st_dev, facts.st_ino) if facts else None
        return None

    def _keep_private(self) -> None:
        """It holds what the sheets hold; with it, what SQLite keeps beside it as long as it is open."""
        if self.file:
            for suffix in _OF_SQLITE:
                keep_private(self.file.with_name(self.file.name + suffix))

    def close(self) -> None:
        """Let go of the database."""
        close_engine(self.engine)

    @contextmanager
    def writing(self, *, reads: bool = True) -> Iterator[Connection]:
        """Yield a transaction. Raises as `check_ours` does, and Locked if another process has taken over.

        `reads`: whether anything is read in it; else a server gets it as one message.
        """
        self._check_file()
        try:
            with self.engine.begin() as connection, nullcontext() if reads else in_one_message(connection):
                if self.lease:
                    self.lease.check(connection)
                yield connection
        except DBAPIError as error:
            if self.lease and overtaken(error):
                raise Locked(say("run.lost_lock")) from None
            raise

    def check_ours(self) -> None:
        """Look at the state just before something leaves, which must find its way into this journal.

        Raises Locked if another process may have taken over, and StateDown where the file was removed or replaced.
        """
        if self.lease:
            self.lease.check_deadline()
        self._check_file()

    def check_kept(self) -> None:
        """Raise Locked if another process may have been at work since this one took the profile's lock."""
        if self.lease:
            self.lease.check_kept()

    def _check_file(self) -> None:
        if self._file_id() != self._opened:
            raise StateDown(say("state.gone", place=self.file))

    def baselines(self, codes: Collection[str] | None = None) -> Baselines:
        """Return what is remembered of the items of `codes`; None: of every item of this profile."""
        ours = ITEMS.c.profile == self.profile
        with self.engine.connect() as connection:
            if codes is None:
                columns = COLUMNS_AS_BYTES if self.file else COLUMNS
                return remembered(untouched(connection.execute(select(*columns).where(ours))))
            parts = (select(*COLUMNS).where(ours, ITEMS.c.outer_id.in_(part)) for part in in_parts(codes))
            return remembered([row for part in parts for row in connection.execute(part)])

    def held(self) -> Baselines:
        """Return the baselines of the items that a 库存增减 is held of, by code."""
        with self.engine.connect() as connection:
            ours = (ITEMS.c.profile == self.profile, ITEMS.c.hold.is_not(None))
            return remembered(connection.execute(select(*COLUMNS).where(*ours)).all())

    def last_run(self) -> int:
        """Return the number of this profile's last run; 0: there was none."""
        with self.engine.connect() as connection:
            last = connection.execute(select(func.max(RUNS.c.id)).where(RUNS.c.profile == self.profile)).scalar()
        return int(last or 0)

    def unfinished(self, *, counted: bool = True) -> RunRecord | None:
        """Return this profile's run that has not finished, if there is one; `counted`: with its results."""
        return next(iter(self._runs(RUNS.c.finished_at.is_(None), counted=counted)), None)

    def undelivered(self) -> RunRecord | None:
        """Return this profile's last run if it finished and its results never reached the staff.

        The runs of `watch` don't count: their results are for `history` and `show`.
        """
        last = next(iter(self._runs(~RUNS.c.watch)), None)
        return last if last and last.finished_at and not last.delivered else None

    def left_behind(self) -> Mapping[int, frozenset[str]]:
        """Return runs before the last one whose results never reached the staff, the oldest first.

        Each with the codes of the rows that no later run over the same sheet has had: what is newer stays.
        """
        earlier = self._runs(~RUNS.c.watch)[1:]
        runs = [run for run in earlier if run.finished_at and not run.delivered]
        found = {run.id: self._codes(RUNS.c.id == run.id) - self._codes_after(run) for run in reversed(runs)}
        return {run: codes for run, codes in found.items() if codes}

    def _codes_after(self, run: RunRecord) -> frozenset[str]:
        """The codes of all rows that later runs over the same sheet had."""
        of_old = RUNS.c.sheet_id.is_(None) & (RUNS.c.sheet == run.sheet)
        return self._codes((RUNS.c.sheet_id == run.sheet_id) | of_old, RUNS.c.id > run.id, ~RUNS.c.watch) | {""}

    def _codes(self, *which: ColumnElement[bool]) -> frozenset[str]:
        runs = select(RUNS.c.id).where(RUNS.c.profile == self.profile, *which)
        with self.engine.connect() as connection:
            wanted = select(ROWS.c.outer_id).where(ROWS.c.profile == self.profile, ROWS.c.run.in_(runs))
            codes = frozenset(connection.execute(wanted).scalars())
            return codes | codes_unchanged(connection, self.profile, [*connection.execute(runs).scalars()])

    def _the(self, run: int) -> tuple[ColumnElement[bool], ...]:
        return (RUNS.c.profile == self.profile, RUNS.c.id == run)

    def mark_delivered(self, run: int, at: datetime) -> None:
        """Remember that the results of a run were put where staff see them."""
        with self.writing() as connection:
            connection.execute(update(RUNS).where(*self._the(run)).values(told_at=at))

    def runs(self, *, counted: bool = True) -> tuple[RunRecord, ...]:
        """Return this profile's runs, the newest first; `counted`: with their results."""
        return self._runs(counted=counted)

    def _runs(self, *which: ColumnElement[bool], counted: bool = True) -> tuple[RunRecord, ...]:
        wanted = select(RUNS).where(RUNS.c.profile == self.profile, *which).order_by(RUNS.c.id.desc())
        with self.engine.connect() as connection:
            runs = connection.execute(wanted).all()
            # Those of unfinished runs, and of runs that an earlier program finished.
            to_count = [run.id for run in runs if run.results is None] if counted else []
            results = count_results(connection, self.profile, to_count)
            return tuple(_run(run, results.get(run.id, {})) for run in runs)

    def run(self, number: int) -> RunRecord:
        """Return one run; raises Refusal if this profile has none of that number."""
        found = next(iter(self._runs(RUNS.c.id == number)), None) if number <= _LAST_RUN else None
        if found is None:
            raise Refusal(say("state.no_run", run=number))
        return found

    def run_with_rows(self, number: int) -> RunRecord:
        """Return one run that still has its rows; raises Refusal as `run` does, and for one that was pruned."""
        found = self.run(number)
        if found.pruned_at:
            raise Refusal(say("state.pruned", run=number, at=clock_text(found.pruned_at)))
        return found

    def applied(self, checksum: str) -> bool:
        """Whether the saved plan with this checksum was applied before, in whole or in part.

        A run that changed nothing, as where deleting wasn't allowed, doesn't count: the same plan made anew would
        have the same checksum. Of one that was pruned nobody knows any more, so it does count.
        """
        with self.engine.connect() as connection:
            mine = (RUNS.c.profile == self.profile) & (RUNS.c.saved_plan == checksum)
            if connection.execute(select(RUNS.c.id).where(mine, RUNS.c.pruned_at.is_not(None))).first():
                return True
            its_calls = (CALLS.c.profile == RUNS.c.profile) & (CALLS.c.run == RUNS.c.id)
            maybe = CALLS.c.outcome.is_(None) | CALLS.c.outcome.in_((Outcome.DONE.value, Outcome.UNKNOWN.value))
            return (
                connection.execute(select(RUNS.c.id).where(mine, its_calls, CALLS.c.writes, maybe)).first()
                is not None
            )

    def rows(self, run: int) -> tuple[RowRecord, ...]:
        """Return the rows of a run, in the sheet's order."""
        return tuple(self.each_row(run))

    def each_row(self, run: int) -> Iterator[RowRecord]:
        """Yield the rows of a run, in the sheet's order; those that are told of some at a time.

        No connection is held meanwhile: whoever is interrupted among them would leave it open.
        """
        alike, told = self.unchanged(run), self.told_rows(run)
        yield from merge(told, map(of_unchanged(alike.at), alike.rows), key=_row) if alike else told

    def unchanged(self, run: int) -> UnchangedRows | None:
        """Return the rows of a run of which there is nothing to tell, in the sheet's order; None: there are none."""
        with self.engine.connect() as connection:
            found = unchanged_rows(connection, self.profile, run)
        return found and UnchangedRows(found.at, sorted(found.rows))

    def told_rows(self, run: int) -> Iterator[RowRecord]:
        """Yield the other rows of a run, in the sheet's order."""
        return self._some_rows(self._rows_of(run))

    def open_rows(self, run: int) -> Iterator[RowRecord]:
        """Yield the rows of a run that have not ended, in the sheet's order."""
        return self._some_rows(self._rows_of(run).where(ROWS.c.result.is_(None)))

    def count_open(self, run: int) -> int:
        """Return how many rows of a run have not ended."""
        ours = (ROWS.c.profile == self.profile, ROWS.c.run == run, ROWS.c.result.is_(None))
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(ROWS).where(*ours)).scalar_one())

    def rows_with_calls(self, run: int) -> Iterator[RowRecord]:
        """Yield the rows of a run that had calls to make, in the sheet's order."""
        return self._some_rows(self._rows_of(run).where(ROWS.c.plan.is_not(None)))

    def _some_rows(self, which: Select[Any]) -> Iterator[RowRecord]:
        """Yield rows in the sheet's order; a thousand at a time are read."""
        wanted = which.order_by(ROWS.c.row).limit(_TOGETHER)
        more = wanted
        while True:
            with self.engine.connect() as connection:
                found = [*map(row_record, connection.execute(more))]
            yield from found
            if len(found) < _TOGETHER:
                return
            more = wanted.where(ROWS.c.row > found[-1].row)

    def _rows_of(self, run: int) -> Select[Any]:
        return select(ROWS).where(ROWS.c.profile == self.profile, ROWS.c.run == run)

    def calls(self, run: int, rows: Span | None = None) -> dict[int, Sequence[CallRecord]]:
        """Return the calls of a run in their order, by row; `rows`: of these alone."""
        with self.engine.connect() as connection:
            by_row: dict[int, Sequence[CallRecord]] = {}
            every = connection.execution_options(yield_per=1_000).execute(self._calls_of(run, rows))
            for row, calls in groupby(every, key=attrgetter("row")):
                by_row[row] = [*map(_call, calls)]
            return by_row

    def journal(self, run: int, rows: Span | None = None) -> Mapping[int, Sequence[JournalLine]]:
        """Return the journal of a run in its order, by row; every one of its calls must have an outcome.

        `rows`: of these alone.
        """
        with self.engine.connect() as connection:
            by_row: dict[int, list[JournalLine]] = {}
            for call in connection.execute(self._calls_of(run, rows)):
                seen = SEEN_JSON.validate_json(call.seen) if call.seen else None
                params = PARAMS_JSON.validate_json(call.params)
                outcome = word_of(Outcome, call.outcome)
                line = JournalLine(outcome, call.item_id, seen, call.ended_at, call.writes, call.method, params)
                by_row.setdefault(call.row, []).append(line)
            return by_row

    def _calls_of(self, run: int, rows: Span | None) -> Select[tuple[Any, ...]]:
        mine = (CALLS.c.profile == self.profile) & (CALLS.c.run == run)
        wanted = select(CALLS).where(mine).order_by(CALLS.c.row, CALLS.c.id)
        return wanted.where(CALLS.c.row.between(*rows)) if rows else wanted

    def put(self, baselines: Mapping[str, Baseline]) -> None:
        """Replace what is remembered of these codes, all in one transaction."""
        with self.writing() as connection:
            put_baselines(connection, self.profile, baselines)

    def held_by(self, run: int) -> frozenset[str]:
        """Return the codes whose 库存增减 was carried out by `run`, and not yet seen cleared in the staff's file."""
        known = self.held().items()
        return frozenset(code for code, one in known if one.hold and one.hold.run == run and not one.hold.unknown)

    def confirm_cleared(self, run: int, codes: Iterable[str], counted: Mapping[str, LastCell] | None = None) -> None:
        """Remember that the 库存增减 cells of `codes` that `run` carried out stand empty in the staff's own file.

        They need not be held any more. What another run holds, or nobody knows the end of, stays held.
        `counted`: the new counts that were written into their 库存 cells, which are what these said last from now on.
        """
        with self.writing() as connection:
            for code in codes:
                let_go(connection, self.profile, code, run, (counted or {}).get(code))


def _row(record: RowRecord) -> int:
    return record.row


def of_unchanged(at: datetime) -> Callable[[UnchangedRow], RowRecord]:
    """Return what makes records of the unchanged rows that were found at that time."""

    def record(row: UnchangedRow) -> RowRecord:
        none = Result.NONE
        return RowRecord(row.row, row.outer_id, "", none, result_json(row, at), none.value)

    return record


def _run(row: Row[tuple[object, ...]], counted: Mapping[Result, int]) -> RunRecord:
    delivered, by = row.told_at is not None, row.by or ""
    results = results_from(row.results) if row.results else counted
    times = (row.started_at, row.finished_at)
    sheet_id = row.sheet_id or as_sheet_id(row.sheet)
    sheet = (row.sheet, row.worksheet)
    of_whom = (by, sheet_id)
    return RunRecord(row.id, *sheet, *times, row.undoes, row.watch, delivered, results, *of_whom, row.pruned_at)


def row_record(row: Row[tuple[object, ...]]) -> RowRecord:
    """Return a row of `ROWS` as a record."""
    result = word_of(Result, row.result) if row.result else None
    return RowRecord(row.row, row.outer_id, row.plan or "", result, row.ended, row.action)


def _call(row: Row[tuple[object, ...]]) -> CallRecord:
    outcome = word_of(Outcome, row.outcome) if row.outcome else Outcome.UNKNOWN
    params = PARAMS_JSON.validate_json(row.params)
    return CallRecord(row.method, params, outcome, row.request_id, row.error, row.writes)


def in_portions(store: Store, wanted: Select[Any], rows: int) -> Iterator[Sequence[Any]]:
    """Yield what a query finds as it comes, so many `rows` at a time: all of them at once needn't fit into memory."""
    with (
        store.engine.connect() as connection,
        connection.execution_options(yield_per=rows).execute(wanted) as found,
    ):
        yield from found.partitions()
