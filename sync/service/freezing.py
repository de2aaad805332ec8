"""Times in which nothing changes: a plan needs a consent by name then, and `watch` rests
(docs/reference/guards.md#freeze)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from sync.messages import say
from sync.plan.guards import FREEZE, SheetRows
from sync.plan.plan import Guard, Plan

if TYPE_CHECKING:
    from sync.service.context import Context


class Frozen(NamedTuple):
    """A freeze that holds."""

    name: str
    until: datetime
    """In the shop's own time, without a zone."""


def frozen(context: Context) -> Frozen | None:
    """Return the freeze that holds now, of several the one that ends last; None: there is none."""
    profile = context.profile
    if not profile.freeze:
        return None
    now = context.clock.now().astimezone(profile.zone).replace(tzinfo=None)
    holding = [Frozen(one.name, until) for one in profile.freeze if (until := one.until(now))]
    return max(holding, key=lambda one: one.until, default=None)


def with_freeze(context: Context, plan: Plan) -> Plan:
    """Return a plan with the guard `freeze` exactly where it would change something and a freeze holds now."""
    others = tuple(guard for guard in plan.guards if guard.name != FREEZE)
    now, rows = frozen(context), SheetRows()
    for place, row in enumerate(plan.busy if now else ()):
        if row.calls:
            rows.add(place, row)
    if now is None or not rows:
        return plan if len(others) == len(plan.guards) else replace(plan, guards=others)
    message = say("guard.freeze", name=now.name, until=f"{now.until:%Y-%m-%d %H:%M}", count=len(rows))
    return replace(plan, guards=(*others, Guard(FREEZE, message, rows.among(plan.busy))))
