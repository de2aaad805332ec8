"""What a row changed, path by path: what the shop learns from (docs/reference/state.md)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sync.apply.progress import Ending
from sync.call import Call, Op, Outcome
from sync.fields import INVENTORY
from sync.item import Item, Path
from sync.plan.effect import after, touched
from sync.plan.plan import RowPlan
from sync.state.changes import MadeChange


def changes_made(plan: RowPlan, ending: Ending, written_at: Mapping[Op, datetime]) -> tuple[MadeChange, ...]:
    """Return what a row's calls changed, or may have; `written_at`: when its calls were answered, by kind."""
    found: dict[Path, MadeChange] = {}
    known = {**plan.remote, **ending.before}
    held: Item = {path: value for path, value in known.items() if value is not None}
    for call in ending.done:
        if call.op is not Op.GENERATE and call.op in written_at:
            _add(found, call, held, written_at[call.op], Outcome.DONE)
            held = after(call, held)
    lost = _lost(ending)
    if lost and lost.op in written_at:
        _add(found, lost, held, written_at[lost.op], Outcome.UNKNOWN)
    return tuple(_as_seen(change, ending) for _, change in sorted(found.items()))


def _lost(ending: Ending) -> Call | None:
    if ending.lost_move:
        return Call(Op.STOCK, by=ending.lost_move.by)
    return ending.doubtful


def _add(found: dict[Path, MadeChange], call: Call, held: Item, at: datetime, outcome: Outcome) -> None:
    now = after(call, held)
    for path in touched(call):
        before = found[path].before if path in found else held.get(path)
        moved = (found[path].moved or 0 if path in found else 0) + call.by if call.op is Op.STOCK else None
        found[path] = MadeChange(path, before, now.get(path), at, outcome, moved)


def _as_seen(change: MadeChange, ending: Ending) -> MadeChange:
    """What the platform said it had changed, and doesn't hold, moved nothing."""
    if change.path not in ending.astray or change.outcome is not Outcome.DONE:
        return change
    return replace(change, outcome=Outcome.FAILED, moved=0 if change.path == INVENTORY else None)
