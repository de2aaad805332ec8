"""Results, item ids and cleared 库存增减 into the staff's own workbook; nothing else in it is touched.

For now with openpyxl, which rewrites the whole file: it keeps values, formulas, styles, comments and drop-downs, but
not the stored results of formulas. A lossless one will take this module's place.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from dataclasses import dataclass, replace
from datetime import datetime
from errno import EACCES
from io import BytesIO
from math import ceil
from pathlib import Path
from typing import NoReturn, cast
from unicodedata import east_asian_width
from zipfile import BadZipFile

from lxml import etree
from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, MergedCell
from openpyxl.cell.rich_text import CellRichText
from openpyxl.styles import Alignment, PatternFill
from openpyxl.utils.cell import column_index_from_string, get_column_letter
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.worksheet import Worksheet

from sync.call import Result, RowResult
from sync.fields import ITEM_ID, OUTER_ID, Column, Field, of_column, of_header, of_path
from sync.messages import Joined, Language, Refusal, say
from sync.sheet.cells import parser, read_cell
from sync.sheet.columns import Layout
from sync.sheet.strings import trim
from sync.sheet.workbook import Raw

_FILLS = {
    Result.DONE: "C6E7C8",
    Result.FAILED: "F6C1BE",
    Result.SKIPPED: "FCE5B0",
    Result.BLOCKED: "FCE5B0",
    Result.UNKNOWN: "DCCBEB",
    Result.INVALID: "F9CFA8",
    Result.NONE: "E4E6E8",
}
_LIKE_FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""What Excel would take for a formula once somebody edits the cell (OWASP, "CSV injection")."""
_HIGHEST_ROW = 409.0
"""Points; Excel's own limit."""
_LINE, _ROUGHLY = 15.0, 1.15
"""Points that a line of text is high, and how much more room letters take than their number says."""
_NOT_FOR_OPENPYXL = (
    BadZipFile,
    InvalidFileException,
    etree.XMLSyntaxError,
    KeyError,
    ValueError,
    TypeError,
    AttributeError,
    IndexError,
)
"""What openpyxl raises on parts of a workbook that it doesn't understand, though calamine could read the values."""


@dataclass(frozen=True)
class Written:
    """Where the results are."""

    path: Path
    backup: Path | None
    """The copy of the staff's file as it was; None with `fallback`."""
    fallback: bool
    """True: the staff's own file could not be written, and `path` is a copy beside it. Its 库存增减 still stand."""
    unplaced: tuple[RowResult, ...] = ()
    """Results whose row isn't in the file any more."""
    standing: tuple[RowResult, ...] = ()
    """Results whose 库存增减 was carried out, and whose cell says something else by now: it wasn't cleared."""


def write_back(
    source: Path, layout: Layout, results: Sequence[RowResult], at: datetime, language: Language
) -> Written:
    """Write each result into its row of `source`, with the time `at` as it stands; the words in `language`.

    A row that moved meanwhile is found again by its code. The file is replaced in one step, after a copy was put
    beside it (DESIGN section 6). If it can't be, as when Excel holds it open, the results go into a copy,
    `NAME.results.xlsx`. Raises `Refusal` when nothing could be written; then every file is as it was.
    """
    source = source.resolve()
    read = _version(source)
    book = _load(source)
    sheet = _sheet(book, source, layout)
    places = _places(sheet, layout, results)
    columns = _with_new_columns(sheet, layout, results)
    targets = {r.row: _Target(sheet, columns, places[r.row]) for r in results if r.row in places}
    standing = tuple(r for r in results if r.row in targets and not _clear_change(targets[r.row], r))
    for result in results:
        if result.row in targets:
            _fill_row(targets[result.row], result, at, language)
    if _version(source) != read:
        # Somebody saved the file while it was being filled in: their work comes first, so begin with theirs.
        return write_back(source, layout, results, at, language)
    unplaced = tuple(result for result in results if result.row not in places)
    return replace(_put(book, source), unplaced=unplaced, standing=standing)


