"""Once a day, what somebody changed at the platform: told, and left as it is (docs/how-to/notify.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.item import clock_text
from sync.messages import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sync.service.context import Context
    from sync.service.sheet_port import SheetSource
    from sync.sheet.read import Sheet


def daily_report(
    context: Context, source: SheetSource, worksheet: str | None, as_read: Sheet | None
) -> Sequence[str]:
    """Compare the whole sheet once a day, at the first call of the day; return the codes that drifted.

    `as_read`: the sheet, where it was read already. Nothing is changed. What stands in the way is told, and tried
    again the next day.
    """
    from sync.service.news import after_plan, drifted
    from sync.service.planning import make_plan
    from sync.service.request import PlanRequest
    from sync.state.notices import mark, marked

    subject, today = f"day {source.place}", clock_text(context.clock.now())[:10]
    before = marked(context.store, "drift", subject)
    if before == today or not mark(context.store, "drift", subject, before, today):
        return ()
    try:
        planned = make_plan(context, PlanRequest(source, worksheet), as_read)
    except Refusal as refusal:
        context.tell(say("watch.no_drift_report", reason=refusal.message))
        return ()
    after_plan(context, planned)
    return sorted(drifted(planned))
