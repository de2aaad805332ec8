"""Carries out a plan: under the profile's lock, with the profile's pace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

from sync.apply.executor import Pace
from sync.apply.run import RunContext, RunReport, apply
from sync.errors import GuardTripped, Overtaken, Refusal
from sync.messages import say
from sync.service.authorization import make_ready
from sync.service.connection import calls_at_once
from sync.service.context import Context
from sync.service.delivery import deliver, deliver_anew
from sync.service.events import RowEnded
from sync.service.locking import alone, refuse_unfinished
from sync.service.planned import Planned
from sync.service.request import Consent
from sync.service.run import Run
from sync.service.shop_identity import refuse_another
from sync.sheet.read import Sheet


def carry_out(context: Context, planned: Planned, consent: Consent) -> Run:
    """Carry out a plan as far as `consent` goes, and put the results where staff find them.

    Where this job has held the lock since before the plan was made, nobody has taken their time over it. Else what
    came between is looked at: a run or a save of the sheet makes the plan an old one, and each item is read again.

    Raises GuardTripped, Unfinished, Locked, Overtaken, and Refusal for results that would find no place.
    """
    if guards := planned.refused(consent.guards):
        raise GuardTripped(guards)
    asked = not context.alone
    with alone(context):
        refuse_unfinished(context)
        if (last := context.store.last_run()) != planned.last_run:
            raise Overtaken(say("run.between", run=last))
        if planned.request and not planned.request.writes:
            _make_ready(context, planned)
        held = planned.request.source.held(planned.sheet) if planned.request and planned.sheet else nullcontext()
        with held:
            work = planned.effort(asked=asked, delete=consent.delete)
            with run_context(context, len(work.calls)) as place:
                report = apply(planned.plan, planned.origin, place, allow_delete=consent.delete, stale=asked)
            return _delivered(context, planned, report)


def _make_ready(context: Context, planned: Planned) -> None:
    """Look at what a plan that was only to be read didn't need."""
    assert planned.request and planned.sheet  # noqa: S101
    if homeless := planned.request.source.homeless(planned.sheet):
        raise Refusal(homeless)
    refuse_another(context)
    make_ready(context, len(planned.rows), writes=True)


def _delivered(context: Context, planned: Planned, report: RunReport) -> Run:
    if planned.sheet is None:
        delivery = deliver_anew(context, planned.origin.sheet, report)
    else:
        takes_over = _takes_over(planned.sheet, report)
        delivery = deliver(context, planned.origin.sheet, planned.sheet.layout, report, takes_over=takes_over)
    return Run(report, planned.origin.sheet, planned.plan, context, delivery)


def _takes_over(sheet: Sheet, done: RunReport) -> bool:
    """Whether every row that another state stamped, and that has a 库存增减, bears this run's stamp from now on."""
    ours = {result.row for result in done.results if not result.keeps_stamp}
    return all(row.number in ours for row in sheet.rows if row.stamp and row.stock_change is not None)


@contextmanager
def run_context(context: Context, calls: int) -> Iterator[RunContext]:
    """Yield what a run of about so many `calls` works with."""
    profile = context.profile
    settle_after = max(profile.settle, profile.timeout)
    pace = Pace(profile.connections, calls_at_once(profile), settle_after, profile.verify)
    with context.sending(calls) as progress:
        yield RunContext(
            context.store,
            context.channel,
            context.clock,
            pace,
            progress,
            context.stop,
            lambda run, result: context.emit(RowEnded(run, result)),
        )
