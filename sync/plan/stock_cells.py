"""A 库存增减 beside a 库存 that says another count than the last one: nobody can know which is meant."""

from __future__ import annotations

from sync.fields import INVENTORY
from sync.item import CHANGE_CELL, Baseline, Row, clock_text
from sync.messages import Message, Problem, say
from sync.plan import diff
from sync.plan.stamps import unseen
from sync.remembered import Made
from sync.values import Shown


def two_counts(row: Row, baseline: Baseline | None, repeats: Made | None) -> Problem | None:
    """Return what is wrong where a 库存增减 stands beside a 库存 that was edited, as far as state can tell.

    `repeats`: the change that the row asks for once more.
    """
    if row.stock_change is None or INVENTORY not in row.cells or baseline is None:
        return None
    return None if diff.old_count(row, baseline, baseline.remote) else which_count(row, baseline, repeats)


def which_count(row: Row, baseline: Baseline | None, repeats: Made | None) -> Problem:
    """Say what to do about two counts; of an old copy, that it is one."""
    return Problem(row.addresses.get(CHANGE_CELL), _why(row, baseline, repeats))


def _why(row: Row, baseline: Baseline | None, repeats: Made | None) -> Message:
    other = row.address(INVENTORY)
    if repeats:
        by, at = f"{repeats.by:+d}", clock_text(repeats.at)
        return say("change.old_copy", by=by, run=repeats.run, at=at, other=other)
    last = baseline.cells.get(INVENTORY) if baseline else None
    if last and unseen(row, last):
        theirs = Shown(INVENTORY, diff.wanted(last.value))
        return say("change.old_count", other=other, file=last.file, at=clock_text(last.at), theirs=theirs)
    return say("change.with_count", other=other)
