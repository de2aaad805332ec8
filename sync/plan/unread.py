"""Which items need not be read at all (`--refresh changed`).

An item may go unread if its row needs nothing as long as the platform is as it was last seen. By the table in `diff`
that is so where every cell is as it was when it was carried out (v = c): with r = r₀ too, nothing is to be done.
"""

from __future__ import annotations

from sync.fields import STATUS
from sync.item import Baseline, Row, Status, said, same
from sync.plan.desired import category_of, ruling_of, with_ruling
from sync.plan.identity import Memory, RowIdentity
from sync.plan.rules import Rules


def may_go_unread(row: Row, identity: RowIdentity, memory: Memory, rules: Rules | None = None) -> bool:
    """Whether `row` asks for nothing that wasn't carried out, and nothing of its item is open.

    What stock and price rules say, only a reading can tell; the others say the same of what was last seen.
    """
    last = identity.baseline
    if last is None or last.pending or last.hold or identity.renames is not None:
        return False
    if row.stock_change is not None or row.cells.get(STATUS) == Status.DELETED:
        return False
    if rules is None or not rules.may_concern(row):
        return _as_last_time(row, last, memory)
    if rules.look_at_platform(row, category_of(row, last.remote)):
        return False
    return _as_last_time(with_ruling(row, ruling_of(row, last, last.remote, rules)), last, memory)


def _as_last_time(row: Row, last: Baseline, memory: Memory) -> bool:
    # Mostly the sheet has the same columns as last time; then one comparison tells, and no cell is looked into.
    if memory.said.get(row.outer_id) == said(row.cells):
        return True
    return all(path in last.cells and same(cell, last.cells[path].value) for path, cell in row.cells.items())
