"""Cells that stand as they were last carried out while the platform moved on: what `pull --into` brings up to date.

In the words of docs/reference/three-way.md: v = c, and r is another. A cell that staff edited (v ≠ c) is theirs.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.fields import PRICE, STATUS
from sync.item import Path, Value, looks_same, same
from sync.plan.diff import wanted
from sync.plan.plan import Decision, RowPlan, Verdict


def overtaken(row: RowPlan) -> Mapping[Path, Value | None]:
    """Return what the untouched cells of `row` should say by now; None: nothing, the field is gone."""
    # What a rule says of the status or the price is no cell's word, and so no cell is to take the platform's for it.
    not_ours = {path for path, by_rule in ((STATUS, row.ruling is not None), (PRICE, row.priced)) if by_rule}
    ours = (decision for decision in row.decisions if decision.path not in not_ours)
    return {decision.path: decision.remote for decision in ours if _overtaken(decision)}


def _overtaken(decision: Decision) -> bool:
    if decision.last is None or decision.verdict is Verdict.SOLD_OUT:
        # 有效 of what is sold out still stands as an order: a restock puts the item up.
        return False
    untouched = same(decision.cell, decision.last.value)
    return untouched and not looks_same(wanted(decision.cell), decision.remote)
