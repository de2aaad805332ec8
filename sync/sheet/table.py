"""Which worksheet is the staff's table, and where it stands there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from sync.errors import NeedsWorksheet, Refusal
from sync.fields import OUTER_ID, of_path
from sync.messages import Message, say
from sync.sheet.columns import Heading, Headings, Layout, find_headings
from sync.sheet.draft import Drafts
from sync.sheet.files.addresses import letters
from sync.sheet.files.opening import open_workbook
from sync.sheet.files.shown import rows_as_shown
from sync.sheet.files.traits import Traits
from sync.sheet.files.workbook import Grid, Raw, Workbook
from sync.sheet.headers import SEARCHED, USUAL, Vocabulary
from sync.sheet.names import Names
from sync.synonyms import meant

_WIDEST = 200
"""Columns in which the key's header may have been mistyped."""
MOST_ROWS = 200_000
"""Of items: more would take days of calls, and more memory than there is."""


def find_layout(path: Path, sheet: str | None, vocabulary: Vocabulary = USUAL) -> Layout:
    """Say where the table stands by now in a file that was read before: in `sheet`, if there still is such a one.

    Raises `Refusal` as `Table.find` does.
    """
    workbook = open_workbook(path, vocabulary)
    return Table.find(workbook, sheet if sheet in workbook.sheets else None, vocabulary).layout


class Table(NamedTuple):
    """The worksheet with the key column: its values by row, its headers, its traits."""

    rows: Grid
    headings: Headings
    traits: Traits
    layout: Layout

    @classmethod
    def find(cls, workbook: Workbook, sheet: str | None, vocabulary: Vocabulary = USUAL) -> Table:
        """Look for the key column, in `sheet` or in all that are visible.

        Of several worksheets that have it the one with the highest `Rank` is meant. Raises `Refusal` if none has it,
        `NeedsWorksheet` if more than one could be meant.
        """
        if sheet is not None and sheet not in workbook.sheets:
            raise Refusal(say("sheet.no_such", file=workbook.path.name, sheet=sheet, names=Names.of(workbook.sheets)))
        best: list[tuple[str, Grid, Headings]] = []
        tops: list[tuple[str, Sequence[Sequence[Raw]]]] = []
        for name in [sheet] if sheet is not None else workbook.sheets:
            rows = workbook.rows(name)
            tops.append((name, rows[:SEARCHED]))
            headings = find_headings(rows, vocabulary)
            if headings is None or (best and headings.rank < best[0][2].rank):
                continue
            if best and headings.rank > best[0][2].rank:
                best.clear()
            best.append((name, rows, headings))
        if not best:
            raise Refusal(_no_key(workbook, tops))
        if len(best) > 1:
            raise _which(workbook.path.name, [name for name, _, _ in best])
        return cls._of(workbook, *best[0])

    @classmethod
    def _of(cls, workbook: Workbook, sheet: str, rows: Grid, headings: Headings) -> Table:
        rows = _as_shown(workbook, sheet, rows, headings)
        traits = workbook.traits(sheet)
        last = max(_last_used(rows, headings.row), *(column for _, column in traits.addresses), 1)
        layout = headings.layout(sheet, last, editable=workbook.editable)
        table = cls(rows, headings, traits, layout)
        table._refuse_two_header_rows(workbook.path)
        return table

    @property
    def managed(self) -> tuple[Heading, ...]:
        """The columns that staff fill for us to read."""
        return tuple(heading for heading in self.headings.known if heading.managed)

    def heading(self, key: str) -> Heading | None:
        """The column of that path or purpose, if the sheet has it."""
        return next((heading for heading in self.headings.known if heading.key == key), None)

    def row(self, number: int) -> Sequence[Raw]:
        """All values of a row, by column from A on."""
        return self.rows[number - 1] if number <= len(self.rows) else [""] * len(self.rows.columns)

    def column(self, heading: Heading, numbers: Iterable[int]) -> Sequence[Raw]:
        """The values of a column in the rows of these numbers."""
        raws = self.rows.columns[heading.index - 1]
        if isinstance(numbers, range) and numbers.stop <= len(raws) + 1:
            return raws[numbers.start - 1 : numbers.stop - 1]
        return [raws[number - 1] if number <= len(raws) else "" for number in numbers]

    def drafts(self) -> Drafts:
        """Return each row below the headers that has anything in a managed column; nothing is read yet.

        Raises `Refusal` if there are too many.
        """
        found = self._filled_rows()
        if len(found) > MOST_ROWS:
            raise Refusal(say("sheet.too_many_rows", sheet=self.layout.sheet, rows=len(found), most=MOST_ROWS))
        return Drafts(found)

    def _filled_rows(self) -> Sequence[int]:
        """The numbers of rows below the headers with anything in a managed column, from the top."""
        below = range(self.headings.row + 1, len(self.rows) + 1)
        # Nearly every row has its code: then its other cells needn't be looked at.
        unfilled = {*below} if "" in self.column(self.headings.key, below) else set()
        for heading in self.managed if unfilled else ():
            raws = self.column(heading, below)
            unfilled -= {number for number, raw in zip(below, raws, strict=True) if raw != ""}
        more = {number for number, _ in self.traits.addresses if number > self.headings.row}
        if not unfilled and all(number in below for number in more):
            return below
        return sorted({*below} - unfilled | more)

    def _refuse_two_header_rows(self, path: Path) -> None:
        """Refuse 商家编码 merged over two rows with other headers in the lower one: neither row has them all."""
        key = next(heading for heading in self.headings.known if heading.key == OUTER_ID)
        for merge in self.traits.merges:
            if merge.left <= key.index <= merge.right and merge.top <= self.headings.row < merge.bottom:
                below = range(self.headings.row + 1, merge.bottom + 1)
                if any(self._is_header(raw) for number in below for raw in self.row(number)):
                    raise Refusal(say("sheet.two_header_rows", file=path.name, range=str(merge)))

    def _is_header(self, raw: Raw) -> bool:
        return isinstance(raw, str) and self.headings.vocabulary.agreed(raw) is not None


