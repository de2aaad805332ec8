"""A run → the plan that reverses it, applied like any other."""

from __future__ import annotations

from sync.apply.undo import undo_plan
from sync.service.authorization import make_ready
from sync.service.context import Context
from sync.service.freezing import with_freeze
from sync.service.locking import basis, refuse_unfinished
from sync.service.planned import Planned
from sync.service.shop_identity import adopt, refuse_another
from sync.state.journal import Origin


def make_undo(context: Context, number: int, codes: frozenset[str], *, delete: bool) -> Planned:
    """Plan to reverse a run; `codes`: of these rows only; empty: of all. Raises Refusal as `undo_plan` does."""
    refuse_unfinished(context)
    began, run, profile = basis(context), context.store.run_with_rows(number), context.profile
    profile.require_gateway()
    refuse_another(context)
    rows = len(codes) or sum(run.results.values())
    make_ready(context, rows, writes=True)
    with context.reading(rows) as progress:
        plan = undo_plan(
            run,
            context.store,
            context.channel,
            profile.guards,
            progress,
            allow_delete=delete,
            able=context.abilities,
            only=codes,
            clock=context.clock,
            settle=profile.settle,
        )
    adopt(context, (row.remote for row in plan.rows))
    origin = Origin(run.sheet, run.worksheet, undoes=run.id, sheet_id=run.sheet_id)
    return Planned(with_freeze(context, plan), origin, began, context)
