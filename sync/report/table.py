"""What all lists in the terminal share: colours, totals, a table that still reads well when piped into a file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from sync.report.tiles import TONES, Tile

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_COLOURS = {
    "green": "green",
    "blue": "cyan",
    "red": "red",
    "orange": "dark_orange",
    "yellow": "yellow",
    "magenta": "magenta",
    "grey": "dim",
}
"""No blue: on a black terminal nobody can read it."""
STYLES = {key: _COLOURS[tone] for key, tone in TONES.items()} | {"drift": "bright_cyan", "note": ""}

_APART = 3
"""Columns between two numbers."""
WIDEST = 140
"""Columns: on a wider screen the eye would lose the line between a row's title and its changes."""


def plain_table(width: int) -> Table:
    """Return a table whose only line is the one below its header."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    return Table(
        box=SIMPLE_HEAD, show_edge=False, width=min(width, WIDEST), padding=(0, 1, 0, 0), header_style="bold"
    )


def tiles_line(tiles: Iterable[Tile], width: int) -> RenderableType:
    """Return the numbers in one line (two where a terminal of so many columns has no room), zeros in grey."""
    texts = [_tile(tile) for tile in tiles]
    line = Text(" " * _APART).join(texts)
    if line.cell_len <= width:
        return line
    from rich.columns import Columns

    return Columns(texts, padding=(0, _APART))


def _tile(tile: Tile) -> Text:
    style = STYLES[tile.key] if tile.number else "dim"
    return Text.assemble(f"{tile.label} ", (str(tile.number), "bold"), style=style)
