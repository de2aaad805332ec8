"""What somebody changed at the platform: told, and left as it is (docs/how-to/notify.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.item import clock_text
from sync.messages import say
from sync.plan.plan import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.service.context import Context
    from sync.service.planned import Planned
    from sync.service.sheet_port import SheetSource


def drifted(planned: Planned) -> dict[str, list[str]]:
    """Return what was changed at the platform, by code: each path with what it holds now."""
    found: dict[str, list[str]] = {}
    for row in planned.rows:
        for one in row.decisions:
            if one.verdict in (Verdict.DRIFT, Verdict.CONFLICT):
                found.setdefault(row.row.outer_id, []).append(f"{one.path} {one.remote!r}")
    return found


def daily_report(context: Context, source: SheetSource, worksheet: str | None) -> Sequence[str]:
    """Compare the whole sheet once a day, at the first call of the day; return the codes that drifted.

    Nothing is changed. What stands in the way is told, and tried again the next day.
    """
    from sync.service.news import after_plan
    from sync.service.planning import make_plan
    from sync.service.request import PlanRequest
    from sync.state.notices import mark, marked

    subject, today = f"day {source.place}", clock_text(context.clock.now())[:10]
    before = marked(context.store, "drift", subject)
    if before == today or not mark(context.store, "drift", subject, before, today):
        return ()
    try:
        planned = make_plan(context, PlanRequest(source, worksheet))
    except Refusal as refusal:
        context.tell(say("watch.no_drift_report", reason=refusal.message))
        return ()
    after_plan(context, planned)
    return sorted(drifted(planned))
