"""The form that `template` and `pull` fill: headers with notes, formats, drop-downs, checks, colours, print setup.

It keeps staff out of most of Excel's traps (docs/reference/sheet.md#traps): codes are text, a price that can't be is
refused with the reason, a code that stands twice turns red while it is typed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]
from xlsxwriter.utility import xl_col_to_name  # type: ignore[import-untyped]

from sync.fields import (
    CATEGORY,
    FIELDS,
    HIGHEST_COUNT,
    INVENTORY,
    ITEM_ID,
    OUTER_ID,
    PRICE,
    SKU_FIELD,
    STATUS,
    WRITTEN_BY_TOOL,
    Column,
    Field,
    ValueKind,
    of_column,
)
from sync.item import Row, Status, yuan
from sync.messages import LANGUAGES, Language, say
from sync.sheet.examples import examples
from sync.sheet.making import page
from sync.sheet.typed import Typed, typed
from sync.synonyms import key_of

_PLAIN_COLUMNS = tuple(field for field in FIELDS if field.path != CATEGORY)
"""Two category columns rather than the combined one: only two can have drop-downs that depend on each other."""
_CATEGORY = (Column.CATEGORY_1, Column.CATEGORY_2)
_CHECKED_ROWS = 5000
"""Rows that the drop-downs and checks reach over in a blank sheet; formats reach to the end."""
_CREATED = datetime(2026, 1, 1)
"""Fixed, so that the same code makes the same file."""
_ROW, _LINE = 18, 15.5
"""Points that a row is high, and each line in a row of several."""

WINDOW = (Column.WINDOW_PRICE, Column.WINDOW_START, Column.WINDOW_END)
"""A campaign's price, and from when to when."""
_MOMENTS = (Column.LIST_AT, Column.DELIST_AT, Column.WINDOW_START, Column.WINDOW_END)
_RED = "#9C0006"
_FORMATS: Mapping[str, str] = {
    PRICE: "0.00",
    INVENTORY: "0",
    Column.STOCK_CHANGE: "+0;-0;0",
    STATUS: "General",
    **dict.fromkeys(_CATEGORY, "General"),
    Column.WINDOW_PRICE: "0.00",
    **dict.fromkeys((*_MOMENTS, Column.SYNCED_AT), "yyyy-mm-dd hh:mm"),
}
"""By path, or by what the column is for. All else is text, which keeps the zeros and digits of codes and ids."""


def by_tool(field: Field) -> bool:
    """Tell whether staff leave this column alone."""
    return field.path == ITEM_ID or field.column in WRITTEN_BY_TOOL


def says_what_is_held(field: Field) -> bool:
    """Tell whether the column's cells say which item the row is, or what that holds."""
    return field.path is not None or field.column in _CATEGORY or field is SKU_FIELD


def required(field: Field) -> bool:
    """Tell whether a new item needs this column."""
    return field.required_to_publish or field.column in _CATEGORY


def columns_with(extra: Sequence[Field] = (), *, skus: bool = False) -> tuple[Field, ...]:
    """Return the form's columns: the usual ones, with `extra` (自定义, 系统) before those that the tool writes.

    `skus`: rows may be SKUs', each by its own code behind its listing's.
    """
    key, *ours = [field for field in _PLAIN_COLUMNS if field.column not in WRITTEN_BY_TOOL]
    ours = [key, *([SKU_FIELD] if skus else []), *ours]
    return (*ours, *extra, *(field for field in _PLAIN_COLUMNS if field.column in WRITTEN_BY_TOOL))


def describe(book: Workbook) -> None:
    """Name the maker; the time is fixed, so that a test can compare whole files."""
    book.set_properties({"author": "itemsync", "created": _CREATED})


