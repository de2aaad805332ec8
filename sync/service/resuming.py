"""A run that was cut off, or of which nobody has the results: what it has left to do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sync.apply import answers as answering
from sync.apply.run import RunReport, open_rows, results_of, resume
from sync.apply.run import abandon as give_up
from sync.service.authorization import make_ready
from sync.service.context import Context
from sync.service.locking import one_job
from sync.service.run import Run, delivered, delivered_home
from sync.service.running import run_context
from sync.service.sheet_identity import place_now
from sync.service.shop_identity import refuse_another
from sync.state.answers import Answer
from sync.state.store import RunRecord

__all__ = ["ANSWERS", "Answer", "Resumed", "abandon", "answer", "take_up"]

ANSWERS = answering.ANSWERS
"""What a person may answer."""


@dataclass(frozen=True)
class Resumed:
    """What was taken up."""

    run: Run | None
    """The run that was cut off; None: there is none."""
    late: tuple[Run, ...] = ()
    """Earlier runs whose results staff have only now, the oldest first."""


def take_up(context: Context) -> Resumed:
    """Finish the run that was cut off, and put into their sheets what earlier runs left behind. Raises Locked."""
    with one_job(context):
        # A process can also die between its last call and the sheet.
        run = context.store.unfinished() or context.store.undelivered()
        late = tuple(_bring_late(context))
        return Resumed(delivered_home(context, run, _finish(context, run)) if run else None, late)


def abandon(context: Context, number: int) -> Run:
    """End a run that isn't finished where it stands; nothing is called. Raises Refusal for a finished one, Locked."""
    with one_job(context):
        record = context.store.run(number)
        done = give_up(record, context.store, context.clock)
        return delivered_home(context, record, done)


def answer(context: Context, answers: Mapping[str, Answer]) -> None:
    """Take a person's answers, all or none. Raises Refusal for a code about which nothing is asked, Locked."""
    with one_job(context):
        answering.answer(context.store, answers, context.clock.now())


def _finish(context: Context, run: RunRecord) -> RunReport:
    """Make the calls that a run has left; of a finished one only its results are wanted, and nothing is called."""
    if run.finished_at:
        return RunReport(run.id, results_of(context.store, run.id), finished=True)
    context.profile.require_gateway()
    refuse_another(context)
    make_ready(context, context.store.count_open(run.id), writes=True)
    rows = open_rows(run, context.store, context.clock, context.channel.spell)
    with run_context(context, sum(row.calls_left for row in rows)) as place:
        return resume(run, place, rows)


def _bring_late(context: Context) -> Iterator[Run]:
    for number, codes in context.store.left_behind().items():
        run = context.store.run(number)
        if sheet := place_now(context, run.sheet_id, run.sheet):
            results = tuple(one for one in results_of(context.store, number) if one.key in codes)
            yield delivered(context, sheet, RunReport(number, results, finished=True, part=True))