def _version(source: Path) -> tuple[int, int] | None:
    try:
        found = source.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _load(source: Path) -> Workbook:
    try:
        data = source.read_bytes()
    except OSError as error:
        _refuse(error, "sheet.unreadable", source)
    with warnings.catch_warnings():
        # openpyxl tells of what it will drop; staff can do nothing about it.
        warnings.simplefilter("ignore")
        try:
            return load_workbook(BytesIO(data), keep_vba=source.suffix.lower() == ".xlsm", rich_text=True)
        except _NOT_FOR_OPENPYXL as error:
            _refuse(error, "writeback.not_editable", source)


def _refuse(error: Exception, code: str, source: Path, **blanks: object) -> NoReturn:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    raise Refusal(say(code, file=source.name, reason=reason, **blanks)) from error


def _put(book: Workbook, source: Path) -> Written:
    """Put the workbook in `source`'s place, or else beside it."""
    backup = source.with_name(f"{source.stem}.bak{source.suffix}")
    beside = source.with_name(f"{source.stem}.results{source.suffix}")
    try:
        _save(book, source, source, backup)
        return Written(source, backup, fallback=False)
    except OSError:
        try:
            _save(book, beside, source)
            return Written(beside, None, fallback=True)
        except OSError as error:
            _refuse(error, "writeback.nowhere", source, other=beside.name)


def _save(book: Workbook, target: Path, source: Path, backup: Path | None = None) -> None:
    """Write to a file beside `target`, durably, and put it in target's place in one step; raises OSError."""
    # Replacing a file needs only leave to write in its folder: a file that staff locked must stay as it is.
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(target))
    handle, name = tempfile.mkstemp(prefix=f".{target.stem}.", suffix=target.suffix, dir=target.parent)
    try:
        # openpyxl leaves a half-written zip behind when the disk is full; memory is never full half-way.
        whole = BytesIO()
        book.save(whole)
        with os.fdopen(handle, "wb") as file:
            file.write(whole.getbuffer())
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(source, name)
        if backup is not None:
            shutil.copy2(source, backup)
        os.replace(name, target)  # noqa: PTH105 (the one call that is known to be atomic)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise


def _sheet(book: Workbook, source: Path, layout: Layout) -> Worksheet:
    """The worksheet, if its headers still stand where they were read; raises `Refusal` otherwise."""
    if layout.sheet in book.sheetnames:
        sheet = book[layout.sheet]
        if all(_stands(sheet[f"{letter}{layout.header_row}"], key) for key, letter in layout.columns.items()):
            return sheet
    raise Refusal(say("writeback.moved", file=source.name))


def _stands(header: Cell, key: str) -> bool:
    if header.data_type == "f":
        return True  # What a formula says isn't known here.
    field = of_header(trim(str(header.value)))
    return field is not None and key in (field.path, field.column)


def _places(sheet: Worksheet, layout: Layout, results: Sequence[RowResult]) -> dict[int, int]:
    """Find each result's row, row when read → row now: somebody may have sorted the sheet during the run."""
    column = column_index_from_string(layout.columns[OUTER_ID])
    numbers = range(layout.header_row + 1, sheet.max_row + 1)
    codes = {number: _code(sheet.cell(number, column)) for number in numbers}
    rows: dict[str | None, list[int]] = {}
    for number, code in codes.items():
        rows.setdefault(code, []).append(number)
    places: dict[int, int] = {}
    for result in results:
        if codes.get(result.row, "?") in (result.outer_id, None):
            places[result.row] = result.row
        elif result.outer_id and len(rows.get(result.outer_id, [])) == 1:
            places[result.row] = rows[result.outer_id][0]
    return places


def _code(cell: Cell | MergedCell) -> str | None:
    """The row's code as `read_sheet` reads it; None: a formula, whose result openpyxl doesn't tell."""
    if not isinstance(cell, Cell) or cell.value is None:
        return ""
    if cell.data_type == "f":
        return None
    code = _read(cell, of_path(OUTER_ID))
    return "" if code is None else str(code)


def _read(cell: Cell, field: Field) -> object:
    """Read a cell as `read_sheet` does."""
    value = str(cell.value) if isinstance(cell.value, CellRichText) else cell.value
    raw = int(value) if isinstance(value, float) and value.is_integer() else value
    reading = read_cell(cast("Raw", raw), field, parser(field))
    return reading.value if reading else None


