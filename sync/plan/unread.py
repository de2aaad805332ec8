"""Which items need not be read at all (`--refresh changed`).

An item may go unread if its row needs nothing as long as the platform is as it was last seen. By the table in `diff`
that is so where every cell is as it was when it was carried out (v = c): with r = r₀ too, nothing is to be done.
"""

from __future__ import annotations

from sync.fields import STATUS
from sync.item import Baseline, Row, Status, said, same
from sync.plan.identity import Identity, Memory


def may_go_unread(row: Row, identity: Identity, memory: Memory) -> bool:
    """Whether `row` asks for nothing that wasn't carried out, and nothing of its item is open."""
    last = identity.baseline
    if last is None or last.pending or last.hold or identity.renames is not None:
        return False
    asks = row.stock_change is not None or row.cells.get(STATUS) == Status.DELETED
    return not asks and _as_last_time(row, last, memory)


def _as_last_time(row: Row, last: Baseline, memory: Memory) -> bool:
    # Mostly the sheet has the same columns as last time; then one comparison tells, and no cell is looked into.
    if memory.said.get(row.outer_id) == said(row.cells):
        return True
    return all(path in last.cells and same(cell, last.cells[path].value) for path, cell in row.cells.items())
