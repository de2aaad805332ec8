"""Results beside a file that can't take them: `.xls`, `.ods` and `.csv` → `NAME.results.xlsx` (DESIGN section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.exceptions import XlsxWriterException  # type: ignore[import-untyped]

from sync.call import RowResult
from sync.errors import Refusal
from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, WRITTEN_BY_TOOL, Column, Field, of_column, of_path
from sync.item import clock_face
from sync.legible import legible_lines
from sync.messages import Language, say, sentences
from sync.sheet.cells import parser, read_cell
from sync.sheet.columns import Layout
from sync.sheet.files.opening import open_workbook
from sync.sheet.files.workbook import Raw
from sync.sheet.state_mark import NAME, Mark
from sync.sheet.table import Table
from sync.sheet.widths import width_of
from sync.sheet.writeback import Written
from sync.sheet.writeback.filling import FILLS
from sync.sheet.writeback.saving import draft, put_beside

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
"""Characters of a worksheet's name, Excel's own limit."""
_FORMATS: Mapping[type, str] = {datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss", timedelta: "[h]:mm:ss", str: "@"}
_WIDTH = 14
_WIDEST = 40
"""Characters of a column of the staff's own."""
_SAMPLE = 100
"""Rows."""


def write_beside(
    source: Path, layout: Layout, results: Sequence[RowResult], language: Language, mark: Mark | None = None
) -> Written:
    """Write the whole worksheet, with each result in its row, into a workbook beside `source`.

    Staff go on with that one. As `write_back` does it clears the 库存增减 that were carried out, and finds a row that
    moved meanwhile by its code; `source` stays as it is. A workbook of that name that is there already, such as last
    week's, is kept as `NAME.results.bak.xlsx`. Raises `Refusal` when nothing could be read or written.
    """
    source = source.resolve()
    target = source.with_name(f"{source.stem}.results.xlsx")
    table = Table.find(open_workbook(source, layout.vocabulary), layout.sheet, layout.vocabulary)
    page = _SheetToBe.of(table, results)
    try:
        with draft(source) as new:
            page.fill(new.file, language, mark)
            new.finish()
            backup = put_beside(new, target)
    except (OSError, XlsxWriterException) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise Refusal(say("writeback.nowhere", file=source.name, other=target.name, reason=reason)) from error
    placed = {result.row for result in page.results.values()}
    unplaced = tuple(result for result in results if result.row not in placed)
    return Written(target, backup, fallback=True, unplaced=unplaced, standing=page.standing)


