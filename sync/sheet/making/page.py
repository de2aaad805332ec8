"""What the worksheets have in common that are made here: colours, headers with notes, checks, paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from math import ceil
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.messages import Language, say
from sync.workbooks import width_of

REQUIRED_FILL, PLAIN_FILL, TOOL_FILL = "#1F4E79", "#5B87B0", "#8A8F98"
EXAMPLE_INK, TWICE_FILL, WHITE = "#8A8F98", "#F6C1BE", "#FFFFFF"
PRICE_CHECK: Mapping[str, object] = {
    "validate": "decimal",
    "criteria": "between",
    "minimum": 0.01,
    "maximum": 100_000_000,
}
COUNT_CHECK: Mapping[str, object] = {"validate": "integer", "criteria": ">=", "value": 0}
_A4 = 9


def put_header(book: Workbook, sheet: Any, column: int, text: str, *, fill: str, note: str, note_height: int) -> None:
    """Write the header of a column, from 0, on a ground of that colour; `note` pops up beside it."""
    look = {"bold": True, "font_color": WHITE, "align": "center", "valign": "vcenter", "text_wrap": True}
    style = book.add_format({**look, "bg_color": fill, "right": 1, "right_color": WHITE})
    sheet.write_string(0, column, text, style)
    if note:
        size = {"width": 330, "height": note_height, "font_size": 9, "font_family": 2}
        sheet.write_comment(0, column, note, {"author": "itemsync", **size})


def put_check(sheet: Any, cells: str, code: str, rule: Mapping[str, object], language: Language) -> None:
    """Refuse in `cells` what breaks the `rule`, with the message `code`; a list is offered as a drop-down."""
    messages = {"error_title": say("template.check"), "error_message": say(code)}
    texts = {name: message.words(language) for name, message in messages.items()}
    sheet.data_validation(cells, {**rule, **texts})


def put_value(sheet: Any, row: int, column: int, value: object, style: Any) -> None:
    """Write a value, or nothing for None; a text is never a formula, a link or a number
    (docs/reference/sheet.md#cells)."""
    match value:
        case str():
            sheet.write_string(row, column, value, style)
        case bool():
            sheet.write_boolean(row, column, value, style)
        case int() | float():
            sheet.write_number(row, column, value, style)
        case datetime() | time() | timedelta():
            sheet.write_datetime(row, column, value, style)


def print_wide(sheet: Any) -> None:
    """Print it across A4 sheets of one page's width, under its headers."""
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def lines_needed(text: str, width: int) -> int:
    """Return how many lines a text takes in a column of so many characters; not every program works it out itself."""
    return max(1, ceil(width_of(text) / width))
