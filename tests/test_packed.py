"""What a run sets aside of the rows that ended at once, until it is written down."""

from __future__ import annotations

from datetime import UTC, datetime

from sync.call import Result
from sync.fields import INVENTORY, PRICE
from sync.item import Baseline, LastCell, PriceWindow
from sync.packed import Packed
from sync.remembered import Hold
from sync.state.journal import Ended
from sync.state.unchanged import UnchangedRow

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def test_all_that_was_set_aside_comes_out_in_order() -> None:
    cells = {PRICE: LastCell(990, "weekly.xlsx", AT), INVENTORY: LastCell(3, "weekly.xlsx", AT)}
    window = PriceWindow(500, AT, AT)
    known = Baseline("7", cells, {PRICE: 990}, hold=Hold(-2, 4, AT, unknown=True), window=window)
    rows = [Ended(n, Result.NONE, "", f"A-{n}", known, unchanged=UnchangedRow(n, f"A-{n}", "7")) for n in range(5)]
    packed: Packed[Ended] = Packed()
    packed.add(rows[:2])
    packed.add([])
    packed.add(rows[2:])
    assert [*packed] == rows
    assert [*packed] == rows
