"""Results into one worksheet of a workbook, which goes from one stream into another."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import BinaryIO, NamedTuple

from sync.call import Result, RowResult, by_row
from sync.item import SHOP_TIME
from sync.messages import Language
from sync.sheet.columns import Layout
from sync.sheet.state_mark import Mark
from sync.sheet.writeback.book import Book, Changed, Moved
from sync.sheet.writeback.contents import shared_strings
from sync.sheet.writeback.expected import Expected
from sync.sheet.writeback.filling import Filling, FillReport
from sync.sheet.writeback.row_matching import Columns, find_columns, headers_stand, match_rows
from sync.sheet.writeback.survey import Survey, Surveyor
from sync.sheet.writeback.tables import range_of, with_columns

_SOME_TIME = datetime(2000, 1, 1, tzinfo=SHOP_TIME)


class Wanted(NamedTuple):
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
    place = _find_place(source, wanted.layout, Expected.of_results(wanted.results))
    placed, unplaced = _placed(wanted.results, place)
    columns = _columns(place, ids=any(result.item_id for result in wanted.results))
    filling = _filling(place, columns, placed, wanted.language, unplaced)
    chain = _outdated_chain(place.book, filling)
    sheet = partial(_filled, place.book, filling)
    place.book.archive.rewrite(out, _changed(place.book, filling, sheet, wanted.mark, chain), chain)
    return filling.report


def _placed(results: Sequence[RowResult], place: _Place) -> tuple[Mapping[int, RowResult], tuple[RowResult, ...]]:
    """Return the results by the rows where they belong now, and those whose row isn't there any more."""
    placed = by_row(results)
    if not (place.gone or place.moved):
        return placed, ()
    placed = dict(placed)
    unplaced = tuple(map(placed.pop, place.gone))
    # All are taken out first: one may belong now where another was read.
    placed.update([(now, placed.pop(row)) for row, now in place.moved.items()])
    return placed, unplaced


def try_out(source: BinaryIO, layout: Layout, expected: Expected) -> Sequence[int]:
    """Do as `fill` does, but write nothing, and only the first row's result in earnest.

    Returns the rows whose results would find no row. Raises as `fill` does.
    """
    place = _find_place(source, layout, expected)
    gone = frozenset(place.gone)
    found = (place.moved.get(row, row) for row in expected.codes if row not in gone)
    some = {row: RowResult(row, "", Result.DONE, at=_SOME_TIME) for row in islice(found, 1)}
    filling = _filling(place, _columns(place, ids=False), some, layout.language, ())
    sheet = partial(_tried, place.book, filling)
    place.book.archive.rehearse(_changed(place.book, filling, sheet, None, _outdated_chain(place.book, filling)))
    return place.gone


class _Place(NamedTuple):
    """The workbook, read through once, and where its rows and columns are by now."""

    book: Book
    survey: Survey
    strings: Mapping[int, str]
    layout: Layout
    moved: Mapping[int, int]
    """Where rows are that aren't where they were read."""
    gone: Sequence[int]
    """Rows that aren't there any more."""


def _find_place(source: BinaryIO, layout: Layout, expected: Expected) -> _Place:
    book = Book(source, layout.sheet)
    survey = Surveyor(book.worksheet(check=True), layout, book.formats, expected).survey()
    strings = _strings(book, survey)
    if not headers_stand(survey, layout, strings):
        raise Moved
    return _Place(book, survey, strings, layout, *match_rows(survey, expected, strings))


def _columns(place: _Place, *, ids: bool) -> Columns:
    archive, parts = place.book.archive, place.book.parts
    tables = [range_of(archive.read(part)) for part in parts.tables]
    return find_columns(place.layout, place.survey, tables, ids=ids)


def _filling(
    place: _Place,
    columns: Columns,
    results: Mapping[int, RowResult],
    language: Language,
    unplaced: tuple[RowResult, ...],
) -> Filling:
    """Return what is to be written: `results`, by the rows where they belong now; the others are `unplaced`."""
    book, header_row = place.book, place.layout.header_row
    report = FillReport(unplaced=unplaced, signed=book.parts.signed)
    return Filling(
        results, columns, header_row, language, place.survey, place.strings, book.formats, book.parts.epoch, report
    )


def _filled(book: Book, filling: Filling) -> Iterator[bytes]:
    return filling.fill(book.worksheet())


def _tried(book: Book, filling: Filling) -> Iterator[bytes]:
    return filling.try_out(book.worksheet())


def _strings(book: Book, survey: Survey) -> Mapping[int, str]:
    """The shared strings that the cells hold which have to be looked at."""
    if not survey.wanted or not book.parts.strings:
        return {}
    return shared_strings(book.archive.chunks(book.parts.strings), survey.wanted)


def _outdated_chain(book: Book, filling: Filling) -> Sequence[str]:
    """The list of all cells with formulas, where it would name one without. Excel makes it anew."""
    chain = book.parts.calculation if filling.survey.formulas_written_over else None
    return [chain] if chain else []


def _changed(
    book: Book, filling: Filling, sheet: Callable[[], Iterator[bytes]], mark: Mark | None, without: Sequence[str]
) -> Changed:
    """The worksheet, and the parts that must know of new columns and of formulas whose results may have changed."""
    parts, survey = book.parts, filling.survey
    contents = {
        part: with_columns(book.archive.read(part), filling.columns, filling.header_row, survey.merges)
        for part in parts.tables
    }
    cleared = any(result.change_applied is not None for result in filling.results.values())
    contents[parts.workbook] = parts.workbook_xml(
        survey.filter, filling.wider_filter, recalculate=survey.formulas and cleared
    )
    return book.changed(sheet, contents, parts.marked(mark) if mark else None, without)
