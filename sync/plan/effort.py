"""How many calls carrying out a plan makes, as far as nothing goes wrong: for preview, quota and progress bar."""

from __future__ import annotations

from sync.plan.plan import Action, Plan, RowPlan


def calls_to_make(plan: Plan, *, asked: bool, verify: bool) -> int:
    """Count the calls of `plan`'s rows, and the looks at their items.

    `asked`: a person reads the preview, so each item is looked at once more before its first call. `verify`: what was
    written is read back.
    """
    rows = [row for row in plan.rows if row.calls]
    looks = sum(_looked_at_again(row) for row in rows) if asked else 0
    readings = sum(row.action is not Action.DELETE for row in rows) if verify else 0
    return sum(len(row.calls) for row in rows) + looks + readings


def _looked_at_again(row: RowPlan) -> bool:
    return row.item_id is not None and row.action is not Action.PUBLISH
