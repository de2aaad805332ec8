"""Rows as nearly all are: three results side by side, behind all other cells or over those of the last run.

Rows whose cells have the same formats get the same bytes but for the row, the note and the time. So these bytes are
drawn once, as a template, which takes a fifth of the time; `row_editor.py` writes all other rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.call import Result, RowResult
from sync.fields import OUTER_ID, WRITTEN_BY_TOOL, Column
from sync.sheet.files.addresses import Range
from sync.sheet.writeback.addresses import attribute, column_at, letters
from sync.sheet.writeback.contents import content_of
from sync.sheet.writeback.element_patterns import ElementPatterns
from sync.sheet.writeback.row_editor import MAY_BE_FORMULAS

_NONE: tuple[None, ...] = (None, None, None)
"""The attributes of three cells that aren't there."""
_EMPTY_CELL = re.compile(rb"<[^<>]*/>")
_SOME_ROW, _SOME_NOTE, _SOME_TIME = 1_000_000_007, "\ue000", 1_000_000_008.5
"""Stand-ins for a row, a note and a time; no sheet has such ones."""


class ResultTexts(NamedTuple):
    """What the three cells say."""

    result: Result
    note: str
    time: float | None
    """Days, as the workbook counts them; None: the run hasn't come to the row."""


class ResultStyles(NamedTuple):
    """What the three cells must look like."""

    model: int
    """The format of the row's key."""
    word: int
    note: int
    time: int
    """The formats that the cells have; 0: none."""


Draw = Callable[[int, ResultStyles, ResultTexts], bytes]
"""Writes the three cells of a row."""


_Templates = dict[tuple[bytes, Sequence[bytes | None]], bytes]
"""By the attributes of the key and of the three cells."""


class Told(NamedTuple):
    """What a result says, and what it is written with."""

    result: RowResult
    note: str
    content: bytes
    """The note as XML."""
    time: bytes
    """In days, as the workbook counts them."""
    templates: _Templates


class FastPath:
    """Writes the results into such rows; see `possible`. A row comes as in `RowBlock.split`."""

    def __init__(self, columns: Mapping[str, int], names: ElementPatterns, draw: Draw) -> None:
        self._draw = draw
        self._names = names
        self._first = columns[Column.RESULT]
        self._first_cell = names.tidy_cell + letters(self._first)
        change = columns.get(Column.STOCK_CHANGE)
        self._change_cell = names.tidy_cell + letters(change) if change else b""
        self._row_end = names.row_end
        cell, end = re.escape(names.tidy_cell), re.escape(names.prefix)
        each = rb'(?:%b%%b\d+"([^<>]*?)(?:/>|>.*?</%bc>))?' % (cell, end)
        self._there = re.compile(b"".join(each % letters(columns[column]) for column in WRITTEN_BY_TOOL), re.DOTALL)
        key = rb'%b%b\d+"([^<>]*)>' % (cell, letters(columns[OUTER_ID]))
        self.head = re.compile(rb'%b(\d+)"([^<>]*)>.*?%b' % (re.escape(names.tidy_row), key), re.DOTALL)
        """Of a row: its number, the other attributes of its tag, and those of its key's cell."""
        self._templates: dict[tuple[Result, bool], _Templates] = {}
        """By the result, and whether there is a note."""

    @staticmethod
    def possible(columns: Mapping[str, int], ranges: Iterable[Range], header_row: int) -> bool:
        """Whether the columns are side by side, with none of the `ranges`, merged or filled at once, in them."""
        first, note, last = (columns[column] for column in WRITTEN_BY_TOOL)
        reaching = (each.left <= last and each.right >= first and each.bottom > header_row for each in ranges)
        return (note, last) == (first + 1, first + 2) and not any(reaching)

    def told(self, result: RowResult, note: str, time: bytes) -> Told | None:
        """Return what a result says; None: in usual rows it can't be said as in others."""
        if note.startswith(MAY_BE_FORMULAS) or note != note.strip():
            return None
        content = content_of(note)
        return Told(result, note, content, time, self._templates.setdefault((result.result, bool(content)), {}))

    def may_change(self, xml: bytes, number: bytes) -> bool:
        """Whether anything stands in 库存增减."""
        at = xml.find(b'%b%b"' % (self._change_cell, number)) if self._change_cell else -1
        return at >= 0 and not _EMPTY_CELL.match(xml, at)

    def written(self, xml: bytes, head: re.Match[bytes], attributes: bytes, told: Told) -> bytes:
        """Return the row with its results, and with these attributes of its tag; `b""`: it isn't such a row.

        `head`: where it begins, see there.
        """
        number, before, key = head.groups()
        own: Sequence[bytes | None] = _NONE
        begin, end = xml.find(b'%b%b"' % (self._first_cell, number), head.end()), len(xml)
        if begin >= 0:
            found = self._there.match(xml, begin)
            end, own = (found.end(), found.groups()) if found else (begin, _NONE)
            if self._names.any_formula in xml[begin:end]:
                return b""
        elif self._last_column(xml) < self._first:
            begin = end
        else:
            return b""
        template = told.templates.get((key, own)) or self._template(told, key, own)
        note = (told.content, number) if told.content else (number,)
        cells = template % (number, number, *note, told.time)
        if attributes == before:
            return b"".join((xml[:begin], cells, xml[end:], self._row_end))
        row, tag = xml[: head.start(2)], xml[head.end(2) : begin]
        return b"".join((row, attributes, tag, cells, xml[end:], self._row_end))

    def _template(self, told: Told, key: bytes, own: Sequence[bytes | None]) -> bytes:
        """Draw the cells once with stand-ins, and put a slot for `%` in the place of each: row, note or time."""
        styles = ResultStyles(_style(key), *map(_style, own))
        texts = ResultTexts(told.result.result, _SOME_NOTE if told.content else "", _SOME_TIME)
        cells = self._draw(_SOME_ROW, styles, texts).replace(b"%", b"%%")
        slots = {b"%d" % _SOME_ROW: b"%b", _SOME_NOTE.encode(): b"%b", repr(_SOME_TIME).encode(): b"%b"}
        for stand_in, slot in slots.items():
            cells = cells.replace(stand_in, slot)
        told.templates[key, own] = cells
        return cells

    def _last_column(self, xml: bytes) -> int:
        at = xml.rfind(self._names.tidy_cell)
        return 0 if at < 0 else column_at(xml, at + len(self._names.tidy_cell))


def _style(attributes: bytes | None) -> int:
    return int(attribute(attributes or b"", b"s") or 0)
