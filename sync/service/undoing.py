"""A run → the plan that reverses it, applied like any other."""

from __future__ import annotations

from sync.apply.undo import undo_plan
from sync.messages import say
from sync.plan.plan import Plan
from sync.service.context import Context
from sync.service.credentials import make_ready
from sync.service.shop_identity import adopt, refuse_another
from sync.state.store import RunRecord


def make_undo(context: Context, run: RunRecord, codes: frozenset[str], *, allow_delete: bool) -> Plan:
    """Plan to reverse `run`; `codes`: of these rows only; empty: of all. Raises Refusal as `undo_plan` does."""
    profile = context.profile
    profile.require_gateway()
    refuse_another(context)
    rows = len(codes) or sum(run.results.values())
    make_ready(context, rows, writes=True)
    with context.progress(say("progress.reading"), rows) as progress:
        plan = undo_plan(
            run,
            context.store,
            context.channel,
            profile.guards.limits(),
            progress,
            allow_delete=allow_delete,
            able=profile.abilities,
            only=codes,
            clock=context.clock,
            settle=profile.settle,
        )
    adopt(context, (row.remote for row in plan.rows))
    return plan
