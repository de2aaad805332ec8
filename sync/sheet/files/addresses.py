"""Cells' addresses: `E12` is column 5 of row 12."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

Address = tuple[int, int]
"""Row and column, both from 1."""

MOST_COLUMNS = 16_384
"""Of a worksheet, Excel's own limit."""
_ADDRESS = r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})"


class Range(NamedTuple):
    """A range of cells: columns and rows from 1, both ends included."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, ref: str) -> Range:
        """Read `A1:B2`, `$A$1:$B$2` or `A1`; raises ValueError."""
        first, _, last = ref.partition(":")
        (top, left), (bottom, right) = parse_address(first), parse_address(last or first)
        return cls(left, top, right, bottom)

    def up_to(self, column: int) -> Range:
        """The range with its last column there."""
        return self._replace(right=column)

    def overlaps(self, other: Range) -> bool:
        """Whether both have a cell in common."""
        beside = self.right < other.left or other.right < self.left
        return not beside and self.top <= other.bottom and other.top <= self.bottom

    def __str__(self) -> str:
        """Write it as Excel does: `A1:B2`."""
        return f"{letters(self.left)}{self.top}:{letters(self.right)}{self.bottom}"


@cache
def letters(column: int) -> str:
    """Write a column's number, from 1, as Excel does: `A`, `AB`."""
    rest, last = divmod(column - 1, 26)
    return (letters(rest) if rest else "") + chr(ord("A") + last)


def number(column: str) -> int:
    """Return the number, from 1, of the column with these letters."""
    found = 0
    for letter in column.upper():
        found = found * 26 + ord(letter) - ord("A") + 1
    return found


def parse_address(address: str) -> Address:
    """Read `E12` or `$E$12`; raises ValueError for what is no cell's address."""
    match = re.fullmatch(_ADDRESS, address)
    if not match:
        raise ValueError(address)
    return int(match[2]), number(match[1])
