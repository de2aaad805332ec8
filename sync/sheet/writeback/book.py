"""A workbook from one stream into another, with results written into one of its worksheets."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from typing import BinaryIO

from sync.call import RowResult
from sync.messages import Language
from sync.sheet.columns import Layout
from sync.sheet.files.encoding import utf8
from sync.sheet.state_mark import Mark
from sync.sheet.writeback.archive import Archive, Chunks
from sync.sheet.writeback.contents import shared_strings
from sync.sheet.writeback.filling import Filling
from sync.sheet.writeback.formats import BLANK, Formats
from sync.sheet.writeback.parts import Parts, Register
from sync.sheet.writeback.row_matching import find_columns, find_places, headers_stand
from sync.sheet.writeback.survey import Survey, Surveyor
from sync.sheet.writeback.tables import range_of, with_columns
from sync.sheet.writeback.worksheet import Worksheet


class Moved(Exception):
    """The columns aren't where they were read."""


@dataclass(frozen=True)
class Wanted:
    """What is to be written."""

    layout: Layout
    results: Sequence[RowResult]
    language: Language
    mark: Mark | None = None
    """The state whose results these are."""


@dataclass(frozen=True)
class Filled:
    """What came of it."""

    unplaced: tuple[RowResult, ...]
    standing: tuple[RowResult, ...]
    refilled: tuple[RowResult, ...]
    counted: tuple[RowResult, ...]
    covered: tuple[int, ...]
    """Rows whose result couldn't be written in full."""
    signed: bool
    """Whether the workbook bears a signature, which doesn't hold any more."""


def fill(source: BinaryIO, out: BinaryIO, wanted: Wanted) -> Filled:
    """Write the workbook `source`, with what is wanted in it, into the empty file `out`.

    Raises `Moved`, and all that zipfile and the parsers raise on a damaged file.
    """
    rewriting, unplaced = _prepare(source, wanted)
    rewriting.write(out)
    filling = rewriting.filling
    return Filled(
        unplaced,
        tuple(filling.standing),
        tuple(filling.refilled),
        tuple(filling.counted),
        tuple(filling.covered),
        rewriting.parts.signed,
    )


def try_out(source: BinaryIO, wanted: Wanted) -> Sequence[RowResult]:
    """Do as `fill` does, but write nothing, and only one row's result in earnest; returns those without a row.

    Raises as `fill` does.
    """
    rewriting, unplaced = _prepare(source, wanted)
    filling = rewriting.filling
    one = dict(islice(filling.results.items(), 1))
    replace(rewriting, filling=replace(filling, results=one)).try_out()
    return unplaced


def _prepare(source: BinaryIO, wanted: Wanted) -> tuple[_Rewriting, tuple[RowResult, ...]]:
    """Read the workbook through, once; returns what is to be written, and the results without a row."""
    layout = wanted.layout
    archive = Archive(source)
    parts = Parts(archive, layout.sheet)
    if not parts.has_sheet:
        raise Moved
    formats = Formats(archive.read(parts.styles) if parts.styles else BLANK)
    expected = {result.row: result for result in wanted.results}
    sheet = Worksheet(utf8(archive.chunks(parts.sheet)), check=True)
    survey = Surveyor(sheet, layout, formats, expected).survey()
    strings = _strings(archive, parts, survey)
    if not headers_stand(survey, layout, strings):
        raise Moved
    placed, unplaced = find_places(survey, expected, strings)
    tables = [range_of(archive.read(part)) for part in parts.tables]
    columns = find_columns(layout, survey, wanted.results, tables)
    filling = Filling(placed, columns, layout.header_row, wanted.language, survey, strings, formats, parts.epoch)
    return _Rewriting(archive, parts, filling, wanted.mark), unplaced


def _strings(archive: Archive, parts: Parts, survey: Survey) -> Mapping[int, str]:
    """The shared strings that the cells hold which have to be looked at."""
    if not survey.wanted or not parts.strings:
        return {}
    return shared_strings(archive.chunks(parts.strings), survey.wanted)


@dataclass(frozen=True)
class _Rewriting:
    """Which parts say something else than they did."""

    archive: Archive
    parts: Parts
    filling: Filling
    mark: Mark | None

    def write(self, out: BinaryIO) -> None:
        """Write the workbook."""
        changed, without = self._changed()
        self.archive.rewrite(out, changed, without)

    def try_out(self) -> None:
        """Make all that would be written."""
        self.archive.rehearse(self._changed()[0])

    def _changed(self) -> tuple[Mapping[str, Callable[[], Chunks]], Sequence[str]]:
        """The parts that say something else, in the order in which they are made, and those that go."""
        register = Register(self.archive, self.parts.workbook, strict=self.parts.strict)
        changed: dict[str, Callable[[], Chunks]] = {self.parts.sheet: self._sheet}
        # Which formats are needed is known only when the worksheet has been written.
        changed[self.parts.styles or register.add_styles()] = self._styles
        chain = self.parts.calculation if self.filling.survey.formulas_written_over else None
        if chain:
            # The list must not name a cell without a formula. Excel makes it anew.
            register.remove(chain)
        properties = self.parts.marked(self.mark) if self.mark else None
        if properties is not None:
            changed[self.parts.properties or register.add_properties()] = partial(_once, properties)
        for part, content in {**register.parts(), **self._wider()}.items():
            changed[part] = partial(_once, content)
        return changed, [chain] if chain else []

    def _sheet(self) -> Iterator[bytes]:
        return self.filling.fill(Worksheet(utf8(self.archive.chunks(self.parts.sheet))))

    def _styles(self) -> Chunks:
        formats = self.filling.formats
        if formats.changed or not self.parts.styles:
            return [formats.xml()]
        return self.archive.chunks(self.parts.styles)

    def _wider(self) -> Mapping[str, bytes]:
        """The parts that must know of new columns, and of formulas whose results may have changed."""
        columns, header_row = self.filling.columns, self.filling.header_row
        survey = self.filling.survey
        tables = {
            part: with_columns(self.archive.read(part), columns, header_row, survey.merges)
            for part in self.parts.tables
        }
        cleared = any(result.change_applied is not None for result in self.filling.results.values())
        workbook = self.parts.workbook_xml(
            survey.filter, self.filling.wider_filter, recalculate=survey.formulas and cleared
        )
        found = {**tables, self.parts.workbook: workbook}
        return {part: content for part, content in found.items() if content is not None}


def _once(content: bytes) -> Chunks:
    return (content,)
