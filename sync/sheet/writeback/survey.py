"""The first of two readings of the worksheet as it is now: where everything stands.

Somebody may have sorted the sheet, or added to it, since its rows were read.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from itertools import chain
from operator import lt

from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, WRITTEN_BY_TOOL, Column
from sync.sheet.columns import Layout
from sync.sheet.files.addresses import Range
from sync.sheet.files.workbook import Raw
from sync.sheet.writeback.addresses import LAST_ROW, attribute, number_of, row_of
from sync.sheet.writeback.contents import Shared, held
from sync.sheet.writeback.expected import NO_ROWS, Expected
from sync.sheet.writeback.formats import Formats
from sync.sheet.writeback.plain_rows import PlainRows, plain_rows
from sync.sheet.writeback.worksheet import RawCell, RawRow, RowBlock, Worksheet

_READ_AGAIN = (ITEM_ID, Column.STOCK_CHANGE, INVENTORY)
_WRITTEN = (*_READ_AGAIN, *WRITTEN_BY_TOOL)

Held = Raw | Shared | None
"""None: a formula that nobody has calculated yet."""


class Survey:
    """What was found. Texts that the workbook keeps in its table of shared strings are looked up later."""

    def __init__(self, last_column: int = 0) -> None:
        self.standing = bytearray(LAST_ROW + 1)
        """1 for each row whose code is plainly the expected one."""
        self.shared: list[tuple[Sequence[int], Sequence[int]]] = []
        """Many rows at a time whose codes are shared strings, and the indexes of these."""
        self.codes: dict[int, Held] = {}
        """What the key column holds in all other rows below the headers."""
        self.skus: dict[int, Held] = {}
        """What SKU编码 holds in these rows, where the sheet has that column."""
        self.headers: dict[int, Held] = {}
        """What the row of headers holds, by column."""
        self.last_column = last_column
        """The last column, from 1, with anything in it at or below the headers."""
        self.last_row = 0
        """The last row with anything in it."""
        self.wanted: set[int] = set()
        """The indexes of the shared strings to look up."""
        self.merges: list[Range] = []
        self.arrays: list[Range] = []
        """Formulas that fill several cells."""
        self.filter: Range | None = None
        """The sheet's autofilter."""
        self.sorting: list[tuple[bytes, bytes]] = []
        """The tags behind the rows that tell of filters and sorting, each with nothing before it."""
        self.formulas = False
        """Whether the sheet has formulas."""
        self.formulas_written_over = False
        """Whether one of them may be in a cell that is written or cleared."""

    def stand(self, rows: Sequence[int]) -> None:
        """Take note that each of these rows, in their order, has the expected code."""
        if rows[-1] - rows[0] == len(rows) - 1:
            self.standing[rows[0] : rows[-1] + 1] = b"\1" * len(rows)
            return
        for row in rows:
            self.standing[row] = 1


