"""Text that breaks where Chinese breaks.

Rich breaks lines at spaces only. A Chinese sentence has none, so Rich takes it for one long word and leaves the
line before it half empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions
from rich.measure import Measurement
from rich.text import Text

_UNBREAKABLE = re.compile(r"[“‘（《<]*(?:[!-~¥–—.]+|\S)[，。；：！？、）》”’,.;:!?)>…]*\s*|\s+")
"""A Latin word, a number or one Chinese character, with the punctuation that must not stand alone on a line."""


class Prose:
    """A Rich renderable: `text`, wrapped; at most `lines` lines of it, the last then ending in an ellipsis."""

    def __init__(self, text: Text, lines: int | None = None) -> None:
        self._text = text
        self._lines = lines

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        """Tell Rich the narrowest and the widest this text can be, in terminal cells."""
        plain = self._text.plain
        longest = max((cell_len(piece.rstrip()) for piece in _UNBREAKABLE.findall(plain)), default=0)
        return Measurement(min(longest, options.max_width), min(cell_len(plain), options.max_width))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[Text]:
        """Give Rich the lines, none wider than there is room for."""
        width = max(2, options.max_width)
        lines = self._text.divide(_breaks(_UNBREAKABLE.findall(self._text.plain), width))
        kept = lines[: self._lines] if self._lines else list(lines)
        for line in kept:
            line.rstrip()
        if len(kept) < len(lines):
            # Rich's own ellipsis leaves a gap where it takes half of a wide character.
            while kept[-1].cell_len > width - 1:
                kept[-1].right_crop()
            kept[-1].append("…")
        yield from kept


def _breaks(pieces: Iterable[str], width: int) -> Iterator[int]:
    """Give the offsets at which a new line begins, filling each line as far as it goes."""
    offset, used = 0, 0
    for piece in pieces:
        wide = cell_len(piece.rstrip())
        if used and used + wide > width:
            yield offset
            used = 0
        for sign in piece if wide > width else ():
            if used + cell_len(sign) > width:
                yield offset
                used = 0
            used += cell_len(sign)
            offset += 1
        if wide <= width:
            used += cell_len(piece)
            offset += len(piece)
