"""Carries out a plan: under the profile's lock, with the profile's pace."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sync.apply.executor import Pace
from sync.apply.run import RunContext, RunReport, apply
from sync.errors import Overtaken, Unfinished
from sync.messages import say
from sync.plan.effort import effort
from sync.plan.plan import Plan
from sync.service.connection import calls_at_once
from sync.service.context import Context
from sync.state.journal import Origin
from sync.state.lock import only_one


@contextmanager
def alone(context: Context) -> Iterator[None]:
    """Hold the profile's lock; raises Refusal (exit 5) if another process has it, or a run is unfinished."""
    with only_one(context.store, context.clock.now):
        if unfinished := context.store.unfinished():
            raise Unfinished(unfinished.id, unfinished.sheet)
        yield


@contextmanager
def agreeing(context: Context, *, asks: bool) -> Iterator[Callable[[], None]]:
    """Hold the profile's lock from now on; where a person is asked, from their consent on: nobody waits for a reader.

    Yields what is called with the consent: it raises Refusal (exit 5) if a run has come between.
    """
    with ExitStack() as held:
        if not asks:
            held.enter_context(alone(context))
            yield lambda: None
            return
        if unfinished := context.store.unfinished():
            raise Unfinished(unfinished.id, unfinished.sheet)
        seen = context.store.last_run()

        def agree() -> None:
            held.enter_context(alone(context))
            if (last := context.store.last_run()) != seen:
                raise Overtaken(say("run.between", run=last))

        yield agree


def carry_out(context: Context, plan: Plan, origin: Origin, *, allow_delete: bool, asked: bool) -> RunReport:
    """Run the plan; `asked`: a person has taken their time over the preview."""
    work = effort(plan, asked=asked, verify=context.profile.verify, delete=allow_delete)
    with workplace(context, len(work.calls)) as place:
        return apply(plan, origin, place, allow_delete=allow_delete, stale=asked)


@contextmanager
def workplace(context: Context, calls: int) -> Iterator[RunContext]:
    """Yield what a run of about so many `calls` works with."""
    profile = context.profile
    settle_after = max(profile.settle, profile.timeout)
    pace = Pace(profile.connections, calls_at_once(profile), settle_after, profile.verify)
    with context.progress(say("progress.applying"), calls) as progress:
        yield RunContext(context.store, context.channel, context.clock, pace, progress, context.stop)