class Surveyor:
    """Reads the worksheet through, once."""

    def __init__(
        self,
        sheet: Worksheet,
        layout: Layout,
        formats: Formats,
        expected: Expected = NO_ROWS,
    ) -> None:
        """`formats`: the workbook's; `expected`: the rows that results belong to."""
        self._sheet = sheet
        self._expected = expected
        self._header_row = layout.header_row
        self._formats = formats
        self._key = number_of(layout.columns[OUTER_ID].encode())
        self._sku = next(iter(_numbers(layout, (Column.SKU,))), None)
        self._read_again = _numbers(layout, _READ_AGAIN)
        self._written = _numbers(layout, _WRITTEN)
        self._last_noted = 0
        self._found = Survey(last_column=layout.last_column)

    def survey(self) -> Survey:
        """Return what was found; raises ValueError for what no worksheet has."""
        for piece in self._sheet.pieces(self._take_plain):
            if isinstance(piece, RawRow):
                self._take_row(piece)
            elif isinstance(piece, RowBlock) and not piece.blank:
                self._take_tidy(piece)
        self._take_tail()
        return self._found

    def _take_plain(self, xml: bytes) -> int:
        """Take in many rows at once, if all are plain, and return the last one's number.

        0: they aren't, or they aren't below the headers, or something is wrong with their numbers.
        """
        found = self._found
        if self._sku or not found.headers:
            return 0
        rows = plain_rows(xml, self._sheet.names, self._key, self._read_again, found.last_column)
        if rows is None or not self._follow(rows.numbers):
            return 0
        found.last_row = max(found.last_row, rows.numbers[-1])
        self._last_noted = rows.numbers[-1]
        found.wanted.update(map(int, chain(filter(None, rows.indexes), rows.others)))
        if all(rows.indexes):
            found.shared.append((array("L", rows.numbers), array("L", map(int, rows.indexes))))
        else:
            self._note_plain(rows)
        return self._last_noted

    def _follow(self, numbers: Sequence[int]) -> bool:
        """Whether rows of these numbers may come next."""
        in_order = all(map(lt, numbers, numbers[1:]))
        return in_order and max(self._header_row, self._last_noted) < numbers[0] and numbers[-1] <= LAST_ROW

    def _note_plain(self, rows: PlainRows) -> None:
        # `<` stands in no text.
        texts = b"<".join(rows.texts).decode().split("<")
        mixed = zip(rows.indexes, texts, strict=True)
        codes = [Shared(index) if index else text for index, text in mixed] if any(rows.indexes) else texts
        if self._expected.are(rows.numbers, codes):
            self._found.stand(rows.numbers)
            return
        for number, code in zip(rows.numbers, codes, strict=True):
            self._place(number, code, "")

    def _take_tidy(self, block: RowBlock) -> None:
        cells = self._sheet.names.address.findall(block.xml)
        if len(cells) > len(set(cells)):
            raise ValueError("a cell twice")
        for row in block.rows():
            self._take_row(row)

    def _take_row(self, row: RawRow) -> None:
        self._take_formulas(row)
        found = self._found
        if row.last_used(0):
            found.last_row = max(found.last_row, row.number)
        self._refuse_disorder(row.number)
        if row.number < self._header_row:
            return
        self._last_noted = row.number
        self._refuse_misplaced(row)
        found.last_column = row.last_used(found.last_column)
        if row.number == self._header_row:
            found.headers = {cell.column: self._held(cell) for cell in row.cells()}
            return
        key = row.cell(self._key)
        self._place(row.number, self._code(key) if key else "", self._sku_of(row))
        for column in self._read_again:
            cell = row.cell(column)
            if cell:
                self._held(cell)

    def _refuse_disorder(self, row: int) -> None:
        """Refuse a row that stands behind a later one, be it that of the headers."""
        if not self._last_noted < row <= LAST_ROW:
            raise ValueError("a row twice, or out of order")

    @staticmethod
    def _refuse_misplaced(row: RawRow) -> None:
        """Refuse two cells in one place, and one of another row: nobody knows which of them is read."""
        cells = () if row.tidy else row.cells()
        if len(cells) > len({cell.column for cell in cells}):
            raise ValueError("a cell twice")
        if any(ref and row_of(ref) != row.number for ref in (attribute(cell.attributes, b"r") for cell in cells)):
            raise ValueError("a cell of another row")

    def _sku_of(self, row: RawRow) -> Held:
        cell = row.cell(self._sku) if self._sku else None
        return self._code(cell) if cell else ""

    def _place(self, row: int, code: Held, sku: Held) -> None:
        # A text that equals the code needn't be parsed.
        if self._expected.has(row, code, sku):
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
            if b"mergeCell" in tag:
                self._found.merges.append(Range.of(ref))
            elif tag:
                self._found.sorting.append((b"", tag))
            views = views or b"customSheetViews" in tag
            if b"autoFilter" in tag and not views:
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
