"""Rows of a workbook as a spreadsheet program shows them, as a picture for a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.cell import Cell
from rich.cells import cell_len

HEADERS = 2
"""The row of headers in the demo's sheet; a title stands above it."""
WIDTHS = {"A": 80, "C": 190, "F": 70, "G": 60, "H": 76, "I": 76, "N": 76, "O": 400}
"""Pixels, by the columns that are shown."""
_EDGE, _LINE, _PAD, _SIGN = 38, 19, 8, 7.1
"""Pixels: the strip of row numbers, a line of text, the room around it, a narrow sign."""
_GRID, _STRIP, _QUIET = "#d0d4d9", "#f1f3f4", "#5f6368"


@dataclass(frozen=True)
class _Box:
    left: float
    top: float
    width: float
    height: float

    def drawn(self, lines: Sequence[str], fill: str, ink: str) -> Iterator[str]:
        yield (
            f'<rect x="{self.left:g}" y="{self.top:g}" width="{self.width:g}" height="{self.height:g}" '
            f'fill="{fill}" stroke="{_GRID}"/>'
        )
        for number, line in enumerate(lines):
            baseline = self.top + min(_PAD, (self.height - _LINE) / 2) + _LINE * (number + 0.7)
            yield f'<text x="{self.left + _PAD:g}" y="{baseline:g}" fill="{ink}">{escape(line)}</text>'


def drawn_sheet(file: Path, rows: Sequence[int]) -> str:
    """Return the rows, below their headers, as an SVG."""
    sheet = load_workbook(file).worksheets[0]
    parts, top = [*_strip()], float(_LINE + _PAD)
    for row in (HEADERS, *rows):
        cells = [sheet[f"{letter}{row}"] for letter in WIDTHS]
        texts = [_lines(_shown(cell), width) for cell, width in zip(cells, WIDTHS.values(), strict=True)]
        height = max(len(lines) for lines in texts) * _LINE + 2 * _PAD
        parts += _Box(0, top, _EDGE, height).drawn([str(row)], _STRIP, _QUIET)
        left = float(_EDGE)
        for cell, lines, width in zip(cells, texts, WIDTHS.values(), strict=True):
            parts += _Box(left, top, width, height).drawn(lines, _fill(cell), _ink(cell))
            left += width
        top += height
    size = f"0 0 {_EDGE + sum(WIDTHS.values()) + 1:g} {top + 1:g}"
    fonts = 'system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
    return "\n".join((
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}">',
        f"<style>text {{ font: 13.5px {fonts} }}</style>",
        *parts,
        "</svg>\n",
    ))  # fmt: skip


def _strip() -> Iterator[str]:
    left, height = float(_EDGE), float(_LINE + _PAD)
    yield from _Box(0, 0, _EDGE, height).drawn([], _STRIP, _QUIET)
    for letter, width in WIDTHS.items():
        yield from _Box(left, 0, width, height).drawn([letter], _STRIP, _QUIET)
        left += width


def _shown(cell: Cell) -> str:
    if cell.value is None:
        return ""
    return (
        f"{cell.value:,.2f}"
        if cell.number_format == "#,##0.00" and isinstance(cell.value, int | float)
        else str(cell.value)
    )


def _lines(text: str, width: float) -> list[str]:
    """Cut a text where it would leave its column: Chinese anywhere, other words at a blank."""
    room, lines, line = (width - 2 * _PAD) / _SIGN, [""], ""
    for sign in text:
        line += sign
        if cell_len(line) > room:
            kept = line[:-1].rfind(" ") + 1 if sign.isascii() and " " in line[:-1] else len(line) - 1
            lines[-1:], line = [line[:kept].rstrip(), ""], line[kept:]
    return [*lines[:-1], line]


def _fill(cell: Cell) -> str:
    return f"#{cell.fill.fgColor.rgb[2:]}" if cell.fill.fill_type else "#ffffff"


def _ink(cell: Cell) -> str:
    colour = cell.font.color.rgb if cell.font.color else None
    return f"#{colour[2:]}" if isinstance(colour, str) else "#000000"
