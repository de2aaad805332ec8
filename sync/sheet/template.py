"""A fresh workbook with drop-downs, notes and formats, so that most traps of DESIGN section 3 are out of the way."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from pathlib import Path

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sync.fields import (
    CATEGORY,
    FIELDS,
    INVENTORY,
    ITEM_ID,
    OUTER_ID,
    PRICE,
    STATUS,
    Column,
    Field,
    category_table,
)
from sync.item import Status
from sync.messages import Language, say

_COLUMNS = tuple(field for field in FIELDS if field.path != CATEGORY)
"""Two category columns rather than the combined one: only two can have drop-downs that depend on each other."""
_CATEGORY = (Column.CATEGORY_1, Column.CATEGORY_2)
_BY_TOOL = (Column.RESULT, Column.NOTE, Column.SYNCED_AT)
_LAST_ROW = 5000
"""How far down the drop-downs and checks reach; formats reach to the end."""
_CREATED = datetime(2026, 1, 1)
"""Fixed, so that the same code makes the same file; only the time of saving differs."""

_REQUIRED_FILL, _PLAIN_FILL, _TOOL_FILL = "1F4E79", "5B87B0", "8A8F98"
_FORMATS = {
    OUTER_ID: "@",
    ITEM_ID: "@",
    "_sys@title": "@",
    PRICE: "0.00",
    INVENTORY: "0",
    Column.STOCK_CHANGE: "+0;-0;0",
    Column.LIST_AT: "yyyy-mm-dd hh:mm",
    Column.DELIST_AT: "yyyy-mm-dd hh:mm",
    Column.NOTE: "@",
    Column.SYNCED_AT: "yyyy-mm-dd hh:mm",
}
"""By path, or by what the column is for. Text keeps the zeros and digits of codes and ids."""


def write_template(out: Path, language: Language) -> None:
    """Write a blank workbook to `out`; headers in `language`, their notes in both. Raises `OSError`."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = say("template.sheet").words(language)
    names = book.create_sheet(say("template.categories").words(language))
    names.sheet_state = "hidden"
    _fill_categories(names)
    for index, field in enumerate(_COLUMNS, start=1):
        _fill_column(sheet, index, field, language)
    _restrict(sheet, names.title, language)
    _lay_out_pages(sheet)
    book.properties.created = _CREATED
    book.properties.creator = "itemsync"
    book.save(out)


def _fill_column(sheet: Worksheet, index: int, field: Field, language: Language) -> None:
    column = sheet.column_dimensions[get_column_letter(index)]
    column.width = field.width
    column.number_format = _FORMATS.get(field.path or field.column, "General")
    column.alignment = Alignment(vertical="top", wrap_text=field.column is Column.NOTE)
    header = sheet.cell(row=1, column=index, value=field.words(language))
    header.font = Font(bold=True, color="FFFFFF")
    header.fill = PatternFill("solid", start_color=_fill(field))
    header.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    header.border = Border(right=Side("thin", color="FFFFFF"))
    header.comment = _note(field)


def _fill(field: Field) -> str:
    if _by_tool(field):
        return _TOOL_FILL
    return _REQUIRED_FILL if _required(field) else _PLAIN_FILL


def _required(field: Field) -> bool:
    return field.required_to_publish or field.column in _CATEGORY


def _by_tool(field: Field) -> bool:
    return field.path == ITEM_ID or field.column in _BY_TOOL


def _note(field: Field) -> Comment:
    """What the column is for, in both languages: one shop's staff may read either."""
    lines: list[str] = []
    languages: Sequence[Language] = ("zh", "en")
    for language in languages:
        marks = [say("template.required")] if _required(field) else []
        marks += [say("template.by_tool")] if _by_tool(field) else []
        text = say(f"help.{field.en.replace(' ', '_')}")
        lines.append(" ".join([*(mark.words(language) for mark in marks), text.words(language)]))
    return Comment("\n".join(lines), "itemsync", width=320, height=130)


def _fill_categories(names: Worksheet) -> None:
    """All pairs in columns A and B, each first name once in D: what the drop-downs look into."""
    pairs = category_table()
    for row, (one, two) in enumerate(pairs, start=1):
        names.cell(row=row, column=1, value=one)
        names.cell(row=row, column=2, value=two)
    for row, (one, _) in enumerate(groupby(pairs, key=lambda pair: pair[0]), start=1):
        names.cell(row=row, column=4, value=one)


def _restrict(sheet: Worksheet, names: str, language: Language) -> None:
    """Put drop-downs and checks on the columns; what is refused says why."""
    letters = {field.path or field.column: get_column_letter(at) for at, field in enumerate(_COLUMNS, start=1)}
    one = letters[Column.CATEGORY_1]
    tops = len({pair[0] for pair in category_table()})
    # OFFSET and MATCH rather than named ranges: names such as 4S店 are no valid range names, and WPS and
    # LibreOffice understand these as well.
    first, all_first = f"'{names}'!$B$1", f"'{names}'!$A:$A"
    second = f"OFFSET({first},MATCH(${one}2,{all_first},0)-1,0,COUNTIF({all_first},${one}2),1)"
    status = ",".join(status.words(language) for status in (Status.ACTIVE, Status.INACTIVE, Status.DELETED))
    checks: dict[str, tuple[DataValidation, str]] = {
        Column.CATEGORY_1: (DataValidation("list", f"'{names}'!$D$1:$D${tops}"), "template.choose"),
        Column.CATEGORY_2: (DataValidation("list", second), "template.choose"),
        PRICE: (DataValidation("decimal", "0.01", "100000000", operator="between"), "template.price"),
        INVENTORY: (DataValidation("whole", "0", operator="greaterThanOrEqual"), "template.inventory"),
        Column.STOCK_CHANGE: (
            DataValidation("whole", "-2147483647", "2147483647", operator="between"),
            "template.inventory_change",
        ),
        STATUS: (DataValidation("list", f'"{status}"'), "template.choose"),
    }
    for key, (check, code) in checks.items():
        check.errorTitle = say("template.check").words(language)
        check.error = say(code).words(language)
        check.showErrorMessage, check.allow_blank = True, True
        check.add(f"{letters[key]}2:{letters[key]}{_LAST_ROW}")
        sheet.add_data_validation(check)


def _lay_out_pages(sheet: Worksheet) -> None:
    sheet.row_dimensions[1].height = 30
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
