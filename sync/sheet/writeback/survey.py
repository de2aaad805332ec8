"""The first of two readings of the worksheet as it is now: where everything stands.

Somebody may have sorted the sheet, or added to it, since its rows were read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType

from sync.call import RowResult
from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, WRITTEN_BY_TOOL, Column
from sync.sheet.columns import Layout
from sync.sheet.files.addresses import Range
from sync.sheet.files.workbook import Raw
from sync.sheet.writeback.addresses import LAST_ROW, attribute, letters, number_of
from sync.sheet.writeback.contents import Shared, held
from sync.sheet.writeback.formats import Formats
from sync.sheet.writeback.worksheet import ElementPatterns, RawCell, RawRow, RowBlock, Worksheet

_READ_AGAIN = (ITEM_ID, Column.STOCK_CHANGE, INVENTORY)
_WRITTEN = (*_READ_AGAIN, *WRITTEN_BY_TOOL)

Held = Raw | Shared | None
"""None: a formula that nobody has calculated yet."""


@dataclass
class Survey:
    """What was found. Texts that the workbook keeps in its table of shared strings are looked up later."""

    standing: bytearray = field(default_factory=lambda: bytearray(LAST_ROW + 1))
    """1 for each row whose code is plainly the expected one."""
    codes: dict[int, Held] = field(default_factory=dict)
    """What the key column holds in all other rows below the headers."""
    skus: dict[int, Held] = field(default_factory=dict)
    """What SKU编码 holds in these rows, where the sheet has that column."""
    headers: dict[int, Held] = field(default_factory=dict)
    """What the row of headers holds, by column."""
    last_column: int = 0
    """The last column, from 1, with anything in it at or below the headers."""
    last_row: int = 0
    """The last row with anything in it."""
    wanted: set[int] = field(default_factory=set)
    """The indexes of the shared strings to look up."""
    merges: list[Range] = field(default_factory=list)
    arrays: list[Range] = field(default_factory=list)
    """Formulas that fill several cells."""
    filter: Range | None = None
    """The sheet's autofilter."""
    formulas: bool = False
    """Whether the sheet has formulas."""
    formulas_written_over: bool = False
    """Whether one of them may be in a cell that is written or cleared."""


class Surveyor:
    """Reads the worksheet through, once."""

    def __init__(
        self,
        sheet: Worksheet,
        layout: Layout,
        formats: Formats,
        expected: Mapping[int, RowResult] = MappingProxyType({}),
    ) -> None:
        """`formats`: the workbook's; `expected`: the results by the rows where they were read."""
        self._sheet = sheet
        self._expected = expected
        self._plain_keys, self._plain_others = _patterns(sheet.names, layout)
        self._header_row = layout.header_row
        self._formats = formats
        self._key = number_of(layout.columns[OUTER_ID].encode())
        self._sku = next(iter(_numbers(layout, (Column.SKU,))), None)
        self._read_again = _numbers(layout, _READ_AGAIN)
        self._written = _numbers(layout, _WRITTEN)
        self._touched = _touched(sheet.names, self._key, *self._written)
        self._last_noted = 0
        self._found = Survey(last_column=layout.last_column)

    def survey(self) -> Survey:
        """Return what was found; raises ValueError for what no worksheet has."""
        for piece in self._sheet.pieces():
            if isinstance(piece, RawRow):
                self._take_row(piece)
            elif isinstance(piece, RowBlock) and not (piece.blank or self._take_block(piece)):
                for row in piece.rows():
                    self._take_row(row)
        self._take_tail()
        return self._found

    def _take_block(self, block: RowBlock) -> bool:
        """Take in many rows at once, if all are plain; False: each must be looked at by itself."""
        xml, found = block.xml, self._found
        cells = self._touched.findall(xml)
        if len(cells) > len(set(cells)):
            raise ValueError("a cell twice")
        keys = self._plain_keys.findall(xml)
        if not self._all_plain(xml, keys):
            return False
        found.last_row = max(found.last_row, int(keys[-1][0]))
        for number, index, text in keys:
            self._note(int(number), Shared(index) if index else text.decode())
        found.wanted.update(int(index) for _, index, _ in keys if index)
        for attributes, index in self._plain_others.findall(xml) if self._read_again else ():
            if attribute(attributes, b"t") == b"s":
                found.wanted.add(int(index))
        return True

    def _all_plain(self, xml: bytes, keys: Sequence[tuple[bytes, bytes, bytes]]) -> bool:
        """Whether each row is below the headers, has a code as most write it, no formula, and no new column."""
        names = self._sheet.names
        return (
            self._sku is None
            and names.any_formula not in xml
            and len(keys) == xml.count(names.row_end)
            and int(keys[0][0]) > self._header_row
            and not _cell_beyond(self._found.last_column, names.tidy_cell).search(xml)
        )

    def _take_row(self, row: RawRow) -> None:
        self._take_formulas(row)
        found = self._found
        if row.last_used(0):
            found.last_row = max(found.last_row, row.number)
        if row.number < self._header_row:
            return
        self._refuse_twice(row)
        found.last_column = row.last_used(found.last_column)
        if row.number == self._header_row:
            found.headers = {cell.column: self._held(cell) for cell in row.cells()}
            return
        key = row.cell(self._key)
        self._note(row.number, self._code(key) if key else "", self._sku_of(row))
        for column in self._read_again:
            cell = row.cell(column)
            if cell:
                self._held(cell)

    @staticmethod
    def _refuse_twice(row: RawRow) -> None:
        """Refuse two cells in one place: nobody knows which of them is read."""
        columns = [cell.column for cell in row.cells()] if not row.tidy else []
        if len(columns) > len(set(columns)):
            raise ValueError("a cell twice")

    def _sku_of(self, row: RawRow) -> Held:
        cell = row.cell(self._sku) if self._sku else None
        return self._code(cell) if cell else ""

    def _note(self, row: int, code: Held, sku: Held = "") -> None:
        if not self._last_noted < row <= LAST_ROW:
            raise ValueError("a row twice, or out of order")
        self._last_noted = row
        expected = self._expected.get(row)
        # A text that equals the code needn't be parsed.
        if expected is not None and (code, sku) == (expected.outer_id, expected.sku or ""):
            self._found.standing[row] = 1
        else:
            self._found.codes[row] = code
            if self._sku:
                self._found.skus[row] = sku

    def _code(self, cell: RawCell) -> Held:
        value = self._held(cell)
        if value is None or isinstance(value, Shared):
            return value
        return self._formats.code_as_shown(value, cell.style)

    def _held(self, cell: RawCell) -> Held:
        value = held(cell, self._sheet.names, self._formats.is_date)
        if isinstance(value, Shared):
            self._found.wanted.add(value)
        return None if value == "" and cell.content else value

    def _take_formulas(self, row: RawRow) -> None:
        if self._sheet.names.any_formula not in row.xml:
            return
        found = self._found
        for cell in row.cells():
            formula = self._sheet.names.formula.search(cell.content)
            if formula:
                found.formulas = True
                found.formulas_written_over |= cell.column in self._written
                range = _several(formula[1])
                if range:
                    found.arrays.append(range)

    def _take_tail(self) -> None:
        views = False
        for _, tag in self._sheet.tail():
            ref = attribute(tag, b"ref").decode()
            if b"customSheetViews" in tag:
                views = True
            elif b"mergeCell" in tag:
                self._found.merges.append(Range.of(ref))
            elif b"autoFilter" in tag and not views:
                # The views that people saved have filters of their own.
                self._found.filter = Range.of(ref)


