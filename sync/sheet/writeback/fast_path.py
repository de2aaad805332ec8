"""Rows as nearly all are: three results side by side, behind all other cells or over those of the last run.

Rows whose cells have the same formats get the same bytes but for the row, the note and the time. So these bytes are
drawn once, as a template, which takes a fifth of the time; `row_editor.py` writes all other rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from sync.call import Result
from sync.fields import OUTER_ID, WRITTEN_BY_TOOL, Column
from sync.sheet.files.addresses import Range
from sync.sheet.writeback.addresses import attribute, column_at, letters
from sync.sheet.writeback.contents import content_of
from sync.sheet.writeback.row_editor import MAY_BE_FORMULAS
from sync.sheet.writeback.worksheet import ElementPatterns, RawRow

_NONE: tuple[None, ...] = (None, None, None)
"""The attributes of three cells that aren't there."""
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


class FastPath:
    """Writes the results into such rows; see `possible`."""

    def __init__(self, columns: Mapping[str, int], names: ElementPatterns, draw: Draw) -> None:
        self._draw = draw
        self._names = names
        self._first = columns[Column.RESULT]
        self._first_cell = names.tidy_cell + letters(self._first)
        cell, end = re.escape(names.tidy_cell), re.escape(names.prefix)
        each = rb'(?:%b%%b\d+"([^<>]*?)(?:/>|>.*?</%bc>))?' % (cell, end)
        self._there = re.compile(b"".join(each % letters(columns[column]) for column in WRITTEN_BY_TOOL), re.DOTALL)
        self._key = re.compile(rb'%b%b\d+"([^<>]*)>' % (cell, letters(columns[OUTER_ID])))
        self._templates: dict[tuple[Result, bytes, Sequence[bytes | None]], bytes] = {}
        """By the result, and the attributes of the key and of the three cells."""

    @staticmethod
    def possible(columns: Mapping[str, int], ranges: Iterable[Range], header_row: int) -> bool:
        """Whether the columns are side by side, with none of the `ranges`, merged or filled at once, in them."""
        first, note, last = (columns[column] for column in WRITTEN_BY_TOOL)
        reaching = (each.left <= last and each.right >= first and each.bottom > header_row for each in ranges)
        return (note, last) == (first + 1, first + 2) and not any(reaching)

    def written(self, row: RawRow, tag: bytes, new_tag: bytes, texts: ResultTexts) -> bytes | None:
        """Return the row with its results, and with another start tag; None: it isn't such a row."""
        xml, number = row.xml, row.number
        key = self._key.search(xml)
        if not (row.tidy and key and texts.time is not None and _plain(texts.note)):
            return None
        begin = xml.find(b'%b%d"' % (self._first_cell, number))
        own: Sequence[bytes | None] = _NONE
        if begin >= 0:
            found = self._there.match(xml, begin)
            end = found.end() if found else begin
            own = found.groups() if found else _NONE
            if self._names.any_formula in xml[begin:end]:
                return None
        elif self._last_column(xml) < self._first:
            begin = end = len(xml) - len(self._names.row_end)
        else:
            return None
        asked = texts.result, key[1], own
        template = self._templates.get(asked)
        if template is None:
            template = self._templates[asked] = self._template(*asked)
        cells = template % (number, number, content_of(texts.note), number, repr(texts.time).encode())
        return b"".join((new_tag, xml[len(tag) : begin], cells, xml[end:]))

    def _template(self, result: Result, key: bytes, own: Sequence[bytes | None]) -> bytes:
        """Draw the cells once with stand-ins, and put a slot for `%` in the place of each: row, note or time."""
        styles = ResultStyles(_style(key), *map(_style, own))
        cells = self._draw(_SOME_ROW, styles, ResultTexts(result, _SOME_NOTE, _SOME_TIME)).replace(b"%", b"%%")
        slots = {b"%d" % _SOME_ROW: b"%d", _SOME_NOTE.encode(): b"%b", repr(_SOME_TIME).encode(): b"%b"}
        for stand_in, slot in slots.items():
            cells = cells.replace(stand_in, slot)
        return cells

    def _last_column(self, xml: bytes) -> int:
        at = xml.rfind(self._names.tidy_cell)
        return 0 if at < 0 else column_at(xml, at + len(self._names.tidy_cell))


def _style(attributes: bytes | None) -> int:
    return int(attribute(attributes or b"", b"s") or 0)


def _plain(note: str) -> bool:
    return bool(note) and note[0] not in MAY_BE_FORMULAS and note == note.strip()
