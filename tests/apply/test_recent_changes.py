"""Which readings may be old copies, so soon after runs."""

from __future__ import annotations

import pytest

from sync.apply.recent_changes import Recent
from sync.fields import INVENTORY, PRICE
from sync.item import Item, Status
from sync.plan.plan import Change, Verdict
from tests.apply.rows import HELD


def change(path: str, before: int, after: int) -> Change:
    return Change(path, before, after, Verdict.EDIT)


@pytest.mark.parametrize(
    ("changes", "seen", "old"),
    [
        ([change(PRICE, 10, 20)], {PRICE: 10}, True),
        ([change(PRICE, 10, 20)], {PRICE: 20}, False),
        ([change(PRICE, 10, 20)], {PRICE: 15}, False),
        ([change(PRICE, 20, 30), change(PRICE, 10, 20)], {PRICE: 20}, True),
        ([change(PRICE, 20, 10), change(PRICE, 10, 20)], {PRICE: 10}, False),
        ([change(INVENTORY, 10, 16)], {INVENTORY: 16}, False),
        ([change(INVENTORY, 10, 16)], {INVENTORY: 10}, True),
        # Some were sold before it was moved, or after.
        ([change(INVENTORY, 10, 16)], {INVENTORY: 7}, True),
        ([change(PRICE, 10, 20)], {INVENTORY: 7, PRICE: 20}, False),
        ([change(PRICE, 10, 20)], None, True),
        ([], None, False),
    ],
)
def test_what_may_be_old(changes: list[Change], seen: Item | None, *, old: bool) -> None:
    recent = Recent({"1": tuple(changes)}, lambda: None)
    held = None if seen is None else {**HELD, "_sys@status": Status.ACTIVE, **seen}
    assert recent.may_be_old("1", held) is old
