"""Which values a cell can hold so that reading the cell gives the very value back; `pull` writes no others.

The reader itself (`cells.py`) decides. So a plan of a pulled sheet finds nothing to change.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from sync.fields import CATEGORY, OUTER_ID, Field, forbidden_name, of_path
from sync.item import Path, Value, looks_same, same
from sync.messages import Language
from sync.sheet.categories import Categories
from sync.sheet.cells import parser, read_cell
from sync.sheet.headers import field_of
from sync.sheet.strings import trim
from sync.sheet.typed import Typed, typed

LONGEST = 32_767
"""What a cell can hold, in UTF-16 units (Excel's own limit)."""
_LONGEST_HEADER = 255
_NOT_IN_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that a workbook can't hold, or that Excel changes when it saves."""


class Speech:
    """What the cells of a sheet can say."""

    def __init__(self, categories: Collection[tuple[str, str]], language: Language) -> None:
        """Judge for a sheet in `language` whose categories are those of the table `categories`."""
        self._categories = Categories(categories)
        self._language = language

    def says(self, path: Path, value: Value) -> bool:
        """Tell whether the cell of `path`, or the two of a category, can say `value`."""
        if path == CATEGORY:
            return self._says_category(value)
        return self._says_text(of_path(path), value)

    def _says_text(self, field: Field, value: Value) -> bool:
        held = typed(field.path or "", value, self._language)
        if held is None or not _fits(held) or not _fits(value if isinstance(value, str) else held):
            return False
        # calamine gives a whole number as an int.
        raw = int(held) if isinstance(held, float) and held.is_integer() else held
        reading = read_cell(raw, field, parser(field))
        agree = same if field.path == OUTER_ID else looks_same
        return reading is not None and reading.value is not None and agree(reading.value, value)

    def _says_category(self, value: Value) -> bool:
        if not isinstance(value, tuple) or len(value) != 2:
            return False
        halves = [read_cell(name, of_path(CATEGORY), parser(of_path(CATEGORY))) for name in value]
        if not all(_fits(name) for name in value) or any(half is None or half.value is None for half in halves):
            return False
        names = tuple(str(half.value) for half in halves if half)
        # A sheet has them in two columns, or in one.
        judged = (self._categories.judge(names, new=False), self._categories.judge_text(">".join(names), new=False))
        return all(reading.value == value for reading in judged)


def can_head_a_column(name: Path) -> bool:
    """Tell whether a custom name, as a header, is read back as that very name and taken for nothing else."""
    headers = (of_path(name).zh, of_path(name).en)
    back = [field_of(trim(header)) for header in headers]
    as_named = all(field is not None and field.path == name for field in back) and not forbidden_name(name)
    return as_named and _fits(name) and len(name) <= _LONGEST_HEADER


def _fits(held: Typed) -> bool:
    if not isinstance(held, str):
        return True
    return not _NOT_IN_XML.search(held) and len(held) + sum(sign > "\uffff" for sign in held) <= LONGEST
