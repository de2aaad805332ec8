"""What a plan takes of the profile's limits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sync.report.figures import Share
from sync.service.context import Context
from sync.state.usage_ledger import SharedLedger

if TYPE_CHECKING:
    from sync.call import Call
    from sync.report.figures import Share


def shares(context: Context, calls: Sequence[Call]) -> tuple[Share, ...]:
    """Return what `calls` take of the application's limit, and of each method's."""
    methods = Counter(context.channel.spell(call)[0] for call in calls)
    ledger, now = SharedLedger(context.store.engine, context.profile.app_key), context.clock.now()
    return tuple(
        Share(
            methods[name] if name else methods.total(),
            limit.calls_per_second,
            limit.calls_per_day,
            ledger.spent(name, now) if limit.calls_per_day is not None else 0,
            name,
        )
        for name, limit in sorted(context.profile.limits.items())
    )
