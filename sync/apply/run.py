"""A run: one application of a plan, from its first journal entry to its last, or taken up where it was cut off."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from heapq import merge
from itertools import chain

from sync import packed
from sync.apply.endings import PLAN, RESULT, Endings, keys_of, known_before
from sync.apply.executor import Clock, Executor, Pace
from sync.apply.lanes import EndedEarlier, ended_earlier
from sync.apply.results import at_once, folded_results, not_reached, with_answer
from sync.apply.row_queue import RowQueue
from sync.apply.row_run import Known, RowRun, Spell
from sync.call import CallRecord, Outcome, Result, RowResult, by_row
from sync.codes import split_key
from sync.errors import Refusal, Unfinished
from sync.gateway.channel import Channel, Progress
from sync.item import Baseline, Row
from sync.messages import Message, say
from sync.packed import Packed, in_parts
from sync.plan.by_row import ByRow
from sync.plan.compact import compact, read_again
from sync.plan.listings import plan_of_parts
from sync.plan.plan import Action, Plan, RowPlan
from sync.state.answers import answers_of
from sync.state.journal import Ended, Entries, Journal, Origin, PlannedRow
from sync.state.store import JournalLine, RowRecord, RunRecord, Store
from sync.state.types import word_of
from sync.state.unchanged import UnchangedRow


@dataclass(frozen=True)
class RunContext:
    """What a run works with."""

    store: Store
    channel: Channel
    clock: Clock
    pace: Pace = field(default_factory=Pace)
    progress: Progress = lambda _: None
    stop: threading.Event = field(default_factory=threading.Event)
    on_row: Callable[[int, RowResult], object] = lambda *_: None
    """Told the run's number and the result of each row whose calls came to their end."""
    too_late: Callable[[RowPlan], bool] = lambda _: False
    """Whether a row was to begin a campaign's price, and the campaign is over by now."""


@dataclass(frozen=True)
class RunReport:
    """What became of a run."""

    run: int
    results: Sequence[RowResult]
    """One for every row of the plan, in the sheet's order."""
    finished: bool
    """False: some rows stand half-way or untouched, and wait for `resume`."""
    refused: Message | None = None
    """Why no further call passed."""
    part: bool = False
    """Whether the results of some rows are left out, which have newer ones."""


def apply(plan: Plan, origin: Origin, context: RunContext, *, allow_delete: bool, aged: bool = False) -> RunReport:
    """Carry out `plan`, which came from `origin`; `aged`: a person has read it meanwhile, see `row_script.carry_out`.

    Raises Unfinished while an earlier run of this profile is unfinished.
    """
    if unfinished := context.store.unfinished():
        raise Unfinished(unfinished.id, unfinished.sheet)
    journal, to_do = _begin(plan, origin, context, allow_delete=allow_delete, aged=aged)
    endings = Endings(origin.id, origin.sheet, context.clock, run=journal.run, on_row=context.on_row)
    return _carry_out(journal, endings, context, to_do)


def _begin(
    plan: Plan, origin: Origin, context: RunContext, *, allow_delete: bool, aged: bool
) -> tuple[Journal, RowQueue]:
    """Write the run down, with the rows that end at once; returns those that have calls to make.

    A thousand rows at a time: what is remembered of the items of them all would be more than the rows.
    """
    to_do = RowQueue()
    planned: Packed[PlannedRow] = Packed()
    unchanged: list[UnchangedRow] = []
    ended: Packed[Ended] = Packed(few=0)
    endings = Endings(origin.id, origin.sheet, context.clock)
    for part in in_parts(plan.carried_out):
        rows = [replace(row, reads_back=context.pace.verify) for row in part]
        known = context.store.baselines({key for row in rows if not row.unread for key in keys_of(row)})
        news, told = list[Ended](), list[PlannedRow]()
        for row in rows:
            result = at_once(row, allow_delete=allow_delete)
            over = endings.at_once(row, result, known) if result else None
            if over is None:
                to_do.append((RowRun(row, _of_row(row, known), aged=aged),))
            elif over.unchanged is None or over.baseline is not None:
                news.append(over)
            if over and over.unchanged:
                unchanged.append(over.unchanged)
            else:
                told.append(_planned(row, known_before(row, known), to_do=over is None))
        ended.add(news)
        planned.add(told)
    return Journal.begin(context.store, origin, chain(planned, unchanged), ended, context.clock.now()), to_do


def open_rows(run: RunRecord, store: Store, clock: Clock, spell: Spell | None) -> Sequence[RowRun]:
    """Return the rows of an unfinished run that have not ended, each where its journal ends.

    A call that left and was never heard of is written down as unknown. `spell`: see `RowRun.replay`.
    """
    Journal(store, run.id).close_open_intents(clock.now())
    rows: Packed[RowRun] = Packed()
    for part in in_parts(store.open_rows(run.id)):
        lines = store.journal(run.id, (part[0].row, part[-1].row))
        plans = [plan_from(row.plan) for row in part]
        known = store.baselines({key for plan in plans for key in keys_of(plan)})
        rows.add(_open_row(plan, lines.get(plan.row.number, ()), known, clock, spell) for plan in plans)
    return rows


