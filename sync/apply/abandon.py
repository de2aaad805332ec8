"""Giving up a run that nobody can or will finish, so that its shop isn't blocked for ever (DESIGN section 6)."""

from __future__ import annotations

from sync.apply.executor import Clock
from sync.apply.run import Endings, RunReport, results_of, taken_up
from sync.errors import Refusal
from sync.messages import say
from sync.state.journal import Entries, Journal
from sync.state.store import RunRecord, Store


def abandon(run: RunRecord, store: Store, clock: Clock) -> RunReport:
    """End `run` where it stands; nothing is called. Raises Refusal for a run that is finished already.

    Open rows end as skipped, with what was carried out of them remembered. A call that left and was never heard of
    makes its row unknown: a lost 库存增减 is held until a person answers, as ever.
    """
    if run.finished_at is not None:
        raise Refusal(say("abandon.finished", run=run.id))
    journal = Journal(store, run.id)
    journal.close_open_intents(clock.now())
    lines = store.journal(run.id)
    rows = [taken_up(row.plan, lines.get(row.row, ())) for row in store.rows(run.id) if not row.ended]
    for row in rows:
        row.abandon()
    endings = Endings(run.sheet, store, clock, run.id)
    journal.write(Entries(ended=[endings.end(row) for row in rows]), clock.now())
    journal.finish(clock.now())
    return RunReport(run.id, results_of(store, run.id), finished=True)
