"""What a person sees of a cell's text, and what of it is therefore no part of its value
(docs/reference/sheet.md#codes)."""

from __future__ import annotations

from sync.codes import LONGEST, as_code
from sync.fields import ITEM_ID, Column, Field, ValueKind, is_code
from sync.sheet.strings import trim
from sync.unseen import unseen_in

SILENT = " \u3000\r\n"
"""What may stand around a value without a note."""
_MARKS = "'`"
"""What Excel and exporters put before a text that looks like a number."""
_LONGEST_CELL = 32_767
"""Characters, Excel's own limit."""


def visible(raw: str, field: Field) -> str:
    """Return what a person sees of the cell, without the spaces around it, and without an exporter's marks."""
    if field.path == ITEM_ID or is_code(field):
        return as_code(raw)
    if _is_prose(field):
        return trim(raw)
    return trim(raw, prose=False).lstrip(_MARKS).lstrip()


def longest(field: Field) -> int:
    """Return how many characters such a cell may have."""
    return _LONGEST_CELL if _is_prose(field) and not is_code(field) else LONGEST


def left_out(raw: str, field: Field) -> tuple[str, ...]:
    """Name what `visible` leaves out or replaces, spaces around the value aside."""
    if _is_prose(field):
        return unseen_in(raw, prose=True)
    marks = [mark for mark in _MARKS if trim(raw, prose=False).startswith(mark)]
    return (*marks, *(["U+0009"] if field.path == ITEM_ID and "\t" in raw else []), *unseen_in(raw))


def _is_prose(field: Field) -> bool:
    """Whether quotes, and what holds an emoji together, are part of what such a cell says."""
    return field.kind is ValueKind.CUSTOM or (field.kind is ValueKind.TEXT and field.column is Column.FIELD)