def _open_row(plan: RowPlan, lines: Sequence[JournalLine], known: Known, clock: Clock, spell: Spell | None) -> RowRun:
    row = _replayed(plan, lines, spell, _of_row(plan, known))
    _date(row, lines, clock)
    return row


def resume(run: RunRecord, context: RunContext, rows: Sequence[RowRun] | None = None) -> RunReport:
    """Take up an unfinished run where its journal ends, and finish it; `rows`: its open ones, if known already."""
    to_do = open_rows(run, context.store, context.clock, context.channel.spell) if rows is None else rows
    to_do, waiting = _restated(to_do, context.channel)
    endings = Endings(run.sheet_id, run.sheet, context.clock, run=run.id, on_row=context.on_row)
    journal, earlier = Journal(context.store, run.id), ended_earlier(context.store, run.id, plan_from)
    return _carry_out(journal, endings, context, RowQueue.of(to_do), waiting=waiting, earlier=earlier)


def abandon(run: RunRecord, store: Store, clock: Clock) -> RunReport:
    """End `run` where it stands; nothing is called. Raises Refusal for a run that is finished already.

    Open rows end as skipped, with what was carried out of them remembered. A call that left and was never heard of
    makes its row unknown: a lost 库存增减 is held until a person answers, as ever.
    """
    if run.finished_at is not None:
        raise Refusal(say("abandon.finished", run=run.id))
    endings, journal = Endings(run.sheet_id, run.sheet, clock, run=run.id), Journal(store, run.id)
    for part in in_parts(open_rows(run, store, clock, None)):
        for row in part:
            row.abandon()
        journal.write(Entries(ended=[endings.end(row) for row in part]), clock.now())
    journal.finish(clock.now())
    return RunReport(run.id, results_of(store, run.id), finished=True)


def _carry_out(
    journal: Journal,
    endings: Endings,
    context: RunContext,
    rows: RowQueue,
    *,
    waiting: bool = False,
    earlier: EndedEarlier | None = None,
) -> RunReport:
    """Make the calls of `rows`; the run is finished once all of them have ended, unless others are `waiting`."""
    executor = Executor(
        context.channel,
        journal,
        endings.end,
        context.clock,
        context.pace,
        progress=context.progress,
        stop=context.stop,
        earlier=earlier,
        too_late=context.too_late,
    )
    executor.run(rows)
    finished = not (executor.open or waiting)
    if finished:
        journal.finish(context.clock.now())
    # What could only not be read back any more says so in its own note.
    refused = None if finished else executor.refused
    return RunReport(journal.run, results_of(context.store, journal.run), finished, refused)


def plan_of_run(store: Store, run: int, results: Sequence[RowResult]) -> Plan:
    """Return the plan of a run as far as state keeps it: of a row that needed no call, no more than its problems.

    `results`: those of all its rows.
    """
    ended = by_row(results)
    if any(result.sku is not None for result in results):
        return plan_of_parts(tuple(row_as_planned(row, ended[abs(row.row)]) for row in store.each_row(run)))
    told: set[int] = set()

    def busy() -> Iterator[RowPlan]:
        for row in store.told_rows(run):
            told.add(row.row)
            yield row_as_planned(row, ended[row.row])

    def made(places: Sequence[int]) -> Iterator[RowPlan]:
        return (_as_ended(results[place], Action.NONE) for place in places)

    planned = Packed(busy())
    return plan_of_parts(ByRow(planned, [result.row not in told for result in results], made, read=True))


def row_as_planned(row: RowRecord, result: RowResult) -> RowPlan:
    """Return a row of a run as it was planned; of one that needed no call, no more than its problems."""
    if row.plan:
        return plan_from(row.plan)
    code, sku = split_key(row.outer_id)
    return _as_ended(replace(result, row=row.row, outer_id=code, sku=sku), word_of(Action, row.action))


def _as_ended(result: RowResult, action: Action) -> RowPlan:
    meant = Row(result.row, result.outer_id, sku=result.sku)
    return RowPlan(meant, action, result.item_id, problems=result.note)


def results_of(store: Store, run: int) -> Sequence[RowResult]:
    """Return how the rows of a run ended, in the sheet's order, with their calls.

    Where there is something to tell of many of them, they are packed.
    """
    alike, told = store.unchanged(run), Packed(_told_results(store, run))
    same = [_of_unchanged(row, alike.at) for row in alike.rows] if alike else []
    parts = merge(told, same, key=_row)
    # What is said of a listing has the lowest of all numbers.
    of_listings = any(each[0].row < 0 for each in (told, same) if each)
    return folded_results(tuple(parts)) if of_listings or len(told) <= packed.FEW else Packed(parts)


