"""New values into some cells of the staff's own workbook; everything else in it stays, byte by byte.

Unlike results, which find their row again wherever it is by now, these values were worked out from the cells as they
were read: where somebody saved the file since, nothing is written.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from sync.errors import Refusal
from sync.messages import say
from sync.sheet.columns import Layout
from sync.sheet.file_version import Version, owner_file
from sync.sheet.typed import Typed
from sync.sheet.writeback import NOT_EDITABLE
from sync.sheet.writeback.addresses import Covered, number_of
from sync.sheet.writeback.book import Book
from sync.sheet.writeback.contents import Pen
from sync.sheet.writeback.envelope import tail
from sync.sheet.writeback.formats import Formats
from sync.sheet.writeback.saving import SavedSince, draft, replace
from sync.sheet.writeback.survey import Survey, Surveyor
from sync.sheet.writeback.worksheet import RawCell, RawRow, Worksheet

MARK = "FFF1B8"
"""The fill of a refreshed cell: none of the results'."""

Fresh = Mapping[int, Mapping[str, Typed | None]]
"""By row, and by path or purpose of the column, what the cell is to hold; None: nothing."""


@dataclass(frozen=True)
class Refreshed:
    """What came of it."""

    backup: Path
    """The copy of the staff's file as it was."""
    kept: Collection[tuple[int, str]]
    """Cells, by row and column, that hold a formula or lie in a merged range, and so stayed."""


def refresh(source: Path, layout: Layout, fresh: Fresh, read: Version | None) -> Refreshed:
    """Write `fresh` into `source`, marking what is written; a copy of the file as it was is put beside it.

    `read` is the file's version when the cells were read. Raises `Refusal` where it is another by now, and where the
    file can't be written; then it is as it was.
    """
    source = source.resolve()
    try:
        with draft(source) as new, source.open("rb") as file:
            kept = _write(file, new.file, layout, fresh)
            if owner := owner_file(source):
                raise Refusal(say("pull.open", file=source.name, owner=owner.name))
            new.finish()
            backup = replace(source, new, read)
    except SavedSince:
        raise Refusal(say("pull.saved_since", file=source.name)) from None
    except NOT_EDITABLE as error:
        raise Refusal(say("pull.not_editable", file=source.name, reason=type(error).__name__)) from error
    except OSError:
        raise Refusal(say("file.unwritable", file=source)) from None
    return Refreshed(backup, kept)


def _write(source: BinaryIO, out: BinaryIO, layout: Layout, fresh: Fresh) -> Collection[tuple[int, str]]:
    """Write the workbook `source` with the new values into `out`; returns the cells that stayed."""
    book = Book(source, layout.sheet)
    survey = Surveyor(book.worksheet(check=True), layout, book.formats).survey()
    writer = _RefreshWriter(book.worksheet(), layout, fresh, book.formats, survey)
    workbook = book.parts.workbook_xml(survey.filter, None, recalculate=survey.formulas)
    book.archive.rewrite(out, book.changed(writer.sheet, {book.parts.workbook: workbook}))
    return writer.kept


class _RefreshWriter:
    """Writes one worksheet; `kept` are the cells that stayed, by row and column."""

    def __init__(self, sheet: Worksheet, layout: Layout, fresh: Fresh, formats: Formats, survey: Survey) -> None:
        self.kept: list[tuple[int, str]] = []
        self._sheet = sheet
        self._fresh = fresh
        self._formats = formats
        self._columns = {key: number_of(letters.encode()) for key, letters in layout.columns.items()}
        self._fixed = Covered([*survey.merges, *survey.arrays], self._columns.values())
        self._pen = Pen(sheet.names.prefix)

    def sheet(self) -> Iterator[bytes]:
        """Yield the worksheet, with the new values in it."""
        yield self._sheet.head
        yield from self._sheet.rewritten(self._row, lambda _: True)
        yield from self._sheet.others()
        yield from tail(self._sheet.tail(), None, None)

    def _row(self, row: RawRow) -> bytes:
        cells: dict[int, bytes] = {}
        for key, value in self._fresh.get(row.number, {}).items():
            cell = row.cell(self._columns[key])
            if cell is None or self._stays(cell, row.number):
                self.kept.append((row.number, key))
            else:
                cells[cell.column] = self._written(cell, row.number, value)
        return row.with_cells(cells, row.tag) if cells else row.xml

    def _stays(self, cell: RawCell, row: int) -> bool:
        formula = self._sheet.names.formula.search(cell.content)
        return formula is not None or self._fixed.find(cell.column, row) is not None

    def _written(self, cell: RawCell, row: int, value: Typed | None) -> bytes:
        style = self._formats.marked(cell.style, MARK, quoted=isinstance(value, str))
        if isinstance(value, str):
            return self._pen.text(cell.column, row, style, value)
        return self._pen.number(cell.column, row, style, value)
