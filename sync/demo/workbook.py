"""The sheets as workbooks, dressed as a merchandiser dresses them: a title, colours, a hidden row, own columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import Literal, NamedTuple

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from sync.demo import week

SHOP_NAME = "云朵生活馆"
SHEET_NAME = "商品表"
LEGEND = "橙底=爆款，绿底=本周新品"

TITLE_ROW, HEADER_ROW, FIRST_ROW = 1, 2, 3

HOT = ("MJ-001", "KF-002", "TP-002", "HG-003", "00101")
"""The items that everyone asks for, coloured by hand."""
HIDDEN = ("KF-005",)
"""Out of season, and so put out of sight. A hidden row still counts (docs/reference/sheet.md#traps)."""


class ColumnStyle(NamedTuple):
    """How a column is dressed."""

    width: int
    """Characters."""
    align: Literal["left", "center", "right"] = "center"
    number_format: str = "General"


LOOKS: Mapping[str, ColumnStyle] = {
    # Codes and ids as text, or Excel would eat their zeros.
    week.CODE: ColumnStyle(12, "left", "@"),
    week.ITEM_ID: ColumnStyle(17, number_format="@"),
    week.TITLE: ColumnStyle(31, "left"),
    week.CATEGORY_1: ColumnStyle(11),
    week.CATEGORY_2: ColumnStyle(20),
    week.PRICE: ColumnStyle(11, "right", "#,##0.00"),
    week.STOCK: ColumnStyle(8, "right", "0"),
    week.STOCK_CHANGE: ColumnStyle(11, "right", "+0;-0;0"),
    week.STATUS: ColumnStyle(11),
    week.OF_BRAND: ColumnStyle(14),
    week.FOR_PEOPLE: ColumnStyle(17),
    week.STORY: ColumnStyle(30, "left"),
    week.KEEPER: ColumnStyle(9),
}
OWN = (week.STORY, week.KEEPER)

LINE_HEIGHT = 20
"""Points."""
FONT = "微软雅黑"

INK, PALE_INK, TEAL, GREY = "FF262626", "FF595959", "FF1F6F78", "FF8A8F98"
WHITE, ORANGE, GREEN, LINE_GREY = "FFFFFFFF", "FFFFE4C4", "FFE3F4E1", "FFD9D9D9"


def write_last_week(path: Path) -> None:
    """Write last week's sheet to `path`, an `.xlsx`."""
    write_lines(path, f"{SHOP_NAME} · 2026年第46周商品表", week.last_week())


def write_this_week(path: Path) -> None:
    """Write this week's sheet to `path`, an `.xlsx`."""
    write_lines(path, f"{SHOP_NAME} · 2026年第47周商品表", week.this_week())


def write_lines(path: Path, title: str, lines: Sequence[week.Line]) -> None:
    """Write rows to `path`, an `.xlsx`, under a title."""
    book = Workbook()
    book.properties.creator = SHOP_NAME
    sheet = book.worksheets[0]
    sheet.title = SHEET_NAME
    _write_title(sheet, title)
    _write_headers(sheet)
    for number, line in enumerate(lines, start=FIRST_ROW):
        _write_line(sheet, number, line)
    _lay_out(sheet)
    book.save(path)


def _write_title(sheet: Worksheet, title: str) -> None:
    name = sheet.cell(TITLE_ROW, 1, title)
    name.font = Font(FONT, size=16, bold=True, color=TEAL)
    name.alignment = Alignment(vertical="center")
    legend = sheet.cell(TITLE_ROW, _column(week.STORY), LEGEND)
    legend.font = Font(FONT, size=9, color=PALE_INK)
    legend.alignment = Alignment(vertical="center")
    sheet.row_dimensions[TITLE_ROW].height = 34


def _write_headers(sheet: Worksheet) -> None:
    for column, header in enumerate(week.HEADERS, start=1):
        cell = sheet.cell(HEADER_ROW, column, header)
        cell.font = Font(FONT, size=10, bold=True, color=WHITE)
        cell.fill = PatternFill("solid", GREY if header in OWN else TEAL)
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        cell.border = _border()
    sheet.row_dimensions[HEADER_ROW].height = 26


def _write_line(sheet: Worksheet, number: int, line: week.Line) -> None:
    colour = _colour(line)
    for column, header in enumerate(week.HEADERS, start=1):
        look = LOOKS[header]
        # None, not an empty text: an empty text would be a filled cell.
        cell = sheet.cell(number, column, None if line[header] == week.EMPTY else line[header])
        cell.font = Font(FONT, size=10, color=PALE_INK if header in OWN else INK)
        indent = 1 if look.align == "left" else 0
        wrap = header == week.STORY
        cell.alignment = Alignment(horizontal=look.align, vertical="center", wrap_text=wrap, indent=indent)
        cell.border = _border()
        cell.number_format = look.number_format
        if colour:
            cell.fill = PatternFill("solid", colour)
    sheet.row_dimensions[number].height = LINE_HEIGHT * _lines_of_story(line)
    sheet.row_dimensions[number].hidden = line[week.CODE] in HIDDEN


def _colour(line: week.Line) -> str | None:
    if line[week.CODE] in HOT:
        return ORANGE
    return GREEN if line[week.CODE] in {row.code for row in week.NEW_ROWS} else None


def _column(header: str) -> int:
    return week.HEADERS.index(header) + 1


def _lines_of_story(line: week.Line) -> int:
    # A Chinese character is as wide as two of the letters that Excel counts a column's width in.
    return max(1, ceil(2 * len(str(line[week.STORY])) / LOOKS[week.STORY].width))


def _border() -> Border:
    line = Side("thin", LINE_GREY)
    return Border(left=line, right=line, top=line, bottom=line)


def _lay_out(sheet: Worksheet) -> None:
    for column, header in enumerate(week.HEADERS, start=1):
        sheet.column_dimensions[get_column_letter(column)].width = LOOKS[header].width
    # The titles and the column that says which item this is stay in sight.
    sheet.freeze_panes = f"{get_column_letter(_column(week.TITLE) + 1)}{FIRST_ROW}"
    sheet.auto_filter.ref = f"A{HEADER_ROW}:{get_column_letter(len(week.HEADERS))}{sheet.max_row}"
    sheet.sheet_view.showGridLines = False
    sheet.sheet_view.zoomScale = 90
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.print_title_rows = f"{TITLE_ROW}:{HEADER_ROW}"
