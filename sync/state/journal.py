"""The journal of one run: a write-ahead log of its calls (docs/reference/outcomes.md).

The intent of a change is durable before its call leaves, an outcome before a further change is built on it. Many of
them share one commit, so that durability doesn't become the bottleneck. A look changes nothing: it is written down
once it is answered, and not at all where it only showed what was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from sync.call import Outcome, Result
from sync.errors import Locked
from sync.item import Baseline, Item
from sync.messages import say
from sync.packed import in_parts
from sync.sheet_id import as_sheet_id
from sync.sightings import Sighting
from sync.state.baselines import hand_over, put_baselines
from sync.state.changes import MadeChange, put_changes
from sync.state.database_errors import refused
from sync.state.many_rows import insert_many, update_many
from sync.state.observations import Seen, put_observations
from sync.state.run_counts import count_results, results_json
from sync.state.sheets import note_sighting
from sync.state.store import Store
from sync.state.tables import CALLS, ITEM_JSON, PARAMS_JSON, RENAMES, ROWS, RUNS, SEEN_JSON
from sync.state.unchanged import UnchangedRow, put_unchanged


@dataclass(frozen=True)
class Origin:
    """Where a run's plan came from."""

    sheet: str
    """Where the sheet is: a file's path, or what another kind of sheet is called."""
    worksheet: str | None = None
    """The worksheet in it."""
    saved_plan: str | None = None
    """The checksum of the PLAN.json that is applied."""
    undoes: int | None = None
    """The run that is reversed."""
    watch: bool = False
    """Whether `itemsync watch` began it, which nobody was asked about, and which writes nothing into the sheet."""
    by: str = ""
    """Who applies it; empty: nobody said."""
    sheet_id: str = ""
    """Which sheet it is; empty: the one that a record of its path alone means."""
    bears: str = ""
    """The id that stood in the workbook."""
    digest: str = ""
    """Of an uploaded workbook: see `sightings.Sighting`."""

    @property
    def id(self) -> str:
        """The sheet's id."""
        return self.sheet_id or as_sheet_id(self.sheet)

    def facts(self) -> dict[str, object]:
        """Return what the run's line says of it."""
        kept = {name: value for name, value in vars(self).items() if name not in ("bears", "digest")}
        return kept | {"by": self.by or None, "sheet_id": self.id}

    def sighting(self, at: datetime) -> Sighting | None:
        """Return where the sheet was seen; None: nobody looked at it, as for an undo."""
        if self.undoes is not None:
            return None
        return Sighting(self.id, self.sheet, self.bears, self.digest, at)


@dataclass(frozen=True)
class PlannedRow:
    """One row as it enters a run."""

    row: int
    outer_id: str
    action: str
    plan: str
    """JSON, as the plan room wrote it."""


@dataclass(frozen=True)
class Intent:
    """A call that is about to leave."""

    row: int
    seq: int
    """The call's place in its row, from 0."""
    method: str
    params: Mapping[str, object]
    before: Item
    """What the item was taken to be before the call."""
    writes: bool = True
    outer_id: str = ""
    """The item's code, under which what a look finds is kept; empty: it isn't."""
    at: datetime | None = None
    """When it was made; None: as it is written down."""


@dataclass(frozen=True)
class Settlement:
    """How an intended call ended."""

    intent: Intent
    outcome: Outcome
    item_id: str | None = None
    request_id: str | None = None
    error: str | None = None
    """In both languages; the staff's own words are in the row's note."""
    looked: bool = False
    seen: Item | None = None
    """What a look found, if it `looked`; None: no such item."""
    no_news: bool = False
    """It is a look with which its row ends, and that only showed what was sent: it needn't be kept."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A row that ended, and what is now remembered of its item."""

    row: int
    result: Result
    ended: str
    """JSON of the row's result; empty for an unchanged row."""
    outer_id: str = ""
    baseline: Baseline | None = None
    """None: nothing new is remembered."""
    renames: str | None = None
    """The code whose memory passes to this row's."""
    changes: Sequence[MadeChange] = ()
    """What the row changed."""
    plan: str = ""
    """JSON of the plan as it is kept from now on; empty: the row had no calls to make."""
    unchanged: UnchangedRow | None = None
    """The row, where there is nothing to tell of it but that: it is no `PlannedRow` then."""


@dataclass(frozen=True)
class Entries:
    """What one commit writes."""

    settled: Sequence[Settlement] = field(default_factory=tuple)
    ended: Sequence[Ended] = field(default_factory=tuple)
    intents: Sequence[Intent] = field(default_factory=tuple)
    """Of changes only."""


@contextmanager
def _durable(store: Store, *, reads: bool = True) -> Iterator[Connection]:
    """Yield a transaction that is durable on leaving, as `Store.writing` does.

    Raises StateDown if it can't be: what isn't written down must not happen, so the run stops here and is taken up
    later.
    """
    try:
        with store.writing(reads=reads) as connection:
            yield connection
    except IntegrityError:
        # Another machine has begun a run on this profile since we looked.
        raise Locked(say("run.locked", profile=store.profile)) from None
    except SQLAlchemyError as error:
        raise refused(error) from None


