"""What a terminal shows, as a picture for a page: an SVG that fetches nothing."""

from __future__ import annotations

import re
from html import escape, unescape
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.terminal_theme import TerminalTheme

COLUMNS = 104
_PAPER, _INK = (24, 28, 34), (214, 219, 226)
_RED, _GREEN, _YELLOW, _BLUE = (255, 123, 114), (126, 211, 133), (227, 189, 105), (121, 184, 255)
_MAGENTA, _CYAN = (226, 153, 240), (108, 203, 214)
_THEME = TerminalTheme(_PAPER, _INK, [_PAPER, _RED, _GREEN, _YELLOW, _BLUE, _MAGENTA, _CYAN, _INK])
"""Dark paper, because it looks well on a light page as on a dark one."""
_FONTS = """ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", "PingFang SC", "Microsoft YaHei", \
"Noto Sans CJK SC", monospace"""
"""Rich's own frame would fetch a font from the network, which a repository's page doesn't let it do."""
_CELL, _AIR = 12.2, 1.15
"""How wide Rich draws a cell, and how much further apart lines are easy on the eye than Rich sets them."""
_LEFT, _TOP = 26, 52
"""The margin of the picture, with room for the three dots of a window."""
_CHUNK = re.compile(r'<text class="(?P<style>[^"]+)" x="(?P<x>[^"]+)" y="(?P<y>[^"]+)"[^>]*>(?P<text>[^<]*)</text>')


def drawn_terminal(console: Console) -> str:
    """Return what was printed on a console that records."""
    return _framed(console.export_svg(theme=_THEME, code_format="{styles}<g>{matrix}", unique_id="t"))


def _framed(drawn: str) -> str:
    styles, matrix = drawn.split("<g>")
    chunks = list(_CHUNK.finditer(matrix))
    width = COLUMNS * _CELL + 2 * _LEFT
    height = _TOP + max(float(chunk["y"]) for chunk in chunks) * _AIR + _LEFT
    dots = "".join(
        f'<circle cx="{_LEFT + 7 + 22 * n}" cy="27" r="7" fill="{colour}"/>'
        for n, colour in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return f"""\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:.0f} {height:.0f}">
<style>
text {{ font-family: {_FONTS}; font-size: 20px }}
.wide {{ font-size: 23px }}
{styles}
</style>
<rect width="100%" height="100%" rx="10" fill="rgb{_PAPER}"/>
{dots}
<g transform="translate({_LEFT} {_TOP})">
{"".join(map(_spaced, chunks))}</g>
</svg>
"""


def _spaced(chunk: re.Match[str]) -> str:
    """Give wide signs the two cells that a terminal gives them; Rich draws every sign one cell wide."""
    x, pieces = float(chunk["x"]), []
    for piece in _runs(unescape(chunk["text"])):
        cells = cell_len(piece)
        if piece.strip("\xa0\n"):
            style = chunk["style"] + (" wide" if cells > len(piece) else "")
            place = f'class="{style}" x="{x:g}" y="{float(chunk["y"]) * _AIR:g}" textLength="{cells * _CELL:g}"'
            pieces.append(f"<text {place}>{escape(piece)}</text>\n")
        x += cells * _CELL
    return "".join(pieces)


def _runs(text: str) -> list[str]:
    """Cut a text where wide signs follow narrow ones, or the other way about."""
    return ["".join(signs) for _, signs in groupby(text, key=cell_len)]
