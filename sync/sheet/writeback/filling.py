"""The second reading of the worksheet: every row is copied, and those with a result get it on the way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from math import ceil
from typing import NamedTuple

from sync.call import Result, RowResult
from sync.fields import ITEM_ID, WRITTEN_BY_TOOL, Column, of_column
from sync.item import clock_face
from sync.legible import legible_lines
from sync.messages import Language, sentences
from sync.sheet.files.addresses import Range
from sync.sheet.writeback.addresses import Covered, attribute, with_attribute
from sync.sheet.writeback.contents import Pen
from sync.sheet.writeback.envelope import Head, tail
from sync.sheet.writeback.fast_path import FastPath, ResultStyles, ResultTexts, Told
from sync.sheet.writeback.formats import TEXT, Formats, ResultStyle
from sync.sheet.writeback.formulas import SharedFormulas
from sync.sheet.writeback.row_editor import RowEditor, Tools
from sync.sheet.writeback.row_matching import Columns
from sync.sheet.writeback.survey import Survey
from sync.sheet.writeback.tables import adjoins
from sync.sheet.writeback.worksheet import RawRow, RowBlock, Worksheet
from sync.workbooks import width_of

FILLS: Mapping[Result, str] = {
    Result.DONE: "C6E7C8",
    Result.FAILED: "F6C1BE",
    Result.SKIPPED: "FCE5B0",
    Result.BLOCKED: "FCE5B0",
    Result.UNKNOWN: "DCCBEB",
    Result.INVALID: "F9CFA8",
    Result.NONE: "E4E6E8",
}
_ID = ResultStyle(TEXT)
_WORDS = {result: ResultStyle(TEXT, fill=fill) for result, fill in FILLS.items()}
_NOTE = ResultStyle(TEXT, wrapped=True)
_TIME = ResultStyle("yyyy-mm-dd hh:mm:ss")
_ROW = b"<row"
_DAY = timedelta(days=1)
_HIGHEST_ROW = 409.0
"""Points; Excel's own limit."""
_LINE, _ROUGHLY = 15.0, 1.15
"""Points that a line of text is high, and how much more room letters take than their number says."""


class FillReport:
    """What came of the results; filled while they are written."""

    def __init__(self, unplaced: tuple[RowResult, ...], *, signed: bool) -> None:
        self.unplaced = unplaced
        """Those whose row isn't in the file any more."""
        self.signed = signed
        """Whether the workbook bears a signature, which doesn't hold any more."""
        self.standing: list[RowResult] = []
        """Those whose 库存增减 says something else by now, and so wasn't cleared."""
        self.refilled: list[RowResult] = []
        """Those whose 库存增减 a formula fills with other cells, and so wasn't cleared."""
        self.counted: list[RowResult] = []
        """Those whose new count stands in 库存."""
        self.covered: list[int] = []
        """Rows of which a result's cell is merged, or filled by a formula with others."""


class Filling(NamedTuple):
    """What is to be written, and where."""

    results: Mapping[int, RowResult]
    """By row."""
    columns: Columns
    header_row: int
    language: Language
    survey: Survey
    strings: Mapping[int, str]
    formats: Formats
    epoch: datetime
    """What the workbook counts days from."""
    report: FillReport

    @property
    def wider_filter(self) -> Range | None:
        """The sheet's autofilter with the new columns in it; None: they aren't beside it."""
        filter, columns = self.survey.filter, self.columns
        return filter.up_to(columns.new[-1].column) if filter and adjoins(filter, columns, self.header_row) else None

    def fill(self, sheet: Worksheet) -> Iterator[bytes]:
        """Yield the worksheet, filled in."""
        head = Head(sheet)
        yield head.with_columns(self.columns.new)
        writer = _ResultWriter(self, sheet, head)
        yield from sheet.rewritten(writer.written, writer.touches, writer.usual)
        yield from sheet.others()
        yield from tail(sheet.tail(), self.survey.filter, self.wider_filter)

    def try_out(self, sheet: Worksheet) -> Iterator[bytes]:
        """Yield what `fill` writes anew; what it copies, the survey has seen."""
        head = Head(sheet)
        yield head.with_columns(self.columns.new)
        writer = _ResultWriter(self, sheet, head)
        yield from sheet.rewritten(writer.written, writer.touches, writer.usual)
        yield from tail(self.survey.sorting, self.survey.filter, self.wider_filter)


