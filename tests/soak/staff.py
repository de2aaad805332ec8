"""What the staff type: the lines of their sheets, and the inventory changes in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from sync.call import RowResult
from sync.fields import ITEM_ID, OUTER_ID, PRICE
from sync.item import CHANGE_CELL, Cell, Row, clock_face
from sync.item import Path as FieldPath

WEEKLY, PRICES = "weekly.xlsx", "prices.xlsx"
"""The staff's sheet, and another that has prices only."""


@dataclass
class TypedChange:
    """A 库存增减 that somebody typed."""

    code: str
    by: int
    runs: set[str] = field(default_factory=set)
    """The runs that had it to do."""
    done: bool = False
    """The tool said that it was carried out."""
    given_up: bool = False
    """A person overwrote it, or said that nobody will ever know."""


@dataclass
class SheetLine:
    """A row of the sheet."""

    code: str
    cells: dict[FieldPath, Cell]
    item_id: str | None = None
    change: TypedChange | None = None
    synced: dict[str, datetime] = field(default_factory=dict)
    """What stands under 同步时间, in each of the sheets."""

    def copy(self) -> SheetLine:
        """The line as a copy of the sheet keeps it."""
        return replace(self, cells=dict(self.cells), synced=dict(self.synced))

    def stays_old(self, result: RowResult) -> bool:
        """Whether it keeps its 同步时间, as `sync.sheet.writeback.filling` says."""
        if result.keeps_stamp or self.change is None:
            return result.keeps_stamp
        return self.change.by != result.read_change

    def row(self, number: int, file: str) -> Row:
        """The row as the reader would read it from `file`."""
        cells = {OUTER_ID: self.code, **self.cells}
        if file == PRICES:
            cells = {path: cell for path, cell in cells.items() if path in (OUTER_ID, PRICE)}
        addresses = {path: f"{chr(65 + place)}{number}" for place, path in enumerate([*cells, ITEM_ID])}
        change = self.change.by if self.change and file == WEEKLY else None
        if change is not None:
            addresses[CHANGE_CELL] = f"Z{number}"
        at = self.synced.get(file)
        item_id, stamp = self.item_id if file == WEEKLY else None, clock_face(at) if at else None
        return Row(number, self.code, item_id, cells, addresses, change, stamp=stamp)
