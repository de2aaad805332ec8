"""Campaigns that were over before their price was sent (docs/reference/rules.md#campaign-price)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from sync.fields import PRICE

if TYPE_CHECKING:
    from sync.plan.plan import RowPlan
    from sync.service.context import Context


def late(context: Context, plans: Iterable[RowPlan]) -> Iterator[RowPlan]:
    """Yield the rows that were to begin a campaign's price, and come too late for it."""
    for plan in plans:
        if plan.window and plan.priced and any(change.path == PRICE for change in plan.changes):
            from sync.plan.rules import Rules

            if Rules((), context.clock.now(), context.profile.zone).ended(plan.window):
                yield plan
