"""A run's journal → the plan that reverses it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sync.apply.run import taken_up
from sync.apply.script import Ending
from sync.call import Call, Outcome, Result
from sync.gateway.channel import Channel, Progress
from sync.messages import Exit, Refusal, say
from sync.plan import abilities, guards
from sync.plan.plan import Plan, RowPlan
from sync.plan.undo import Done, undo_row
from sync.state.store import RunRecord, Store


def undo_plan(
    run: RunRecord,
    store: Store,
    channel: Channel,
    limits: guards.Limits,
    progress: Progress,
    *,
    allow_delete: bool,
    able: abilities.Abilities = abilities.OPEN,
    only: Collection[str] = (),
) -> Plan:
    """Make the plan that reverses `run`: an ordinary plan, with guards, of what still can be reversed.

    `able`: what the channel can do. `only`: the codes whose rows are to be reversed; empty: all.

    Raises Refusal for a run that is unfinished, for a code that isn't in it, and (exit 4) if the gateway can't be
    reached.
    """
    if run.finished_at is None:
        raise Refusal(say("run.unfinished", run=run.id, sheet=run.sheet), Exit.UNFINISHED)
    if missing := sorted({*only} - {row.outer_id for row in store.rows(run.id)}):
        raise Refusal(say("undo.only_unknown", run=run.id, codes=", ".join(missing)))
    done = tuple(one for one in _carried_out(run, store) if not only or one.plan.row.outer_id in only)
    undone_by = [undo.id for undo in store.runs() if undo.undoes == run.id]
    if undone_by and not done:
        raise Refusal(say("undo.already", run=run.id, by=undone_by[0]))
    found = channel.read(tuple(dict.fromkeys(one.item_id for one in done)), progress)
    for reply in found.values():
        if reply.outcome is not Outcome.DONE and reply.error:
            raise Refusal(reply.error, Exit.GATEWAY)
    undone = (undo_row(one, found[one.item_id].item, allow_delete=allow_delete) for one in done)
    rows = tuple(abilities.as_able(row, able) for row in undone)
    return Plan(rows, guards.tripped(rows, limits), reads=len(found))


def _carried_out(run: RunRecord, store: Store) -> Iterator[Done]:
    """Yield what the run did, row by row, less what earlier undos of it have reversed already."""
    runs = store.runs()
    undos = [undo.id for undo in reversed(runs) if undo.undoes == run.id and _stands(undo, runs)]
    reversed_before = {row.row for undo in undos for row in store.rows(undo) if row.result is Result.DONE}
    half_way: dict[int, list[Call]] = {}
    for undo in undos:
        for row, ending in _endings(undo, store):
            half_way.setdefault(row.row.number, []).extend(ending.done)
    baselines = store.baselines()
    for plan, ending in _endings(run.id, store):
        number, known = plan.row.number, baselines.get(plan.row.outer_id)
        if number not in reversed_before and ending.item_id and ending.done:
            calls = (*ending.done, *half_way.get(number, ()))
            yield Done(run.id, plan, ending.item_id, calls, known.hold if known else None)


def _stands(undo: RunRecord, runs: Sequence[RunRecord]) -> bool:
    """Whether an undo was not undone itself."""
    return not any(later.undoes == undo.id and _stands(later, runs) for later in runs)


def _endings(run: int, store: Store) -> Iterator[tuple[RowPlan, Ending]]:
    lines = store.journal(run)
    for row in store.rows(run):
        ran = taken_up(row.plan, lines.get(row.row, ())) if row.plan else None
        if ran and ran.ending:
            yield ran.plan, ran.ending
