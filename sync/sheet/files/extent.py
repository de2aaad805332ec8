"""How far a worksheet reaches, and whether it may have traits; found before calamine opens it.

calamine allocates the whole rectangle of the outermost filled cells: a single value in XFD1048576 would take 500 GB.
The XML is searched by regular expressions, which takes a tenth of the time of parsing it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple
from xml.parsers.expat import ParserCreate

from sync.sheet.files.addresses import MOST_COLUMNS, Address, number, parse_address
from sync.sheet.files.mended import needs_mending
from sync.sheet.files.package import TooMuch, Unsafe

MOST_CELLS = 6_000_000
"""Of the rectangle: some 600 MB once they are read."""
_ROWS = 1_048_576
"""Of a worksheet, Excel's own limit."""
_SIGNS = [(byte, re.compile(sign)) for byte, sign in ((b"d", b"hidden="), (b"g", b"mergeCell"), (b"f", b"<f"))]
"""Where none of these is, and no error, `read_traits` finds nothing; most sheets have none. One pattern is slower.

Each with the rarest of its bytes: a single one is found in a fifth of the time, and most pieces don't have it."""
_ERROR = rb"""=\s*["']e["']"""

_NEAR = 99_999, 26
"""The last row and column of the near cells: A1 to Z99999. Most sheets have no others."""
_KIND = rb't="(?:inlineStr">(?:<is>|\Z)|(?:s|str|n|b)"/?>)'
_ODD = re.compile(
    rb'<c(?! r="[A-Z][0-9]{1,5}+"(?:>| t="inlineStr"><is>| s="[0-9]++"(?:>| %b|/>)| %b|/>)|ol)' % (_KIND, _KIND)
)
"""A cell that may be none of the near ones, an error, or an inline text that isn't where it should be. All are looked
for at once, as there are a million cells. Columns, `<cols>` and `<col>`, are none."""
_PREFIXED = re.compile(rb":c[\s/>]")
"""A pattern of its own: both are quick only because they begin with a fixed text."""
_CELL = rb"[<:]c[\s/>]"
_USUAL = rb'<c r="[A-Z]{1,3}[0-9]{1,7}"'
"""How Excel, WPS and most others write the address of a cell."""
_EMPTY = rb'<c r="[A-Z]+[0-9]+"(?: s="[0-9]+")?/>'
_LETTERS = rb'<c r="([A-Z]{2,3})'
_FAR = rb'<c r="[A-Z]+([0-9]{6,7})"'

Pieces = Callable[[], Iterable[bytes]]
"""Gives a worksheet's XML in pieces, from its start each time."""


class Extent(NamedTuple):
    """What is known of a worksheet that nobody has parsed yet."""

    rows: int
    columns: int
    """Both at least those of the outermost filled cell."""
    has_traits: bool
    """Whether anything in it may be a trait (`traits.py`)."""
    usual: bool
    """Whether all addresses are written as most programs write them, so that patterns find them."""
    misplaced: bool
    """Whether an inline text isn't where it should be (`mended.py`)."""

    @property
    def cells(self) -> int:
        """How many cells the rectangle has room for."""
        return self.rows * self.columns


def measure(pieces: Pieces) -> Extent:
    """Search a worksheet's XML.

    Raises `TooMuch` for a rectangle of more than `MOST_CELLS`, `Unsafe` for an address that no sheet has, and what
    `pieces` and expat raise.
    """
    found = _reach(pieces())
    if found.usual and found.cells > MOST_CELLS:
        # Excel leaves a million formatted and empty rows behind when somebody formats whole columns.
        found = _reach(re.sub(_EMPTY, b"", piece) for piece in pieces())
    if not found.usual or found.cells > MOST_CELLS:
        rows, columns = _filled(pieces())
        found = found._replace(rows=rows, columns=columns)
    if found.cells > MOST_CELLS:
        raise TooMuch
    return found


def _reach(pieces: Iterable[bytes]) -> Extent:
    """Look for the outermost cells, filled or not."""
    rows, columns = _NEAR
    has_traits, usual, misplaced = False, True, False
    for piece in pieces:
        has_traits = has_traits or _has_signs(piece)
        prefixed = b":" in piece and _PREFIXED.search(piece) is not None
        if not prefixed and not _ODD.search(piece):
            continue
        misplaced = misplaced or needs_mending(piece)
        has_traits = has_traits or prefixed or re.search(_ERROR, piece) is not None
        if usual:
            usual = len(re.findall(_CELL, piece)) == len(re.findall(_USUAL, piece))
            rows = max([rows, *map(int, set(re.findall(_FAR, piece)))])
            columns = max([columns, *(number(found.decode()) for found in set(re.findall(_LETTERS, piece)))])
    return Extent(rows, columns, has_traits, usual, misplaced)


def _has_signs(piece: bytes) -> bool:
    return any(byte in piece and sign.search(piece) for byte, sign in _SIGNS)


def _filled(pieces: Iterable[bytes]) -> tuple[int, int]:
    """Parse the XML for the outermost row and column with anything in a cell; formats alone take no room."""
    rows = columns = 1
    for (row, column), name, _ in walk(pieces):
        if name != "c":
            rows, columns = max(rows, row), max(columns, column)
            if not (0 < row <= _ROWS and 0 < column <= MOST_COLUMNS):
                raise Unsafe
    return rows, columns


def walk(pieces: Iterable[bytes]) -> Iterator[tuple[Address, str, Mapping[str, str]]]:
    """Yield each cell (`c`), and what is in one (`v`, `is`, `f`): the cell's address, the name, the attributes.

    Neither prefixes nor addresses are taken for granted (ECMA-376, 18.3.1.4). Raises what `pieces` and expat raise,
    and ValueError for what is no address.
    """
    row = column = 0
    found: list[tuple[Address, str, Mapping[str, str]]] = []

    def start(prefixed: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        name = prefixed.rpartition(":")[2]
        if name == "row":
            row, column = int(attributes.get("r", row + 1)), 0
        elif name == "c":
            column += 1
            if (address := attributes.get("r")) is not None:
                row, column = parse_address(address)
        if name in ("c", "v", "is", "f"):
            found.append(((row, column), name, attributes))

    parser = ParserCreate()
    parser.StartElementHandler = start
    for piece in pieces:
        parser.Parse(piece)
        yield from found
        found.clear()
    parser.Parse(b"", True)