def typed_cells(row: Row, language: Language) -> dict[str, Typed | datetime | None]:
    """Return what stands in the cells of a row, by path or purpose of the column; None: nothing."""
    values: dict[str, Typed | datetime | None] = {
        key: typed(key, value, language) for key, value in row.cells.items() if key != CATEGORY
    }
    if isinstance(category := row.cells.get(CATEGORY), tuple):
        values |= dict(zip(_CATEGORY, category, strict=True))
    other: dict[str, Typed | datetime | None] = {Column.STOCK_CHANGE: row.stock_change, Column.SKU: row.sku}
    if row.window:
        price = float(yuan(row.window.price))
        other |= dict(zip(WINDOW, (price, row.window.start, row.window.end), strict=True))
    return {**values, OUTER_ID: row.outer_id, ITEM_ID: row.item_id, **other}


class Form:
    """A worksheet in the template's form, to be filled row by row, from the top."""

    def __init__(
        self,
        book: Workbook,
        language: Language,
        categories: Collection[tuple[str, str]],
        extra: Sequence[Field] = (),
        rows: int = 0,
        *,
        skus: bool = False,
    ) -> None:
        """Begin it in `book`; `categories` are offered in the drop-downs, `rows` are going to be filled."""
        self._book = book
        self._language = language
        self.columns = columns_with(extra, skus=skus)
        self.sheet = book.add_worksheet(say("template.sheet").words(language))
        self._letters = {key_of(field): xl_col_to_name(at) for at, field in enumerate(self.columns)}
        self._last = max(_CHECKED_ROWS, rows + 1)
        self._styles = {key_of(field): self._style(field) for field in self.columns}
        for at, field in enumerate(self.columns):
            self.sheet.set_column(at, at, field.width, self._styles[key_of(field)])
        self._lay_out(rows)
        self._check_cells(categories)
        self._colour_rows()

    def write(self, row: Row, note: str = "") -> None:
        """Write a row of items under the headers; a path without a value leaves its cell empty."""
        at = row.number - 1
        if note:
            self.sheet.set_row(at, max(_ROW, _LINE * page.lines_needed(note, of_column(Column.NOTE).width)))
        values = typed_cells(row, self._language)
        for index, field in enumerate(self.columns):
            page.put_value(self.sheet, at, index, values.get(key_of(field)), self._styles[key_of(field)])
            if note and field.column is Column.NOTE:
                self.sheet.write_string(at, index, note, self._styles[key_of(field)])

    def _style(self, field: Field) -> Any:
        number = field.kind is ValueKind.NUMBER
        return self._book.add_format(
            {
                "num_format": "0" if number else _FORMATS.get(key_of(field), "@"),
                "valign": "vcenter",
                "text_wrap": field.column is Column.NOTE,
            }
        )

    def _lay_out(self, rows: int) -> None:
        self.sheet.set_default_row(_ROW)
        self.sheet.freeze_panes(1, 1)
        self.sheet.autofilter(0, 0, rows, len(self.columns) - 1)
        # On paper, lines are needed to fill anything in.
        self.sheet.hide_gridlines(0)
        self.sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        self.sheet.set_footer("&L&A&R&P / &N")
        page.print_wide(self.sheet)
        self.sheet.set_row(0, 30)
        for at, field in enumerate(self.columns):
            text, fill = field.words(self._language), fill_of(field)
            page.put_header(self._book, self.sheet, at, text, fill=fill, note=_note(field), note_height=130)

    def _check_cells(self, categories: Collection[tuple[str, str]]) -> None:
        """Put drop-downs and checks on the columns; what is refused says why."""
        names = say("template.categories").words(self._language)
        one = self._letters[Column.CATEGORY_1]
        tops = len(dict.fromkeys(pair[0] for pair in categories))
        # OFFSET and MATCH rather than named ranges: names such as 4S店 are no valid range names, and WPS and
        # LibreOffice understand these as well.
        first, all_first = f"'{names}'!$B$1", f"'{names}'!$A:$A"
        second = f"OFFSET({first},MATCH(${one}2,{all_first},0)-1,0,COUNTIF({all_first},${one}2),1)"
        status = [status.words(self._language) for status in (Status.ACTIVE, Status.INACTIVE, Status.DELETED)]
        whole = {"criteria": "between", "minimum": -HIGHEST_COUNT, "maximum": HIGHEST_COUNT}
        since = {"validate": "date", "criteria": ">=", "value": datetime(2000, 1, 1)}
        checks: Sequence[tuple[str, str, Mapping[str, object]]] = (
            (Column.CATEGORY_1, "template.choose", {"validate": "list", "source": f"='{names}'!$D$1:$D${tops}"}),
            (Column.CATEGORY_2, "template.choose", {"validate": "list", "source": f"={second}"}),
            (STATUS, "template.choose", {"validate": "list", "source": status}),
            (PRICE, "template.price", page.PRICE_CHECK),
            (INVENTORY, "template.inventory", page.COUNT_CHECK),
            (Column.STOCK_CHANGE, "template.inventory_change", {"validate": "integer", **whole}),
            (Column.WINDOW_PRICE, "template.price", page.PRICE_CHECK),
            *((column, "template.moment", since) for column in _MOMENTS),
        )
        for key, code, rule in checks:
            letter = self._letters[key]
            page.put_check(self.sheet, f"{letter}2:{letter}{self._last}", code, rule, self._language)

    def _colour_rows(self) -> None:
        """Examples are grey as long as they are examples; a code that stands twice shows it while it is typed."""
        last = xl_col_to_name(len(self.columns) - 1)
        code = self._letters[OUTER_ID]
        names = ",".join(f'${code}2="{row.outer_id}"' for language in LANGUAGES for row in examples(language))
        grey = self._book.add_format({"italic": True, "font_color": page.EXAMPLE_INK})
        red = self._book.add_format({"bg_color": page.TWICE_FILL, "font_color": _RED})
        example = {"type": "formula", "criteria": f"=OR({names})", "format": grey}
        self.sheet.conditional_format(f"A2:{last}{self._last}", example)
        twice = {"type": "duplicate", "format": red}
        if sku := self._letters.get(Column.SKU):
            both = f"${code}$2:${code}${self._last},${code}2,${sku}$2:${sku}${self._last},${sku}2"
            twice = {"type": "formula", "criteria": f'=AND(${code}2<>"",COUNTIFS({both})>1)', "format": red}
        self.sheet.conditional_format(f"{code}2:{code}{self._last}", twice)


