"""Which cells of a worksheet have one of a few formats: calamine doesn't say, so its XML is read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from sync.sheet.files.addresses import Address, letters
from sync.sheet.files.extent import walk

Styled = Iterator[tuple[Address, int]]
"""Cells, each with the index of its format."""


def styled_cells(
    pieces: Iterable[bytes], styles: Collection[int], columns: Collection[int], *, usual: bool
) -> Styled:
    """Yield the cells in `columns` (from 1) whose format is one of `styles`.

    `usual`: all cells begin with their address, as `extent.measure` found; then patterns find them, which takes a
    tenth of the time. Raises what `pieces` and expat raise, and ValueError for what is no address.
    """
    find = _by_pattern if usual and 0 not in styles else _by_parsing
    return find(pieces, styles, columns)


def _by_pattern(pieces: Iterable[bytes], styles: Collection[int], columns: Collection[int]) -> Styled:
    by_letters = {letters(column).encode(): column for column in columns}
    names, indexes = b"|".join(by_letters), b"|".join(b"%d" % style for style in styles)
    cell = re.compile(rb'<c r="(%b)([0-9]+)"[^<>]*?[ ]s="(%b)"' % (names, indexes))
    for piece in pieces:
        for found in cell.finditer(piece):
            yield (int(found[2]), by_letters[found[1]]), int(found[3])


def _by_parsing(pieces: Iterable[bytes], styles: Collection[int], columns: Collection[int]) -> Styled:
    for address, name, attributes in walk(pieces):
        style = attributes.get("s", "")
        index = int(style) if style.isdecimal() else 0
        if name == "c" and index in styles and address[1] in columns:
            yield address, index
