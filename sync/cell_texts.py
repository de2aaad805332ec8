"""What rows ask for, as texts, made by column: texts all at once, and of the rest what repeats once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import repeat

import orjson

from sync.item import Cell, Path, said


def said_by_row(columns: Mapping[Path, Sequence[Cell | None]], rows: int) -> Iterator[bytes]:
    """Yield what `item.said` writes of the cells of each of `rows` rows.

    `columns`: what the rows ask for at each path; None: nothing.
    """
    pieces = [_pieces(path, columns[path]) for path in sorted(columns)]
    for row in zip(*pieces, strict=True) if pieces else repeat((), rows):
        yield b"{" + b"".join(row)[:-1] + b"}"


def _pieces(path: Path, cells: Sequence[Cell | None]) -> Sequence[bytes]:
    """Return what each cell adds to its row's text, with a comma behind it; empty: nothing."""
    kinds = {*map(type, cells)}
    if kinds == {str}:
        with suppress(TypeError):
            written = orjson.dumps(cells)
            # Where a text ends in `",`, it looks as if another one began behind it.
            if b'\\","' not in written:
                return _texts(path, written)
    if bool in kinds:
        # Python finds True and 1 equal.
        return [_piece(path, cell) for cell in cells]
    pieces = {cell: _piece(path, cell) for cell in dict.fromkeys(cells)}
    return [*map(pieces.__getitem__, cells)]


def _texts(path: Path, written: bytes) -> Sequence[bytes]:
    """Return the pieces of texts, all of which were written at once."""
    start = orjson.dumps(path) + b':"'
    # Within a text a quotation mark has a backslash before it, so these three only stand between two texts; and JSON
    # has no NUL.
    return (start + written[2:-2].replace(b'","', b'",\0' + start) + b'",').split(b"\0")


def _piece(path: Path, cell: Cell | None) -> bytes:
    if cell is None:
        return b""
    try:
        return said({path: cell})[1:-1] + b","
    except TypeError:
        # Half of a character: nothing that is remembered says that.
        return b"?,"
