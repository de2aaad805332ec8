"""What a plan takes of the profile's limits."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from sync.cli.desk import Desk

if TYPE_CHECKING:
    from sync.plan.plan import Plan
    from sync.report.figures import Share


def shares(desk: Desk, plan: Plan) -> tuple[Share, ...]:
    """Return what `plan` takes of the application's limit, and of each method's."""
    from sync.report.figures import Share
    from sync.state.tally import StateTally

    methods = Counter(desk.channel.spell(call)[0] for row in plan.rows for call in row.calls)
    tally, now = StateTally(desk.store.engine, desk.profile.app_key), desk.clock.now()
    return tuple(
        Share(
            methods[name] if name else methods.total(),
            limit.calls_per_second,
            limit.calls_per_day,
            tally.spent(name, now) if limit.calls_per_day is not None else 0,
            name,
        )
        for name, limit in sorted(desk.profile.limits.items())
    )
