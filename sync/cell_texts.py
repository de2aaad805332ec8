"""What rows ask for, as texts, made by column: a value that repeats is written once."""

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
        yield b"{" + b",".join(filter(None, row)) + b"}"


def _pieces(path: Path, cells: Sequence[Cell | None]) -> Sequence[bytes]:
    """Return what each cell adds to its row's text; empty: nothing."""
    if bool in {*map(type, cells)}:
        # Python finds True and 1 equal.
        return [_piece(path, cell) for cell in cells]
    distinct = dict.fromkeys(cells)
    texts = _texts(path, [*distinct])
    if len(texts) == len(cells):
        return texts
    return [*map(dict(zip(distinct, texts, strict=True)).__getitem__, cells)]


def _texts(path: Path, values: Sequence[Cell | None]) -> Sequence[bytes]:
    if {*map(type, values)} == {str}:
        with suppress(TypeError):
            start = orjson.dumps(path) + b':"'
            # Within a text a quotation mark has a backslash before it, so these three only stand between two texts.
            return [start + text + b'"' for text in orjson.dumps(values)[2:-2].split(b'","')]
    return [_piece(path, value) for value in values]


def _piece(path: Path, cell: Cell | None) -> bytes:
    if cell is None:
        return b""
    try:
        return said({path: cell})[1:-1]
    except TypeError:
        # Half of a character: nothing that is remembered says that.
        return b"?"
