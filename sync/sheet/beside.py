"""Results beside a file that can't take them: `.xls`, `.ods` and `.csv` → `NAME.results.xlsx`
(docs/reference/sheet.md#formats).

The worksheet is copied into a plain workbook, and the results are written back into that as into any other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.call import RowResult
from sync.errors import Refusal
from sync.messages import Language, say
from sync.sheet.columns import Layout
from sync.sheet.files.opening import open_workbook
from sync.sheet.making.page import put_value
from sync.sheet.state_mark import Mark
from sync.sheet.table import Table
from sync.sheet.writeback import Written
from sync.sheet.writeback.results import Wanted, fill
from sync.sheet.writeback.row_matching import NoRoom
from sync.sheet.writeback.saving import draft, put_beside
from sync.workbooks import filling, width_of

_NOT_IN_NAMES = re.compile(r"[\[\]:*?/\\]")
_LONGEST_NAME = 31
"""Characters of a worksheet's name, Excel's own limit."""
_FORMATS: Mapping[type, str] = {datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss", timedelta: "[h]:mm:ss", str: "@"}
_WIDEST = 40
"""Characters of a column of the staff's own."""
_SAMPLE = 100
"""Rows by which the width of a column is chosen."""


def write_beside(
    source: Path, layout: Layout, results: Sequence[RowResult], language: Language, mark: Mark | None = None
) -> Written:
    """Write the whole worksheet, with each result in its row, into a workbook beside `source`.

    Staff go on with that one; `source` stays as it is. All else is as `write_back` does it. A workbook of that name
    that is there already, such as last week's, is kept as `NAME.results.bak.xlsx`. Raises `Refusal` when nothing
    could be read or written.
    """
    source = source.resolve()
    target = source.with_name(f"{source.stem}.results.xlsx")
    table = Table.find(open_workbook(source, layout.vocabulary), layout.sheet, layout.vocabulary)
    name = _sheet_name(table.layout.sheet)
    copy = BytesIO()
    try:
        with filling(copy, {"constant_memory": True}) as book:
            _copy(table, book, name)
        with draft(source) as new:
            filled = fill(copy, new.file, Wanted(table.layout._replace(sheet=name), results, language, mark))
            new.finish()
            backup = put_beside(new, target)
    except (OSError, NoRoom) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        raise Refusal(say("writeback.nowhere", file=source.name, other=target.name, reason=reason)) from error
    return Written(target, backup, fallback=True, unplaced=filled.unplaced, standing=tuple(filled.standing))


def _copy(table: Table, book: Workbook, name: str) -> None:
    """Copy the values of the table's worksheet into a new one of `book`."""
    header = table.layout.header_row
    sheet = book.add_worksheet(name)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.freeze_panes(header, 0)
    # What came as text is to stay text, also where it looks like a number.
    sheet.ignore_errors({"number_stored_as_text": "A1:XFD1048576"})
    for index, width in _widths(table):
        sheet.set_column(index - 1, index - 1, width)
    bold = book.add_format({"bold": True, "text_wrap": True, "num_format": "@"})
    formats = {kind: book.add_format({"num_format": code}) for kind, code in _FORMATS.items()}
    for number, row in enumerate(table.rows, start=1):
        for column, value in enumerate(row):
            if value != "":
                put_value(sheet, number - 1, column, value, bold if number == header else formats.get(type(value)))


def _widths(table: Table) -> Iterator[tuple[int, int]]:
    """Yield each column, from 1, with its width: of the staff's own by what stands in their first rows."""
    known = {heading.index: heading.field.width for heading in table.headings.known}
    for index in range(1, table.layout.last_column + 1):
        texts = (str(row[index - 1]) for row in table.rows[:_SAMPLE] if index <= len(row))
        yield index, known.get(index) or min(max(map(width_of, texts), default=0) + 2, _WIDEST)


def _sheet_name(name: str) -> str:
    return _NOT_IN_NAMES.sub(" ", name)[:_LONGEST_NAME].strip("' ") or "Sheet1"
