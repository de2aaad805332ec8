"""Carries out a plan: under the profile's lock, with the profile's pace."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial

from sync.apply.executor import Pace
from sync.apply.run import RunContext, apply
from sync.codes import key_words
from sync.errors import GuardTripped, Overtaken, Refusal
from sync.messages import say
from sync.plan.by_row import ByRow
from sync.service.authorization import make_ready
from sync.service.connection import calls_at_once
from sync.service.context import Context
from sync.service.events import RowEnded
from sync.service.freezing import with_freeze
from sync.service.late_campaigns import too_late
from sync.service.locking import one_job, refuse_unfinished
from sync.service.planned import Planned
from sync.service.request import Consent
from sync.service.run import Run, delivered, delivered_home
from sync.service.shop_identity import refuse_another
from sync.sheet.names import Names


def carry_out(context: Context, planned: Planned, consent: Consent) -> Run:
    """Carry out a plan as far as `consent` goes, and put the results where staff find them.

    Where this job has held the lock since before the plan was made, nothing can have come between. Else a run or a
    save of the sheet since then ends it (Overtaken), and each item is read once more before its first call.

    Raises GuardTripped, Unfinished, Locked, Overtaken (also where a campaign ended since the plan was made), Refusal
    for results that would find no place, and ValueError for another shop's plan.
    """
    if planned.context is not context:
        raise ValueError("a plan is carried out by the shop that made it")
    # A freeze may have begun, or ended, since the plan was made.
    planned = replace(planned, plan=with_freeze(context, planned.plan))
    if guards := planned.refused(consent.guards):
        raise GuardTripped(guards)
    asked = planned.basis.lock is None or planned.basis.lock is not context.lock
    with one_job(context):
        refuse_unfinished(context)
        if (last := context.store.last_run()) != planned.basis.last_run:
            raise Overtaken(say("run.between", run=last))
        if codes := [row.row.key for row in ByRow.of(planned.plan.carried_out).busy if too_late(context, row)]:
            raise Overtaken(say("window.overtaken", codes=Names.of(map(key_words, codes))))
        if planned.request and not planned.request.writes:
            _make_ready(context, planned)
        held = planned.request.source.held(planned.sheet) if planned.request and planned.sheet else nullcontext()
        with held:
            origin = replace(planned.origin, by=consent.by)
            work = planned.effort(asked=asked, delete=consent.delete)
            with run_context(context, work.calls) as place:
                report = apply(planned.plan, origin, place, allow_delete=consent.delete, aged=asked)
            if planned.request:
                return delivered(context, planned.request.source, report, planned.plan, planned.sheet)
            run = delivered_home(context, context.store.run(report.run), report)
            return replace(run, made_from=planned.plan)


def _make_ready(context: Context, planned: Planned) -> None:
    """Look at what a plan that was only to be read didn't need."""
    assert planned.request and planned.sheet  # noqa: S101
    if homeless := planned.request.source.homeless(planned.sheet):
        raise Refusal(homeless)
    refuse_another(context)
    make_ready(context, len(planned.rows), writes=True)


@contextmanager
def run_context(context: Context, calls: int) -> Iterator[RunContext]:
    """Yield what a run of about so many `calls` works with."""
    profile = context.profile
    settle_after = max(profile.settle, profile.timeout)
    at_once, looks = calls_at_once(profile), context.abilities.looks
    pace = Pace(profile.connections, at_once, settle_after, profile.verify, looks)
    with context.sending(calls) as progress:
        yield RunContext(
            context.store,
            context.channel,
            context.clock,
            pace,
            progress,
            context.stop,
            lambda run, result: context.emit(RowEnded(run, result)),
            partial(too_late, context),
        )