def _told_results(store: Store, run: int) -> Iterator[RowResult]:
    answers = answers_of(store, run)
    for part in in_parts(store.told_rows(run)):
        calls = store.calls(run, (part[0].row, part[-1].row))
        for row in part:
            ended = with_answer(_result_of(row), answers.get(row.row))
            yield replace(ended, calls=tuple(_worth_telling(calls.get(row.row, ()))))


def result_of(store: Store, run: int, row: RowRecord) -> RowResult:
    """Return how one row of a run ended, without its calls."""
    (result,) = folded_results((with_answer(_result_of(row), answers_of(store, run).get(row.row)),))
    return result


def plan_from(kept: str) -> RowPlan:
    """Read a row that had calls to make, as a run wrote it down."""
    return read_again(PLAN.validate_json(kept))


def result_from(ended: str) -> RowResult:
    """Read how a row ended, as a run wrote it down."""
    return RESULT.validate_json(ended)


def _row(result: RowResult) -> int:
    return result.row


def _of_unchanged(row: UnchangedRow, at: datetime) -> RowResult:
    """Return how a row ended of which nothing is to be told: what its JSON says, without reading it."""
    code, sku = split_key(row.outer_id)
    return RowResult(row.row, code, Result.NONE, item_id=row.item_id, at=at, sku=sku)


def _result_of(row: RowRecord) -> RowResult:
    return result_from(row.ended) if row.ended else not_reached(row.row, row.outer_id)


def planned_rows(store: Store, run: int) -> Iterator[tuple[RowPlan, str | None]]:
    """Yield the rows of a run that had calls to make, each with its item's id, as far as that is known."""
    for row in store.rows_with_calls(run):
        plan = plan_from(row.plan)
        yield plan, plan.item_id or (result_from(row.ended).item_id if row.ended else None)


def _worth_telling(calls: Sequence[CallRecord]) -> Sequence[CallRecord]:
    """Leave out what was only read back of calls that all went well: that it is so is what `done` says."""
    if any(call.outcome is not Outcome.DONE for call in calls):
        return calls
    return [call for call in calls if call.writes]


def _of_row(plan: RowPlan, known: Known) -> Known:
    """Return what of all that is `known` is of a row's item."""
    return {key: known[key] for key in keys_of(plan) if key in known}


def _planned(plan: RowPlan, known: Baseline | None, *, to_do: bool) -> PlannedRow:
    """A row whose result is known at once never needs its plan again."""
    document = PLAN.dump_json(compact(plan, known), exclude_defaults=True).decode() if to_do else ""
    return PlannedRow(plan.row.number, plan.row.key, plan.action.value, document)


def taken_up(plan: str, lines: Sequence[JournalLine], spell: Spell | None = None) -> RowRun:
    """Return a row as its journal left it: where it stands, or how it ended; `spell`: see `RowRun.replay`."""
    return _replayed(plan_from(plan), lines, spell, {})


def _replayed(plan: RowPlan, lines: Sequence[JournalLine], spell: Spell | None, known: Known) -> RowRun:
    sent = [line for line in lines if line.outcome is not Outcome.NOT_SENT]
    # A row that never began was planned before the run was cut off; one that began with a look was so then.
    aged = not sent or not sent[0].writes
    row = RowRun(plan, known, aged=aged)
    row.replay(sent, spell)
    return row


def _date(row: RowRun, lines: Sequence[JournalLine], clock: Clock) -> None:
    """Say when the row's last calls left. Another process wrote that down, by a wall clock that may have been set
    since: nobody waits longer for it than for a call that leaves now."""
    now, monotonic = clock.now(), clock.monotonic()
    sent = [line for line in lines if line.outcome is not Outcome.NOT_SENT]
    ages = {line.writes: max(0.0, (now - line.ended_at).total_seconds()) for line in sent}
    if sent:
        row.left_at = monotonic - min(ages.values())
        row.wrote_at = monotonic - ages[True] if True in ages else None


def _restated(rows: Sequence[RowRun], channel: Channel) -> tuple[Sequence[RowRun], bool]:
    """Let what is to go up with its stock stated state what there is by now: what was sold meanwhile stays sold.

    Returns the rows that may go on, and whether there are others, of which that couldn't be read. These wait for the
    next `resume`: an old number would put on sale what was sold since.
    """
    stating = dict.fromkeys(row.item_id for row in rows if row.states_stock and row.item_id)
    replies = channel.read([*stating], lambda _: None)
    waiting = any(reply.outcome is not Outcome.DONE for reply in replies.values())

    def restated() -> Iterator[RowRun]:
        for row in rows:
            reply = replies.get(row.item_id or "") if row.states_stock else None
            if reply and reply.item is not None:
                row.restate(reply.item)
            if reply is None or reply.outcome is Outcome.DONE:
                yield row

    return (Packed(restated()) if replies else rows), waiting
