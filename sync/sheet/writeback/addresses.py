"""Cells' addresses and elements' attributes, as bytes."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache

from sync.sheet.files import addresses
from sync.sheet.files.addresses import Range

LAST_COLUMN, LAST_ROW = 16_384, 1_048_576
"""XFD1048576: Excel has no more."""
_LETTERS = re.compile(rb"\$?([A-Za-z]{1,3})")
_LONGEST = 4
"""Bytes that the letters take, with a `$`."""


@cache
def letters(column: int) -> bytes:
    """Write a column's number, from 1, as Excel does: `A`, `AB`."""
    return addresses.letters(column).encode()


@cache
def number_of(column: bytes) -> int:
    """Return the number, from 1, of the column with these letters."""
    return addresses.number(column.decode())


def column_at(text: bytes, at: int = 0) -> int:
    """Return the number of the column whose letters stand in `text` at `at`; raises ValueError."""
    column = _column(text[at : at + _LONGEST])
    if not column:
        raise ValueError(text[at : at + 20])
    return column


def row_of(address: bytes) -> int:
    """Return the number of an address's row; 0: it names none."""
    found = _LETTERS.match(address)
    digits = address[found.end() :].removeprefix(b"$") if found else b""
    return int(digits) if digits.isdigit() else 0


@lru_cache(maxsize=1 << 12)
def _column(begin: bytes) -> int:
    """Return the column of an address that begins so; 0: it is none. In a sheet the same few come again and again."""
    found = _LETTERS.match(begin)
    return number_of(found[1]) if found else 0


@cache
def _attribute(name: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"""\s%b\s*=\s*(?:"([^"]*)"|'([^']*)')""" % re.escape(name))


def attribute(tag: bytes, name: bytes) -> bytes:
    """Return the value of an attribute, undecoded; `b""`: there is none."""
    if name not in tag:
        return b""
    found = _attribute(name).search(tag)
    return (found[1] or found[2] or b"") if found else b""


def with_attribute(tag: bytes, name: bytes, value: bytes) -> bytes:
    """Return the start tag with this value, in the attribute's old place or else at the end."""
    written = b' %b="%b"' % (name, value)
    if _attribute(name).search(tag):
        return _attribute(name).sub(lambda _: written, tag, count=1)
    end = -2 if tag.endswith(b"/>") else -1
    return tag[:end] + written + tag[end:]


class Covered:
    """Cells that lie in ranges, quickly told: a sheet can have thousands of ranges and 100,000 rows."""

    def __init__(self, ranges: Iterable[Range], columns: Iterable[int]) -> None:
        """Only `columns` will be asked for."""
        every = sorted(ranges, key=lambda each: each.top)
        self._by_column = {
            column: [each for each in every if each.left <= column <= each.right] for column in set(columns)
        }
        self._tops = {column: [each.top for each in found] for column, found in self._by_column.items()}

    def find(self, column: int, row: int) -> Range | None:
        """Return the range that covers the cell; ranges of these kinds never overlap."""
        at = bisect_right(self._tops[column], row) - 1
        found = self._by_column[column][at] if at >= 0 else None
        return found if found and row <= found.bottom else None

    def hides(self, column: int, row: int) -> bool:
        """Whether the cell is in a range, and not its first, the only one that is seen."""
        found = self.find(column, row)
        return found is not None and (found.left, found.top) != (column, row)
