"""Cells' addresses: `E12` is column 5 of row 12."""

from __future__ import annotations

import re
from functools import cache

Address = tuple[int, int]
"""Row and column, both from 1."""

MOST_COLUMNS = 16_384
"""Of a worksheet, Excel's own limit."""
_ADDRESS = re.compile(r"\$?([A-Z]{1,3})\$?([0-9]{1,7})", re.IGNORECASE)


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
    match = _ADDRESS.fullmatch(address)
    if not match:
        raise ValueError(address)
    return int(match[2]), number(match[1])