def _with_new_columns(sheet: Worksheet, layout: Layout, results: Sequence[RowResult]) -> dict[str, str]:
    """Add the columns that the sheet lacks, to the right of all that it has."""
    wanted = [of_column(column) for column in (Column.RESULT, Column.NOTE, Column.SYNCED_AT)]
    if any(result.item_id for result in results):
        # Without the id the next run could not find the item that this one published.
        wanted.insert(0, of_path(ITEM_ID))
    columns = dict(layout.columns)
    last = layout.last_column
    for field in wanted:
        key = field.path or field.column
        if key not in columns:
            last += 1
            columns[key] = get_column_letter(last)
            _add_header(sheet, layout, columns[key], field)
    return columns


def _add_header(sheet: Worksheet, layout: Layout, letter: str, field: Field) -> None:
    model = sheet[f"{layout.columns[OUTER_ID]}{layout.header_row}"]
    header = sheet[f"{letter}{layout.header_row}"]
    if not isinstance(header, MergedCell):
        header.value = field.words(layout.language)
        header._style = copy(model._style)
    sheet.column_dimensions[letter].width = field.width


@dataclass(frozen=True)
class _Target:
    """A row of the staff's worksheet, to be written by column."""

    sheet: Worksheet
    columns: dict[str, str]
    row: int

    def cell(self, key: str) -> Cell | None:
        """The cell under that column; None: there is none, or a merged range covers it."""
        letter = self.columns.get(key)
        cell = self.sheet.cell(self.row, column_index_from_string(letter)) if letter else None
        return cell if isinstance(cell, Cell) else None

    def put(self, key: str, value: str | datetime, number_format: str, *, wide: bool = True) -> Cell | None:
        """Write a value in the style of its row. Text stays text: neither a formula, nor an error, nor a number."""
        cell = self.cell(key)
        if cell is None:
            return None
        model = self.sheet[f"{self.columns[OUTER_ID]}{self.row}"]
        if not cell.has_style:
            cell.font, cell.border = copy(model.font), copy(model.border)
        cell.alignment = Alignment(
            horizontal="general" if wide else "center", vertical=model.alignment.vertical, wrap_text=wide
        )
        cell.number_format = number_format
        if isinstance(value, str):
            cell.value = ILLEGAL_CHARACTERS_RE.sub("", value) or None
            cell.data_type = "s" if cell.value else "n"
            cell.quotePrefix = value.startswith(_LIKE_FORMULAS)
        else:
            cell.value = value
        return cell

    def make_room(self, text: str, field: Field) -> None:
        """Let a row of a fixed height grow, so that a long note isn't cut off; other rows grow by themselves."""
        row = self.sheet.row_dimensions[self.row]
        if row.height is not None:
            width = self.sheet.column_dimensions[self.columns[field.column]].width or field.width
            lines = ceil(sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text) * _ROUGHLY / width)
            row.height = max(row.height, min(lines * _LINE, _HIGHEST_ROW))


def _clear_change(target: _Target, result: RowResult) -> bool:
    """Clear a 库存增减 that was carried out; False: somebody has typed another one meanwhile, which stays."""
    cell = target.cell(Column.STOCK_CHANGE)
    if result.change_applied is None or cell is None or cell.value is None:
        return True
    if cell.data_type != "f" and _read(cell, of_column(Column.STOCK_CHANGE)) != result.change_applied:
        return False
    cell.value = None
    return True


def _fill_row(target: _Target, result: RowResult, at: datetime, language: Language) -> None:
    known = target.cell(ITEM_ID)
    if result.item_id and (known is None or known.value != result.item_id):
        target.put(ITEM_ID, result.item_id, "@", wide=False)
    word = target.put(Column.RESULT, result.result.words(language), "@", wide=False)
    if word is not None:
        word.fill = PatternFill("solid", start_color=_FILLS[result.result])
    # Chinese sentences end with a sign that has its own space.
    note = Joined(result.story, "" if language == "zh" else " ").words(language)
    target.put(Column.NOTE, note, "@")
    target.make_room(note, of_column(Column.NOTE))
    # Excel knows no time zones: the clock's face is what staff want to see.
    target.put(Column.SYNCED_AT, at.replace(tzinfo=None, microsecond=0), "yyyy-mm-dd hh:mm:ss", wide=False)
