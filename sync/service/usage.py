"""What a plan takes of the profile's limits."""

from __future__ import annotations

from collections.abc import Mapping

from sync.report.figures import Share
from sync.service.context import Context
from sync.state.usage_ledger import SharedLedger


def shares(context: Context, methods: Mapping[str, int]) -> tuple[Share, ...]:
    """Return what so many calls of each method take of the application's limit, and of each method's."""
    ledger, now = SharedLedger(context.store.engine, context.profile.app_key), context.clock.now()
    return tuple(
        Share(
            methods.get(name, 0) if name else sum(methods.values()),
            limit.calls_per_second,
            limit.calls_per_day,
            ledger.spent(name, now) if limit.calls_per_day is not None else 0,
            name,
        )
        for name, limit in sorted(context.profile.limits.items())
    )
