"""The rows of a sheet that are no part of a plan: the unusual is measured by the whole sheet (DESIGN section 8)."""

from __future__ import annotations

from collections.abc import Iterable

from sync.item import Row
from sync.plan.identity import Memory
from sync.plan.plan import Action, RowPlan


def rest_of(sheet: Iterable[Row], part: Iterable[Row], memory: Memory) -> tuple[RowPlan, ...]:
    """Return the rows of `sheet` that aren't of the `part`, as state last saw their items: nothing is read."""
    ours = {row.number for row in part}
    return tuple(_last_seen(row, memory) for row in sheet if row.number not in ours)


def _last_seen(row: Row, memory: Memory) -> RowPlan:
    owner = memory.owner(row.item_id) if row.item_id else None
    known = memory.baselines.get(row.outer_id) or memory.baselines.get(owner or "")
    if known is None or known.deleted:
        return RowPlan(row, Action.NONE, row.item_id, unread=True)
    return RowPlan(row, Action.NONE, known.item_id, remote=known.remote, unread=True)