class Journal:
    """Writes one run."""

    def __init__(self, store: Store, run: int) -> None:
        self.run = run
        self._store = store
        self._of_run: Mapping[str, object] = {"profile": store.profile, "run": run}

    @classmethod
    def begin(
        cls,
        store: Store,
        origin: Origin,
        rows: Iterable[PlannedRow | UnchangedRow],
        ended: Iterable[Ended],
        at: datetime,
    ) -> Journal:
        """Start a run over `rows`, of which some have `ended` already: durable before anything is done.

        No more than a thousand of the rows, and of the `ended`, are held at once.
        """
        with _durable(store) as connection:
            last = connection.execute(select(func.max(RUNS.c.id)).where(RUNS.c.profile == store.profile)).scalar()
            run = (last or 0) + 1
            key = {"profile": store.profile, "id": run}
            connection.execute(insert(RUNS).values(**key, started_at=at, **origin.facts()))
            if seen := origin.sighting(at):
                note_sighting(connection, store.profile, seen)
            journal = cls(store, run)
            unchanged: list[UnchangedRow] = []
            for told in in_parts(_told(rows, unchanged)):
                connection.execute(insert(ROWS), [{**journal._of_run, **vars(row)} for row in told])
            put_unchanged(connection, store.profile, run, unchanged, at)
            for part in in_parts(ended):
                journal._end(connection, part)
        return journal

    def write(self, entries: Entries, at: datetime) -> None:
        """Write what happened and what is about to happen, in one commit."""
        with _durable(self._store, reads=False) as connection:
            changes = [self._settled(one, at) for one in entries.settled if one.intent.writes]
            # A call that wasn't sent leaves an entry of its own, and the same step a new one when it is tried again.
            update_many(connection, CALLS, changes, _STEP, "outcome")
            looks = [one for one in entries.settled if not (one.intent.writes or one.no_news)]
            insert_many(connection, CALLS, [self._intent(one.intent, at) | self._outcome(one, at) for one in looks])
            self._observe(connection, entries.settled, at)
            self._end(connection, entries.ended)
            insert_many(connection, CALLS, [self._intent(intent, at) for intent in entries.intents])

    def close_open_intents(self, at: datetime) -> None:
        """Call the calls that a dead process left open what they are: a write unknown.

        A program of before 2.2 left looks open, too, which weren't made for all that anybody knows.
        """
        of_this = (CALLS.c.profile == self._store.profile) & (CALLS.c.run == self.run) & CALLS.c.outcome.is_(None)
        with _durable(self._store) as connection:
            for writes, outcome in ((True, Outcome.UNKNOWN), (False, Outcome.NOT_SENT)):
                ended = {"outcome": outcome.value, "ended_at": at}
                connection.execute(update(CALLS).where(of_this & (CALLS.c.writes == writes)).values(ended))

    def finish(self, at: datetime) -> None:
        """Close the run: nothing of it is left to do."""
        with _durable(self._store) as connection:
            this = (RUNS.c.profile == self._store.profile) & (RUNS.c.id == self.run)
            results = results_json(count_results(connection, self._store.profile, [self.run]).get(self.run, {}))
            connection.execute(update(RUNS).where(this).values(finished_at=at, results=results))

    def _intent(self, intent: Intent, at: datetime) -> dict[str, object]:
        return {
            **self._of_run,
            "row": intent.row,
            "seq": intent.seq,
            "method": intent.method,
            "params": PARAMS_JSON.dump_json(intent.params).decode(),
            "writes": intent.writes,
            "before": ITEM_JSON.dump_json(intent.before).decode(),
            "intended_at": intent.at or at,
        }

    def _settled(self, settled: Settlement, at: datetime) -> dict[str, object]:
        step = {**self._of_run, "row": settled.intent.row, "seq": settled.intent.seq}
        return step | self._outcome(settled, at)

    def _outcome(self, settled: Settlement, at: datetime) -> dict[str, object]:
        return {
            "outcome": settled.outcome.value,
            "item_id": settled.item_id,
            "seen": SEEN_JSON.dump_json(settled.seen).decode() if settled.looked else None,
            "request_id": settled.request_id,
            # A library's words may quote anything.
            "error": settled.error and settled.error.encode(errors="replace").decode(),
            "ended_at": at,
        }

    def _observe(self, connection: Connection, settled: Sequence[Settlement], at: datetime) -> None:
        seen = [Seen.of(one.intent.outer_id, one.seen) for one in settled if one.seen and one.intent.outer_id]
        put_observations(connection, self._store.profile, seen, at, "run")

    def _end(self, connection: Connection, ended: Sequence[Ended]) -> None:
        if not ended:
            return
        told = [row for row in ended if not row.unchanged]
        results = [
            {**self._of_run, "row": row.row, "result": row.result.value, "ended": row.ended, "plan": row.plan}
            for row in told
        ]
        update_many(connection, ROWS, results, _ROW)
        baselines = {row.outer_id: row.baseline for row in ended if row.baseline is not None}
        put_baselines(connection, self._store.profile, baselines)
        made = [(row.row, row.outer_id, change) for row in ended for change in row.changes]
        put_changes(connection, self._store.profile, self.run, made)
        for row in ended:
            if row.baseline is not None and row.renames is not None:
                hand_over(connection, self._store.profile, row.renames, row.baseline.item_id)
                named = {"profile": self._store.profile, "outer_id": row.outer_id, "was": row.renames}
                connection.execute(insert(RENAMES), {"run": self.run, **named})


def _told(rows: Iterable[PlannedRow | UnchangedRow], unchanged: list[UnchangedRow]) -> Iterator[PlannedRow]:
    """Yield the rows that are written down one by one; the others are put into `unchanged`."""
    for row in rows:
        if isinstance(row, UnchangedRow):
            unchanged.append(row)
        else:
            yield row


_ROW = ("profile", "run", "row")
_STEP = (*_ROW, "seq")
