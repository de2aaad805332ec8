"""One row of the sheet while its result is written into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from sync.fields import INVENTORY, OUTER_ID, Column, of_column, of_path
from sync.sheet.files.workbook import Raw
from sync.sheet.writeback.addresses import Covered
from sync.sheet.writeback.contents import Pen, held, is_number
from sync.sheet.writeback.element_patterns import ElementPatterns
from sync.sheet.writeback.formats import Formats, ResultStyle
from sync.sheet.writeback.formulas import SharedFormulas
from sync.sheet.writeback.parts import NewColumn
from sync.sheet.writeback.row_matching import looked_up, read_as
from sync.sheet.writeback.worksheet import RawCell, RawRow

MAY_BE_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What Excel would take for a formula once somebody edits the cell (OWASP, "CSV injection")."""

_COUNT = of_path(INVENTORY)
_MOMENT = 0.002 / 86_400
"""Days: programs that save a sheet keep 15 digits of a time, and no two results of a row are as close as this."""


class Tools(NamedTuple):
    """What all rows of a worksheet are written with."""

    columns: Mapping[str, int]
    """By path or purpose."""
    names: ElementPatterns
    pen: Pen
    formats: Formats
    strings: Mapping[int, str]
    """Those shared strings that cells hold which are looked at here."""
    formulas: SharedFormulas
    merged: Covered
    arrays: Covered
    """Ranges that one formula fills."""


class RowEditor:
    """Collects what a row's cells become; `cells` holds them by column."""

    def __init__(self, row: RawRow, tools: Tools) -> None:
        self.cells: dict[int, bytes] = {}
        self.covered = False
        """Whether there was a cell that can't be written: it is merged, or a formula fills it with others."""
        self._row = row
        self._tools = tools
        key = row.cell(tools.columns[OUTER_ID])
        self._model = key.style if key else 0

    def text(self, key: str) -> Raw | None:
        """Return what stands under that column; None: nothing."""
        found = self._cell(key)
        return self._held(found) if found else None

    def put_header(self, column: NewColumn) -> None:
        """Write a header that looks like the key's."""
        if self._writable(column.column):
            text = self._tools.pen.text(column.column, self._row.number, self._model, column.header)
            self.cells[column.column] = text

    def put_text(self, key: str, text: str, style: ResultStyle) -> None:
        """Write a text under that column, unless there is no such cell. It stays a text: never a formula."""
        if target := self._target(key, _quoted(style) if text.startswith(MAY_BE_FORMULAS) else style):
            self.cells[target[0]] = self._tools.pen.text(*target, text)

    def put_number(self, key: str, number: float | None, style: ResultStyle) -> None:
        """Write a number, or nothing, under that column, unless there is no such cell."""
        if target := self._target(key, style):
            self.cells[target[0]] = self._tools.pen.number(*target, number)

    @property
    def refilled(self) -> bool:
        """Whether a formula that fills several cells would fill 库存增减 in again, were it cleared."""
        cell = self._cell(Column.STOCK_CHANGE)
        return cell is not None and self._tools.arrays.find(cell.column, self._row.number) is not None

    @property
    def change(self) -> object:
        """What 库存增减 says; None: nothing that can be read."""
        cell = self._cell(Column.STOCK_CHANGE)
        return read_as(of_column(Column.STOCK_CHANGE), self._held(cell)) if cell else None

    def clear_change(self, applied: int, ended: float | None) -> bool:
        """Clear a 库存增减 that was carried out; False: somebody has typed another one meanwhile.

        `ended`: when it was, as 同步时间 says it. A row that says so already was written once, and cleared then: what
        stands there now was typed since, even where it is the same.
        """
        cell = self._cell(Column.STOCK_CHANGE)
        if cell is None or not cell.content:
            return True
        if self._tools.merged.hides(cell.column, self._row.number):
            return True
        if self.change != applied:
            return False
        if self._was_written(ended):
            return True
        self._tools.formulas.lose(cell, self._row.number)
        self.cells[cell.column] = self._tools.pen.empty(cell.column, self._row.number, cell.style)
        return True

    def put_count(self, before: int, now: int, ended: float | None) -> bool:
        """Write the new count into 库存, in the cell's own format, where that still says what it said `before`.

        Returns whether the new count stands there: a row that was written once already, see `clear_change`, is left.
        """
        cell = self._cell(INVENTORY)
        if cell is None or self._tools.names.formula.search(cell.content) or not self._writable(cell.column):
            return False
        stands = read_as(_COUNT, self._held(cell))
        if stands != before or self._was_written(ended):
            return stands == now
        self.cells[cell.column] = self._tools.pen.number(cell.column, self._row.number, cell.style, now)
        return True

    def _was_written(self, ended: float | None) -> bool:
        cell = self._cell(Column.SYNCED_AT)
        if ended is None or cell is None or not is_number(cell):
            return False
        found = self._tools.names.value.search(cell.content)
        return found is not None and abs(float(found[2] or b"nan") - ended) < _MOMENT

    def _target(self, key: str, style: ResultStyle) -> tuple[int, int, int] | None:
        """Return column, row and format of the cell to be written; None: there is none."""
        column = self._tools.columns.get(key)
        if column is None:
            return None
        if not self._writable(column):
            self.covered = True
            return None
        cell = self._row.cell(column)
        if cell:
            self._tools.formulas.lose(cell, self._row.number)
        format = self._tools.formats.index(style, cell.style if cell else 0, self._model)
        return column, self._row.number, format

    def _writable(self, column: int) -> bool:
        number = self._row.number
        return not self._tools.merged.hides(column, number) and not self._tools.arrays.find(column, number)

    def _cell(self, key: str) -> RawCell | None:
        column = self._tools.columns.get(key)
        return None if column is None else self._row.cell(column)

    def _held(self, cell: RawCell) -> Raw | None:
        return looked_up(held(cell, self._tools.names, self._tools.formats.is_date), self._tools.strings)


@cache
def _quoted(style: ResultStyle) -> ResultStyle:
    return replace(style, quoted=True)