@dataclass(frozen=True)
class _SheetToBe:
    """The worksheet to be: what the source holds, and what is written over it."""

    table: Table
    results: Mapping[int, RowResult]
    """By the row where each stands now."""
    columns: Mapping[str, int]
    """Path or purpose → column, from 1, with those that the source lacks."""

    @classmethod
    def of(cls, table: Table, results: Sequence[RowResult]) -> _SheetToBe:
        columns = {heading.key: heading.index for heading in table.headings.known}
        last = table.layout.last_column
        for key in (ITEM_ID, *WRITTEN_BY_TOOL):
            if key not in columns:
                last += 1
                columns[key] = last
        return cls(table, _places(table, results), columns)

    def fill(self, file: BinaryIO, language: Language, mark: Mark | None) -> None:
        """Write the workbook."""
        with Workbook(file, {"constant_memory": True}) as book:
            if mark:
                book.set_custom_property(NAME, mark.state)
            sheet = book.add_worksheet(_sheet_name(self.table.layout.sheet))
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
            pens = _Pens(book)
            self._lay_out(sheet)
            for number in range(1, len(self.table.rows) + 1):
                self._fill_row(sheet, number, pens, language)

    def _lay_out(self, sheet: Any) -> None:
        header = self.table.layout.header_row
        sheet.freeze_panes(header, 0)
        # What came as text is to stay text, also where it looks like a number.
        sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
        for key, index in self.columns.items():
            sheet.set_column(index - 1, index - 1, _field(key).width)
        for index in {*range(1, self.table.layout.last_column + 1)} - {*self.columns.values()}:
            sheet.set_column(index - 1, index - 1, self._own_width(index))

    def _own_width(self, index: int) -> int:
        """The width of a column of the staff's own, by what stands in its first rows."""
        texts = (str(row[index - 1]) for row in self.table.rows[:_SAMPLE] if index <= len(row))
        return min(max(map(width_of, texts), default=0) + 2, _WIDEST)

    def _fill_row(self, sheet: Any, number: int, pens: _Pens, language: Language) -> None:
        values: dict[int, Raw] = dict(enumerate(self.table.row(number), start=1))
        result = self.results.get(number)
        if number == self.table.layout.header_row:
            names = {
                self.columns[key]: _field(key).words(self.table.layout.language)
                for key in (ITEM_ID, *WRITTEN_BY_TOOL)
            }
            values = {**names, **{index: text for index, text in values.items() if text != ""}}
        elif result is not None:
            values |= self._outcome(number, result, language)
        for index, value in sorted(values.items()):
            if value == "":
                continue
            pen = pens.header if number == self.table.layout.header_row else pens.of(value)
            if result is not None and index == self.columns[Column.RESULT]:
                pen = pens.outcome(result)
            _write(sheet, number - 1, index - 1, value, pen)

    @property
    def standing(self) -> tuple[RowResult, ...]:
        """Results whose 库存增减 was carried out, and whose cell says something else by now."""
        moved = {number: result for number, result in self.results.items() if result.change_applied is not None}
        return tuple(
            result for number, result in moved.items() if self._change(number) not in (None, result.change_applied)
        )

    def _change(self, number: int) -> object:
        """What stands under 库存增减 in that row."""
        heading = self.table.heading(Column.STOCK_CHANGE)
        if heading is None:
            return None
        reading = read_cell(self.table.row(number)[heading.index - 1], heading.field, parser(heading.field))
        return reading.value if reading else None

    def _outcome(self, number: int, result: RowResult, language: Language) -> Mapping[int, Raw]:
        written: dict[str, Raw] = {
            Column.RESULT: result.result.words(language),
            Column.NOTE: legible_lines(sentences(result.story, language).words(language)),
        }
        unread = self._change(number) not in (None, result.read_change)
        if not (result.keeps_stamp or unread):
            written[Column.SYNCED_AT] = clock_face(result.at) if result.at else ""
        if result.item_id:
            written[ITEM_ID] = result.item_id
        if self._change(number) == result.change_applied is not None:
            written[Column.STOCK_CHANGE] = ""
            if result.count and INVENTORY in self.columns:
                written[INVENTORY] = result.count.now
        return {self.columns[key]: value for key, value in written.items()}


@dataclass
class _Pens:
    """The formats of the cells, each made once."""

    book: Any

    def __post_init__(self) -> None:
        self.header = self.book.add_format({"bold": True, "text_wrap": True, "num_format": "@"})
        self._by_type = {kind: self.book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
        self._fills = {result: self.book.add_format({"bg_color": f"#{fill}"}) for result, fill in FILLS.items()}

    def of(self, value: Raw) -> Any:
        """The format of a value of that kind; None: Excel's usual one."""
        return self._by_type.get(type(value))

    def outcome(self, result: RowResult) -> Any:
        """The colour of a result."""
        return self._fills[result.result]


def _places(table: Table, results: Sequence[RowResult]) -> Mapping[int, RowResult]:
    """Find the row of each result: where it was read, or else the one that has its code now."""
    codes = _codes(table)
    rows: dict[str, list[int]] = {}
    for number, code in codes.items():
        rows.setdefault(code, []).append(number)
    places: dict[int, RowResult] = {}
    for result in results:
        if codes.get(result.row) == result.outer_id:
            places[result.row] = result
        elif result.outer_id and len(rows.get(result.outer_id, [])) == 1:
            places[rows[result.outer_id][0]] = result
    return places


def _codes(table: Table) -> Mapping[int, str]:
    """The code of every row below the headers, as `read_sheet` reads it."""
    key = next(heading for heading in table.headings.known if heading.key == OUTER_ID)
    parse = parser(key.field)
    codes: dict[int, str] = {}
    for number, row in enumerate(table.rows, start=1):
        reading = read_cell(row[key.index - 1], key.field, parse)
        if number > table.layout.header_row:
            codes[number] = str(reading.value or "") if reading else ""
    return codes


def _write(sheet: Any, row: int, column: int, value: Raw, pen: Any) -> None:
    """Text is never a formula, a link or a number (DESIGN section 3)."""
    match value:
        case str():
            sheet.write_string(row, column, value, pen)
        case bool():
            sheet.write_boolean(row, column, value, pen)
        case int() | float():
            sheet.write_number(row, column, value, pen)
        case _:
            sheet.write_datetime(row, column, value, pen)


def _field(key: str) -> Field:
    return of_column(Column(key)) if key in set(Column) else of_path(key)


def _sheet_name(name: str) -> str:
    return _NOT_IN_NAMES.sub(" ", name)[:_LONGEST_NAME].strip("' ") or "Sheet1"