def fill_of(field: Field) -> str:
    """Return the colour of a column's header: the tool's own, needed to publish, or as you like."""
    if by_tool(field):
        return page.TOOL_FILL
    return page.REQUIRED_FILL if required(field) else page.PLAIN_FILL


def help_words(field: Field, language: Language) -> str:
    """Say what a usual column is for, and whether it has to be filled in."""
    marks = [say("template.required")] if required(field) else []
    marks += [say("template.by_tool")] if by_tool(field) else []
    text = say(f"help.{field.en.replace(' ', '_')}")
    return " ".join([*(mark.words(language) for mark in marks), text.words(language)])


def _note(field: Field) -> str:
    """What the column is for, in both languages: one shop's staff may read either."""
    usual = field in (*_PLAIN_COLUMNS, SKU_FIELD)
    return "\n".join(help_words(field, language) for language in LANGUAGES) if usual else ""


def add_categories(book: Workbook, categories: Collection[tuple[str, str]], language: Language) -> None:
    """Add the hidden sheet that the drop-downs look into: all pairs in columns A and B, each first name once in D.

    The pairs of one first category stand together, because OFFSET takes one block.
    """
    sheet = book.add_worksheet(say("template.categories").words(language))
    tops = list(dict.fromkeys(pair[0] for pair in categories))
    pairs = sorted(dict.fromkeys(categories), key=lambda pair: tops.index(pair[0]))
    for row, (one, two) in enumerate(pairs):
        sheet.write_string(row, 0, one)
        sheet.write_string(row, 1, two)
        if row < len(tops):
            sheet.write_string(row, 3, tops[row])
    sheet.hide()