def _several(formula: bytes) -> Range | None:
    """The cells that a formula of these attributes fills; None: its own only, as with any other formula.

    Excel makes a formula that might fill several cells an array, also where it fills one (18.3.1.40).
    """
    if attribute(formula, b"t") != b"array":
        return None
    range = Range.of(attribute(formula, b"ref").decode())
    return None if (range.left, range.top) == (range.right, range.bottom) else range


def _numbers(layout: Layout, keys: tuple[str, ...]) -> list[int]:
    return [number_of(layout.columns[key].encode()) for key in keys if key in layout.columns]


def _touched(names: ElementPatterns, *columns: int) -> re.Pattern[bytes]:
    """Return the pattern of the addresses of tidy cells in these columns."""
    return re.compile(rb'%b((?:%b)\d+)"' % (re.escape(names.tidy_cell), b"|".join(map(letters, columns))))


@cache
def _cell_beyond(column: int, cell: bytes) -> re.Pattern[bytes]:
    """Return the pattern of a tidy cell to the right of `column`."""
    last = letters(column)
    later = [
        last[:at] + b"[%c-Z]" % (sign + 1) + b"[A-Z]" * (len(last) - at - 1)
        for at, sign in enumerate(last)
        if sign < ord("Z")
    ]
    longer = b"[A-Z]{%d,}" % (len(last) + 1)
    return re.compile(rb"%b(?:%b)\d" % (re.escape(cell), b"|".join((*later, longer))))


def _patterns(names: ElementPatterns, layout: Layout) -> tuple[re.Pattern[bytes], re.Pattern[bytes]]:
    """Return the patterns of a code as most writers write it: row, index or text; and of what stands in the columns
    that are read again: attributes, index."""
    cell, prefix = names.tidy_cell, re.escape(names.prefix)
    key = layout.columns[OUTER_ID].encode()
    others = b"|".join(layout.columns[each].encode() for each in _READ_AGAIN if each in layout.columns)
    shared = rb's"><%bv>(\d+)</%bv>' % (prefix, prefix)
    inline = rb'inlineStr"><%bis><%bt>([^<&_]+)</%bt></%bis>' % ((prefix,) * 4)
    return (
        re.compile(rb'%b%b(\d+)"(?: s="\d+")? t="(?:%b|%b)</%bc>' % (cell, key, shared, inline, prefix)),
        re.compile(rb'%b(?:%b)\d+"([^<>]*)><%bv>(\d+)</%bv>' % (cell, others, prefix, prefix)),
    )
