"""A job that was approved becomes a run."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from sync.errors import GuardTripped, NeedsWorksheet, Overtaken, Refusal
from sync.messages import say
from sync.plan.options import Settled
from sync.service.jobs import Job, JobState, Trouble
from sync.service.people import signed
from sync.service.request import Consent

if TYPE_CHECKING:
    from sync.service.job_index import JobIndex
    from sync.service.run import Run
    from sync.service.shop import Shop


def begin_run(index: JobIndex, shop: Shop, job: Job, stop: threading.Event) -> Run:
    """Carry out a job's plan as it was approved. Raises as `Shop.apply` does, and Overtaken where a run came between.

    `stop`: asks for a clean stop.
    """
    with index.rows(job.id, JobState.RUNNING) as rows:
        saved = rows.saved()
        decided = {
            one.key: Settled(one.settled_by or one.left_out_by or "", one.left_out_by is not None, one.settled)  # type: ignore[arg-type]
            for one in rows.decided()
        }
    with shop.alone():
        if (last := shop.last_run()) != job.last_run:
            raise Overtaken(say("run.between", run=last))
        planned = shop.load(saved, decided)
        consent = Consent(signed(job.asked, job.approved_by), tuple(job.consents), job.deletions is not None)
        return shop.apply(planned, consent, stop=stop)


def end_job(index: JobIndex, job: str, run: int) -> None:
    """Say that a job became a run: it is in state by now, and the plan isn't needed any more."""
    with index.held(job) as held:
        if held.job.state is JobState.RUNNING:
            held.change(state=JobState.ENDED, run=run)
            held.rows.remove()


def trouble_of(refusal: Refusal) -> Trouble:
    """Return what is kept of a refusal."""
    names: tuple[str, ...] = ()
    if isinstance(refusal, NeedsWorksheet):
        names = refusal.names
    elif isinstance(refusal, GuardTripped):
        names = tuple(guard.name for guard in refusal.guards)
    return Trouble(type(refusal).__name__, refusal.message.kept(), names)
