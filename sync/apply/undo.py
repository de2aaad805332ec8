"""A run's journal → the plan that reverses it."""

from __future__ import annotations

from collections.abc import Iterator

from sync.apply.run import taken_up
from sync.call import Outcome, Result
from sync.gateway.channel import Channel, Progress
from sync.messages import Exit, Refusal, say
from sync.plan import guards
from sync.plan.plan import Plan
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
) -> Plan:
    """Make the plan that reverses `run`: an ordinary plan, with guards, of what still can be reversed.

    Raises Refusal for a run that is unfinished, and (exit 4) if the gateway can't be reached.
    """
    if run.finished_at is None:
        raise Refusal(say("run.unfinished", run=run.id, sheet=run.sheet), Exit.UNFINISHED)
    done = tuple(_carried_out(run, store))
    found = channel.read(tuple(dict.fromkeys(one.item_id for one in done)), progress)
    for reply in found.values():
        if reply.outcome is not Outcome.DONE and reply.error:
            raise Refusal(reply.error, Exit.GATEWAY)
    rows = tuple(undo_row(one, found[one.item_id].item, allow_delete=allow_delete) for one in done)
    return Plan(rows, guards.tripped(rows, limits), reads=len(found))


def _carried_out(run: RunRecord, store: Store) -> Iterator[Done]:
    """Yield what the run did, row by row, less what an earlier undo of it has reversed already."""
    reversed_before = {
        row.row
        for undo in store.runs()
        if undo.undoes == run.id
        for row in store.rows(undo.id)
        if row.result is Result.DONE
    }
    lines = store.journal(run.id)
    for row in store.rows(run.id):
        if not row.plan or row.row in reversed_before:
            continue
        ran = taken_up(row.plan, lines.get(row.row, ()))
        if ran.ending and ran.ending.item_id and ran.ending.done:
            yield Done(run.id, ran.plan, ran.ending.item_id, ran.ending.done)