class _ResultWriter:
    """Writes the rows of one worksheet."""

    def __init__(self, filling: Filling, sheet: Worksheet, head: Head) -> None:
        self._filling = filling
        columns = filling.columns.by_key
        self._tools = Tools(
            columns=columns,
            names=sheet.names,
            pen=Pen(sheet.names.prefix),
            formats=filling.formats,
            strings=filling.strings,
            formulas=SharedFormulas(sheet.names),
            merged=Covered(filling.survey.merges, columns.values()),
            arrays=Covered(filling.survey.arrays, columns.values()),
        )
        self._last = max(columns[column] for column in WRITTEN_BY_TOOL)
        ranges = (*filling.survey.merges, *filling.survey.arrays)
        possible = FastPath.possible(columns, ranges, filling.header_row)
        self._fast_path = FastPath(columns, sheet.names, self._draw) if possible else None
        self._last_told: Told | None = None
        self._last_row = max(filling.results, default=filling.header_row)
        new = {each.column: float(each.width) for each in filling.columns.new}
        note = columns[Column.NOTE]
        self._note_width = new.get(note) or head.width(note) or of_column(Column.NOTE).width
        self._fixed_height = head.fixed_height

    def touches(self, block: RowBlock) -> bool:
        """Whether any of its rows may have to be written."""
        return block.first_number <= self._last_row or bool(self._tools.formulas.lost)

    def usual(self, xml: bytes) -> bytes:
        """Return a usual row of a tidy block with what has to be written into it; `b""`: it isn't one."""
        path = self._fast_path
        head = path.head.match(xml) if path and not self._tools.formulas.lost else None
        if path is None or head is None:
            return b""
        number = int(head[1])
        result = self._filling.results.get(number)
        if result is None:
            return b"" if number == self._filling.header_row else xml + self._tools.names.row_end
        if result.item_id or result.change_applied is not None or result.keeps_stamp or path.may_change(xml, head[1]):
            return b""
        last = self._last_told
        told = last if last and _says_what(last.result, result) else self._told(path, result)
        return path.written(xml, head, self._attributes(head[2], told), told) if told else b""

    def _told(self, path: FastPath, result: RowResult) -> Told | None:
        """What the result says, if it can be said in a usual row; often it is just what the last one said."""
        time = _days(result.at, self._filling.epoch)[1] if result.at else b""
        self._last_told = path.told(result, self._note(result), time) if time else None
        return self._last_told

    def _attributes(self, attributes: bytes, told: Told) -> bytes:
        """Return those of a row's tag with what has to change in them."""
        now = _attributes_with_span(attributes, self._last)
        if self._fixed_height or b' ht="' in now:
            return self._with_room(b"%b%b>" % (_ROW, now), told.note)[len(_ROW) : -1]
        return now

    def written(self, row: RawRow) -> bytes:
        """Return the row with what has to be written into it."""
        result = self._filling.results.get(row.number)
        if result is None:
            return self._without_result(row)
        texts = ResultTexts(result.result, self._note(result), self._time(result))
        tag = self._with_room(_with_span(row.tag, self._last), texts.note)
        return self._edited(row, result, texts, tag, keeps_time=self._keeps_time(row, result))

    def _note(self, result: RowResult) -> str:
        return legible_lines(sentences(result.story).words(self._filling.language))

    def _edited(self, row: RawRow, result: RowResult, texts: ResultTexts, tag: bytes, *, keeps_time: bool) -> bytes:
        """Write the result cell by cell."""
        editor = RowEditor(row, self._tools)
        self._put(editor, result, texts)
        if not keeps_time:
            editor.put_number(Column.SYNCED_AT, texts.time, _TIME)
        if editor.covered:
            self._filling.report.covered.append(row.number)
        return self._with_cells(row, editor.cells, tag)

    def _keeps_time(self, row: RawRow, result: RowResult) -> bool:
        """Whether the row keeps its 同步时间: it is old, or says a 库存增减 by now that its run hasn't read.

        With this run's time on it, it would look like one that was typed after the run.
        """
        column = self._tools.columns.get(Column.STOCK_CHANGE)
        if result.keeps_stamp or column is None:
            return result.keeps_stamp
        cell = row.cell(column)
        if cell is None or not cell.content:
            return False
        return RowEditor(row, self._tools).change not in (None, result.read_change)

    def _without_result(self, row: RawRow) -> bytes:
        if row.number != self._filling.header_row:
            return self._with_cells(row, {}, row.tag)
        editor = RowEditor(row, self._tools)
        for each in self._filling.columns.new:
            editor.put_header(each)
        return self._with_cells(row, editor.cells, _with_span(row.tag, max(editor.cells, default=0)))

    def _with_cells(self, row: RawRow, cells: Mapping[int, bytes], tag: bytes) -> bytes:
        every = {**self._tools.formulas.restore(row), **cells}
        return row.with_cells(every, tag) if every else row.xml

    def _put(self, editor: RowEditor, result: RowResult, texts: ResultTexts) -> None:
        report = self._filling.report
        if result.item_id and editor.text(ITEM_ID) != result.item_id:
            editor.put_text(ITEM_ID, result.item_id, _ID)
        editor.put_text(Column.RESULT, result.result.words(self._filling.language), _WORDS[result.result])
        editor.put_text(Column.NOTE, texts.note, _NOTE)
        if result.change_applied is None:
            return
        if editor.refilled:
            report.refilled.append(result)
        elif not editor.clear_change(result.change_applied, texts.time):
            report.standing.append(result)
        elif result.count and editor.put_count(result.count.before, result.count.now, texts.time):
            report.counted.append(result)

    def _time(self, result: RowResult) -> float | None:
        """When the row ended, in days as the workbook counts them; None: the run hasn't come to it."""
        return _days(result.at, self._filling.epoch)[0] if result.at else None

    def _draw(self, row: int, styles: ResultStyles, texts: ResultTexts) -> bytes:
        """Write the cells of a usual row."""
        pen, formats, columns = self._tools.pen, self._tools.formats, self._tools.columns
        word = formats.index(_WORDS[texts.result], styles.word, styles.model)
        note = formats.index(_NOTE, styles.note, styles.model)
        time = formats.index(_TIME, styles.time, styles.model)
        return b"".join(
            (
                pen.text(columns[Column.RESULT], row, word, texts.result.words(self._filling.language)),
                pen.text(columns[Column.NOTE], row, note, texts.note),
                pen.number(columns[Column.SYNCED_AT], row, time, texts.time),
            )
        )

    def _with_room(self, tag: bytes, note: str) -> bytes:
        """Let a row of a fixed height grow, so that a long note isn't cut off; other rows grow by themselves."""
        own = attribute(tag, b"ht")
        height = float(own) if own else self._fixed_height
        if not height:
            return tag
        needed = min(ceil(width_of(note) * _ROUGHLY / self._note_width) * _LINE, _HIGHEST_ROW)
        if needed <= height:
            return tag
        higher = with_attribute(tag, b"ht", b"%g" % needed)
        # A height that a program once worked out by itself may be worked out anew.
        return higher if own else with_attribute(higher, b"customHeight", b"1")


def _says_what(last: RowResult, result: RowResult) -> bool:
    # Equal ones needn't be told in the same words: 1 == 1.0.
    same = last.achieved is result.achieved and last.note is result.note and last.result is result.result
    return same and last.at == result.at


@lru_cache(maxsize=1024)
def _days(at: datetime, epoch: datetime) -> tuple[float, bytes]:
    days = (clock_face(at) - epoch) / _DAY
    return days, repr(days).encode()


@lru_cache(maxsize=1024)
def _attributes_with_span(attributes: bytes, last: int) -> bytes:
    return _with_span(b"%b%b>" % (_ROW, attributes), last)[len(_ROW) : -1]


def _with_span(tag: bytes, last: int) -> bytes:
    """Let the row's tag know of the last column, if it says which columns the row has (18.3.1.73)."""
    spans = attribute(tag, b"spans")
    if not spans or int(spans.rpartition(b":")[2]) >= last:
        return tag
    return with_attribute(tag, b"spans", b"%b:%d" % (spans.partition(b":")[0], last))
