"""Rows as most are: each has its code as nearly all programs write it, and no formula. One pattern checks and reads
many of them at once, in less time than it takes to look at one cell after another."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache
from itertools import chain
from typing import NamedTuple

from sync.sheet.writeback.addresses import letters
from sync.sheet.writeback.element_patterns import ROW_NUMBER, TEXT, ElementPatterns

_MOST_COLUMNS = 100
"""Beyond it the pattern takes longer to make than most sheets to read."""
_ROW = rb'<%(p)brow r="%(number)b"(?: [\w:]++="[^"<>]*+")*+>'
_KEY = (
    rb'<%(p)bc r="%(column)b\1"(?: s="[0-9]++")?+ t="'
    rb'(?:s"><%(p)bv>([0-9]++)</%(p)bv>|inlineStr"><%(p)bis><%(p)bt>([^<>&_\x00-\x1f]++)</%(p)bt></%(p)bis>)</%(p)bc>'
)
_INLINE = rb"<%(p)bis><%(p)bt>%(text)b</%(p)bt></%(p)bis>"
_INNER = (
    rb"(?:<%(p)bv>%(text)b</%(p)bv>|"
    + _INLINE
    + rb'|<%(p)bis><%(p)bt xml:space="preserve">%(text)b</%(p)bt></%(p)bis>)?+</%(p)bc>'
)


def _cell(kinds: bytes) -> bytes:
    """Return the pattern of a cell that may be missing; `kinds`: what may stand after ` t="`.

    What most cells have comes first, and no two ways begin with the same sign, so that the wrong ones cost nothing.
    """
    begin = rb'(?:<%(p)bc r="%(column)b\1"(?: s="[0-9]++")?+(?:>' + _INNER
    return begin + rb'| t="(?:inlineStr">' + _INLINE + rb"</%(p)bc>|" + kinds + rb'"(?:>' + _INNER + rb"|/>))|/>))?+"


_CELL = _cell(rb"[a-zA-Z]++")
_READ_AGAIN = _cell(rb's"><%(p)bv>([0-9]++)</%(p)bv></%(p)bc>|(?!s")[a-zA-Z]++')
"""Which shared string it holds is known, or it holds none."""
_EMPTY = rb'(?:<%(p)bc r="(?:%(beyond)b)\1"(?: \w++="[^"<>]*+")*+/>)*+'
_END = rb"</%(p)brow>|(.).*"
"""What isn't such a row is taken to the end at once."""


class PlainRows(NamedTuple):
    """Many rows, by column. The indexes are those of shared strings."""

    numbers: Sequence[int]
    indexes: Sequence[bytes]
    """Of their codes; `b""` for one that stands in `texts`."""
    texts: Sequence[bytes]
    others: Sequence[bytes]
    """Of what stands in the columns that are read again."""


def plain_rows(xml: bytes, names: ElementPatterns, key: int, again: Collection[int], last: int) -> PlainRows | None:
    """Return the rows that `xml` consists of; None: not each is plain.

    `key` is the column of the codes, `again` are those that are read again, and none beyond `last` may hold anything.
    The cells of a row bear its number and stand in their order, so that none is there twice.
    """
    if last > _MOST_COLUMNS:
        return None
    numbers, *groups, odd = zip(*_pattern(names.prefix, key, tuple(again), last).findall(xml), strict=True)
    if odd[-1]:
        return None
    before = sum(column < key for column in again)
    others = chain(*groups[:before], *groups[before + 2 :])
    return PlainRows(list(map(int, numbers)), groups[before], groups[before + 1], list(filter(None, others)))


@lru_cache(maxsize=32)
def _pattern(prefix: bytes, key: int, again: Collection[int], last: int) -> re.Pattern[bytes]:
    """Each row's number; in their columns, the index and the text of its code, and the indexes of those read `again`;
    and what is no such row."""
    blanks = {b"p": re.escape(prefix), b"beyond": beyond(last), b"number": ROW_NUMBER, b"text": TEXT}
    cells = [_ROW % blanks]
    for column in range(1, last + 1):
        kind = _KEY if column == key else _READ_AGAIN if column in again else _CELL
        cells.append(kind % {**blanks, b"column": letters(column)})
    return re.compile(b"".join((*cells, _EMPTY % blanks, _END % blanks)), re.DOTALL)


def beyond(column: int) -> bytes:
    """Return the pattern of the letters of all columns to the right of `column`."""
    last = letters(column)
    later = [
        last[:at] + b"[%c-Z]" % (sign + 1) + b"[A-Z]" * (len(last) - at - 1)
        for at, sign in enumerate(last)
        if sign < ord("Z")
    ]
    return b"|".join((*later, b"[A-Z]{%d,}" % (len(last) + 1)))
