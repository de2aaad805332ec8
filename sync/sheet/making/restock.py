"""What is to be ordered → a sheet with 库存增减 filled in, ready to be edited and applied
(docs/reference/insight.md).

Beside the columns that a run needs it has some for reading only. Their headers name no column of ours, so that a run
leaves them alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.atomic_files import write_new
from sync.fields import HIGHEST_COUNT, ITEM_ID, OUTER_ID, SKU_FIELD, STATUS, Column, Field, of_column, of_path
from sync.item import Status
from sync.learned import ItemFigures
from sync.messages import Language, say
from sync.sheet.making import page
from sync.sheet.making.form import describe, fill_of
from sync.workbooks import filling

READING: tuple[tuple[str, int], ...] = (("title", 34), ("stock", 12), ("sold", 12), ("days", 12))
"""The columns for reading: the ends of their messages' codes, and their widths in characters."""
_FIELDS = (of_path(OUTER_ID), of_path(ITEM_ID))
_FIELDS_WITH_SKU = (of_path(OUTER_ID), SKU_FIELD, of_path(ITEM_ID))
_TO_EDIT = (of_column(Column.STOCK_CHANGE), of_path(STATUS))
_BY_TOOL = (of_column(Column.RESULT), of_column(Column.NOTE), of_column(Column.SYNCED_AT))
_TEXT, _WHOLE, _SIGNED, _MOMENT = "@", "0", "+0;-0;0", "yyyy-mm-dd hh:mm"


@dataclass(frozen=True, slots=True)
class RestockRow:
    """A row of the sheet."""

    figures: ItemFigures
    item_id: str
    turn_on: bool
    """Whether it sold out, and is to be on sale again with the new stock."""


def headers(language: Language) -> tuple[str, ...]:
    """Return the headers of the columns that are for reading."""
    return tuple(say(f"restock.column.{name}").words(language) for name, _ in READING)


def write_restock(out: Path, rows: Sequence[RestockRow], language: Language) -> None:
    """Write the sheet to `out`; raises FileExistsError rather than replace a file, or another OSError."""
    whole = BytesIO()
    with filling(whole, {"constant_memory": True}) as book:
        describe(book)
        sheet = book.add_worksheet(say("restock.sheet").words(language))
        skus = any(row.figures.sku for row in rows)
        _lay_out(book, sheet, len(rows), language, _FIELDS_WITH_SKU if skus else _FIELDS)
        styles = {form: book.add_format({"num_format": form, "valign": "vcenter"}) for form in (_TEXT, _WHOLE)}
        signed = book.add_format({"num_format": _SIGNED, "valign": "vcenter", "bold": True})
        for at, row in enumerate(rows, start=1):
            for column, (value, form) in enumerate(_cells(row, language, skus=skus)):
                page.put_value(sheet, at, column, value, styles.get(form, signed))
    write_new(out, whole.getvalue())


def _cells(row: RestockRow, language: Language, *, skus: bool) -> Iterable[tuple[object, str]]:
    item = row.figures
    days = None if item.days_of_cover is None else min(round(item.days_of_cover), HIGHEST_COUNT)
    yield item.outer_id, _TEXT
    if skus:
        yield item.sku or None, _TEXT
    yield from ((row.item_id, _TEXT), (item.title, _TEXT))
    yield from ((item.stock, _WHOLE), (item.sold, _WHOLE), (days, _WHOLE))
    yield item.suggest or None, _SIGNED
    yield Status.ACTIVE.words(language) if row.turn_on else None, _TEXT


def _lay_out(book: Workbook, sheet: Any, rows: int, language: Language, keys: Sequence[Field]) -> None:
    columns = (
        *((field.words(language), field.width, fill_of(field), _form(field)) for field in keys),
        *(
            (text, width, page.TOOL_FILL, _TEXT if name == "title" else _WHOLE)
            for text, (name, width) in zip(headers(language), READING, strict=True)
        ),
        *((field.words(language), field.width, fill_of(field), _form(field)) for field in (*_TO_EDIT, *_BY_TOOL)),
    )
    for at, (text, width, _, form) in enumerate(columns):
        style = book.add_format({"num_format": form, "valign": "vcenter", "text_wrap": text == _note(language)})
        sheet.set_column(at, at, width, style)
    sheet.set_row(0, 30)
    for at, (text, _, fill, _) in enumerate(columns):
        page.put_header(book, sheet, at, text, fill=fill, note="", note_height=0)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, rows, len(columns) - 1)
    page.print_wide(sheet)


def _note(language: Language) -> str:
    return of_column(Column.NOTE).words(language)


def _form(field: Field) -> str:
    return {Column.STOCK_CHANGE: _SIGNED, Column.SYNCED_AT: _MOMENT}.get(field.column, _TEXT)
