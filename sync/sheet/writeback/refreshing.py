"""New values into some cells of the staff's own workbook; everything else in it stays, byte by byte.

Unlike results, which find their row again wherever it is by now, these values were worked out from the cells as they
were read: where somebody saved the file since, nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO

from sync.errors import Refusal
from sync.messages import say
from sync.sheet.columns import Layout
from sync.sheet.file_version import Version, owner_file
from sync.sheet.files.encoding import utf8
from sync.sheet.making.typed import Typed
from sync.sheet.writeback import NOT_EDITABLE
from sync.sheet.writeback.addresses import Covered, number_of
from sync.sheet.writeback.archive import Archive, Chunks
from sync.sheet.writeback.contents import Pen
from sync.sheet.writeback.envelope import tail
from sync.sheet.writeback.formats import BLANK, Formats
from sync.sheet.writeback.parts import Parts, Register
from sync.sheet.writeback.saving import SavedSince, draft, replace
from sync.sheet.writeback.survey import Survey, Surveyor
from sync.sheet.writeback.worksheet import RawCell, RawRow, RowBlock, Worksheet

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
            kept = _Refreshing(Archive(file), layout, fresh).write(new.file)
            if owner := owner_file(source):
                raise Refusal(say("pull.open", file=source.name, owner=owner.name))
            new.finish()
            backup = replace(source, new, read)
    except SavedSince:
        raise Refusal(say("pull.saved_since", file=source.name)) from None
    except NOT_EDITABLE as error:
        raise Refusal(say("pull.not_editable", file=source.name, reason=type(error).__name__)) from error
    except OSError:
        raise Refusal(say("cli.unwritable", file=source)) from None
    return Refreshed(backup, kept)


class _Refreshing:
    """One workbook on its way from one stream into another."""

    def __init__(self, archive: Archive, layout: Layout, fresh: Fresh) -> None:
        self._archive = archive
        self._layout = layout
        self._fresh = fresh

    def write(self, out: BinaryIO) -> Collection[tuple[int, str]]:
        """Write the workbook; returns the cells that stayed."""
        parts = Parts(self._archive, self._layout.sheet)
        formats = Formats(self._archive.read(parts.styles) if parts.styles else BLANK)
        survey = Surveyor(Worksheet(self._chunks(parts), check=True), self._layout, formats).survey()
        sheet = Worksheet(self._chunks(parts))
        writer = _RefreshWriter(sheet, self._layout, self._fresh, formats, survey)
        register = Register(self._archive, parts.workbook, strict=parts.strict)
        changed: dict[str, Callable[[], Chunks]] = {
            parts.sheet: writer.sheet,
            # Which formats are needed is known only when the worksheet has been written.
            parts.styles or register.add_styles(): lambda: [formats.xml()],
        }
        workbook = parts.workbook_xml(survey.filter, None, recalculate=survey.formulas)
        for part, content in {**register.parts(), **({parts.workbook: workbook} if workbook else {})}.items():
            changed[part] = partial(_once, content)
        self._archive.rewrite(out, changed)
        return writer.kept

    def _chunks(self, parts: Parts) -> Iterator[bytes]:
        return utf8(self._archive.chunks(parts.sheet))


def _once(content: bytes) -> Chunks:
    return (content,)


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
        for piece in self._sheet.pieces():
            if isinstance(piece, RowBlock):
                yield piece.xml if piece.blank else b"".join(map(self._row, piece.rows()))
            else:
                yield self._row(piece) if isinstance(piece, RawRow) else piece
        yield from tail(self._sheet, None, None)

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
        if value is None:
            return self._pen.empty(cell.column, row, style)
        if isinstance(value, str):
            return self._pen.text(cell.column, row, style, value)
        return self._pen.number(cell.column, row, style, value)
