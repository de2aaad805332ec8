"""Results into one worksheet of a workbook, which goes from one stream into another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

from sync.call import RowResult
from sync.messages import Language
from sync.sheet.columns import Layout
from sync.sheet.state_mark import Mark
from sync.sheet.writeback.book import Book, Changed, Moved
from sync.sheet.writeback.contents import shared_strings
from sync.sheet.writeback.filling import Filling, FillReport
from sync.sheet.writeback.row_matching import find_columns, headers_stand, match_rows
from sync.sheet.writeback.survey import Survey, Surveyor
from sync.sheet.writeback.tables import range_of, with_columns


@dataclass(frozen=True)
class Wanted:
    """What is to be written."""

    layout: Layout
    results: Sequence[RowResult]
    language: Language
    mark: Mark | None = None
    """The state whose results these are."""


def fill(source: BinaryIO, out: BinaryIO, wanted: Wanted) -> FillReport:
    """Write the workbook `source`, with what is wanted in it, into the empty file `out`.

    Raises `Moved`, and all that zipfile and the parsers raise on a damaged file.
    """
    book, filling = _prepare(source, wanted)
    chain = _outdated_chain(book, filling)
    book.archive.rewrite(out, _changed(book, filling, wanted.mark, chain), chain)
    return filling.report


def try_out(source: BinaryIO, wanted: Wanted) -> Sequence[RowResult]:
    """Do as `fill` does, but write nothing, and only one row's result in earnest; returns those without a row.

    Raises as `fill` does.
    """
    book, filling = _prepare(source, wanted)
    one = replace(filling, results=dict(islice(filling.results.items(), 1)))
    book.archive.rehearse(_changed(book, one, None, _outdated_chain(book, one)))
    return filling.report.unplaced


def _prepare(source: BinaryIO, wanted: Wanted) -> tuple[Book, Filling]:
    """Read the workbook through, once; returns it, and what is to be written."""
    layout = wanted.layout
    book = Book(source, layout.sheet)
    expected = {result.row: result for result in wanted.results}
    survey = Surveyor(book.worksheet(check=True), layout, book.formats, expected).survey()
    strings = _strings(book, survey)
    if not headers_stand(survey, layout, strings):
        raise Moved
    placed, unplaced = match_rows(survey, expected, strings)
    tables = [range_of(book.archive.read(part)) for part in book.parts.tables]
    columns = find_columns(layout, survey, wanted.results, tables)
    report = FillReport(unplaced=unplaced, signed=book.parts.signed)
    return book, Filling(
        placed, columns, layout.header_row, wanted.language, survey, strings, book.formats, book.parts.epoch, report
    )


def _strings(book: Book, survey: Survey) -> Mapping[int, str]:
    """The shared strings that the cells hold which have to be looked at."""
    if not survey.wanted or not book.parts.strings:
        return {}
    return shared_strings(book.archive.chunks(book.parts.strings), survey.wanted)


def _outdated_chain(book: Book, filling: Filling) -> Sequence[str]:
    """The list of all cells with formulas, where it would name one without. Excel makes it anew."""
    chain = book.parts.calculation if filling.survey.formulas_written_over else None
    return [chain] if chain else []


def _changed(book: Book, filling: Filling, mark: Mark | None, without: Sequence[str]) -> Changed:
    """The worksheet, and the parts that must know of new columns and of formulas whose results may have changed."""
    parts, survey = book.parts, filling.survey

    def sheet() -> Iterator[bytes]:
        return filling.fill(book.worksheet())

    contents = {
        part: with_columns(book.archive.read(part), filling.columns, filling.header_row, survey.merges)
        for part in parts.tables
    }
    cleared = any(result.change_applied is not None for result in filling.results.values())
    contents[parts.workbook] = parts.workbook_xml(
        survey.filter, filling.wider_filter, recalculate=survey.formulas and cleared
    )
    return book.changed(sheet, contents, parts.marked(mark) if mark else None, without)
