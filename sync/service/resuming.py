"""What a run that was cut off has left to do."""

from __future__ import annotations

from sync.apply.run import RunReport, open_rows, results_of, resume
from sync.service.context import Context
from sync.service.credentials import make_ready
from sync.service.running import workplace
from sync.service.shop_identity import refuse_another
from sync.state.store import RunRecord


def unfinished(context: Context) -> RunRecord | None:
    """Return the run that is to be taken up. A process can also die between its last call and the sheet."""
    return context.store.unfinished() or context.store.undelivered()


def take_up(context: Context, run: RunRecord) -> RunReport:
    """Make the calls that a run has left; of a finished one only its results are wanted, and nothing is called."""
    if run.finished_at:
        return RunReport(run.id, results_of(context.store, run.id), finished=True)
    context.profile.require_gateway()
    refuse_another(context)
    make_ready(context, len(context.store.rows(run.id)), writes=True)
    rows = open_rows(run, context.store, context.clock, context.channel.spell)
    with workplace(context, sum(row.calls_left for row in rows)) as place:
        return resume(run, place, rows)