def _no_key(workbook: Workbook, tops: Sequence[tuple[str, Sequence[Sequence[Raw]]]]) -> Message:
    """Say that no worksheet has the key, naming the header that comes nearest to it."""
    key = of_path(OUTER_ID)
    cells = [
        (meant(raw, [key]), name, f"{letters(column)}{row}", raw)
        for name, rows in tops
        for row, texts in enumerate(rows, start=1)
        for column, raw in enumerate(texts[:_WIDEST], start=1)
        if isinstance(raw, str) and raw
    ]
    (field, _), sheet, cell, raw = max(cells, key=lambda one: one[0][1], default=((None, 0.0), "", "", ""))
    if field is None:
        return say("sheet.no_key", file=workbook.path.name)
    header = " ".join(raw.split())
    return say("sheet.no_key.nearest", file=workbook.path.name, sheet=sheet, cell=cell, header=header)


def _last_used(rows: Grid, header_row: int) -> int:
    """The last column, from 1, with anything in it at or below the headers."""
    numbers = range(len(rows.columns), 1, -1)
    below = (islice(rows.columns[number - 1], header_row - 1, None) for number in numbers)
    return next((number for number, raws in zip(numbers, below, strict=True) if any(raw != "" for raw in raws)), 1)


def _as_shown(workbook: Workbook, sheet: str, rows: Grid, headings: Headings) -> Grid:
    """Put in place of numbers what Excel shows of them, in the columns where that is what counts."""
    columns = {heading.index: heading for heading in headings.known if heading.read_as_shown}
    formats = workbook.formats(sheet, columns)
    return rows_as_shown(rows, headings.row, formats, lambda column, raw, code: columns[column].shown(raw, code))


def _which(file: str, sheets: Sequence[str]) -> NeedsWorksheet:
    return NeedsWorksheet(say("sheet.several", file=file, names=Names.of(sheets), first=sheets[0]), sheets)
