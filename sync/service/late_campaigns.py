"""Campaigns that were over before their price was sent (docs/reference/rules.md#campaign-price)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.fields import PRICE

if TYPE_CHECKING:
    from sync.plan.plan import RowPlan
    from sync.service.context import Context


def too_late(context: Context, plan: RowPlan) -> bool:
    """Whether a row was to begin a campaign's price, and the campaign is over by now."""
    if not (plan.window and plan.priced and any(change.path == PRICE for change in plan.changes)):
        return False
    from sync.plan.rules import Rules

    return Rules((), context.clock.now(), context.profile.zone).ended(plan.window)
