"""Tables with a line a row of the sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from sync.fields import OUTER_ID, TITLE, path_words
from sync.messages import Language, say
from sync.plan.plan import Action
from sync.report.prose import Prose
from sync.report.table import STYLES, plain_table
from sync.report.words import ChangeLine, Entry, Remark

NARROW = 100
"""Columns: below this, codes and titles get less room, so that changes get enough."""


def row_table(width: int, language: Language) -> Table:
    """Return a table that begins with the columns of `row_cells`."""
    lines = plain_table(width)
    lines.add_column(say("report.column.row").words(language), justify="right", no_wrap=True)
    lines.add_column(path_words(OUTER_ID, language), max_width=12 if width < NARROW else 20, overflow="fold")
    lines.add_column(path_words(TITLE, language), max_width=14 if width < NARROW else 26)
    return lines


def row_cells(entry: Entry) -> tuple[RenderableType, RenderableType, RenderableType]:
    """Return a row's number, code and title, in the colour of what it came to."""
    style = STYLES[entry.ending.value]
    title = Prose(Text(entry.title), lines=max(2, len(entry.changes)))
    return Text(str(entry.number), style), Text(entry.outer_id, style), title


def changes_table(rows: Sequence[Entry], width: int, language: Language) -> Table:
    """Return the rows with one line a change, what is to be known of them below, and their calls."""
    why = say("report.column.why").words(language)
    why_width = max(Text(text).cell_len for text in (why, *(line.why for entry in rows for line in entry.changes)))
    lines = row_table(width, language)
    heads = _side_by_side(why_width, [(Text(say("report.column.changes").words(language)), Text(why))])
    lines.add_column(heads, ratio=1)
    lines.add_column(say("report.column.calls").words(language), no_wrap=True)
    for entry in rows:
        changes = _changes(entry, why_width, language)
        body = Group(changes, *(remark_text(remark) for remark in entry.remarks))
        lines.add_row(*row_cells(entry), body, Text("\n".join(entry.calls), "dim"))
    return lines


def _changes(entry: Entry, why_width: int, language: Language) -> Table:
    """A new item has nothing to compare with: what it will be is one line, and the page has a line a field."""
    told = [line for line in entry.changes if not _told(line)]
    if entry.action is not Action.PUBLISH or not told:
        return _side_by_side(why_width, [_change_cells(line) for line in told])
    text = ("；" if language == "zh" else "; ").join(line.text for line in told)
    return _side_by_side(why_width, [(Prose(Text(text)), _why_cell(told[0]))])


def remarks_table(rows: Sequence[Entry], width: int, language: Language) -> Table:
    """Return the rows with what is to be known of them, each with its cell."""
    lines = row_table(width, language)
    lines.add_column(say("report.column.problem").words(language), ratio=1)
    for entry in rows:
        lines.add_row(*row_cells(entry), Group(*(remark_text(remark) for remark in entry.remarks)))
    return lines


def remark_text(remark: Remark) -> Prose:
    """Return a remark with its cell in front, in the colour of its level."""
    style = STYLES[remark.level.value]
    cell = [(f"{remark.cell} ", f"bold {style}".strip())] if remark.cell else []
    return Prose(Text.assemble(*cell, (remark.text, style)))


def named_lines(pairs: Iterable[tuple[str, str]], style: str) -> Table:
    """Return short names, indented and coloured, each with its sentence beside it."""
    lines = Table.grid(padding=(0, 2, 0, 0))
    for name, sentence in pairs:
        lines.add_row(Text(f"  {name}", style), Prose(Text(sentence)))
    return lines


def _told(line: ChangeLine) -> bool:
    """A new item's code and title already stand in columns of their own."""
    return line.before is None and line.change.path in (OUTER_ID, TITLE)


def _side_by_side(why_width: int, rows: Iterable[tuple[RenderableType, RenderableType]]) -> Table:
    """Changes and whys are a table of their own inside one column, so that remarks can run below both."""
    pairs = Table.grid(padding=(0, 2, 0, 0), expand=True)
    pairs.add_column(ratio=1)
    pairs.add_column(width=why_width, no_wrap=True)
    for change, why in rows:
        pairs.add_row(change, why)
    return pairs


def _change_cells(line: ChangeLine) -> tuple[RenderableType, RenderableType]:
    text = Text(line.text)
    text.stylize("dim", 0, len(line.field))
    return Prose(text), _why_cell(line)


def _why_cell(line: ChangeLine) -> Text:
    return Text(line.why, STYLES.get(line.change.kind.value, "dim"))
