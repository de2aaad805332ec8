"""What `check` found, in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.text import Text

from sync.legible import legible
from sync.messages import Language, Level, Problem, listed, say
from sync.report.prose import Prose
from sync.report.table import STYLES, plain_table, tiles_line
from sync.report.tiles import Tile

if TYPE_CHECKING:
    from rich.table import Table

_FEW = 10
"""Cells with the same problem, that are named; the JSON names them all."""
_LEVELS = tuple(Level)
"""The worst first."""


def print_problems(found: Sequence[tuple[int | None, Problem]], language: Language, console: Console) -> None:
    """Print what `check` found, errors first: the cell (or the row; None: the whole sheet), what is wrong, totals."""
    if found:
        console.print(_table(found, language, console.width), "")
    counts = ((level, sum(problem.level is level for _, problem in found)) for level in _LEVELS)
    tiles = [Tile(level.value, say(f"report.level.{level.value}").words(language), n) for level, n in counts]
    console.print(tiles_line(tiles, console.width))


def _table(found: Sequence[tuple[int | None, Problem]], language: Language, width: int) -> Table:
    lines = plain_table(width)
    lines.add_column(say("report.column.cell").words(language), no_wrap=True)
    lines.add_column(say("report.column.problem").words(language), ratio=1)
    alike: dict[tuple[Level, str], list[str]] = {}
    for number, problem in sorted(found, key=lambda pair: _LEVELS.index(pair[1].level)):
        text = legible(problem.message.words(language))
        alike.setdefault((problem.level, text), []).append(problem.cell or _row_words(number, language))
    for (level, text), (first, *others) in alike.items():
        told = Group(Prose(Text(text)), *(_also(others, language) if others else ()))
        lines.add_row(Text(first, f"bold {STYLES[level.value]}"), told)
    return lines


def _also(cells: Sequence[str], language: Language) -> Iterator[RenderableType]:
    names = listed(cells[:_FEW]).words(language) + ("…" if cells[_FEW:] else "")
    yield Prose(Text(say("report.alike.cells", count=len(cells), cells=names).words(language)))


def _row_words(number: int | None, language: Language) -> str:
    message = say("report.whole_sheet") if number is None else say("report.row", row=number)
    return message.words(language)
