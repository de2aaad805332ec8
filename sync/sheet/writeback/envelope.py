"""What stands around the rows of a worksheet and must know of new columns: its extent, widths and autofilter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from sync.sheet.writeback.addresses import Range, attribute, with_attribute, without_attribute
from sync.sheet.writeback.parts import NewColumn
from sync.sheet.writeback.stream import Cutter
from sync.sheet.writeback.worksheet import ElementPatterns, Worksheet


class _Stretch(NamedTuple):
    """Columns side by side that look alike (`<col>`; ECMA-376, 18.3.1.13)."""

    first: int
    last: int
    tag: bytes

    def part(self, first: int, last: int) -> _Stretch:
        """The same look for these columns only."""
        tag = with_attribute(with_attribute(self.tag, b"min", b"%d" % first), b"max", b"%d" % last)
        return _Stretch(first, last, tag)


class Head:
    """What stands before the rows."""

    def __init__(self, xml: bytes, names: ElementPatterns) -> None:
        """Read the widths; raises ValueError for what no worksheet has."""
        self._xml = xml
        self._names = names
        self._stretches = list(self._read_stretches())

    def width(self, column: int) -> float | None:
        """Return a column's width in characters; None: nobody has set it."""
        for each in self._stretches:
            if each.first <= column <= each.last:
                return float(attribute(each.tag, b"width") or 0) or None
        return None

    @property
    def fixed_height(self) -> float | None:
        """The height in points of rows that have none of their own; None: they grow with what is in them."""
        _, tag = Cutter([self._xml]).cut(self._names.start_tag("sheetFormatPr"))
        fixed = attribute(tag, b"customHeight") in (b"1", b"true")
        return float(attribute(tag, b"defaultRowHeight") or 0) if fixed else None

    def with_columns(self, columns: Sequence[NewColumn]) -> bytes:
        """Return it with the new columns' widths, and the sheet's extent (`dimension`) up to them."""
        if not columns:
            return self._xml
        before, tag, after = self._split("dimension")
        if tag:
            extent = Range.of(attribute(tag, b"ref"))
            wider = replace(extent, right=max(extent.right, columns[-1].column))
            tag = with_attribute(tag, b"ref", bytes(wider))
        return self._with_widths(before + tag + after, columns)

    def _with_widths(self, xml: bytes, columns: Sequence[NewColumn]) -> bytes:
        stretches = self._stretches
        for column in columns:
            stretches = list(_with_width(stretches, column, self._names.prefix))
        prefix = self._names.prefix
        written = b"<%bcols>%b</%bcols>" % (prefix, b"".join(each.tag for each in stretches), prefix)
        begin, cols = Cutter([xml]).cut(self._names.start_tag("cols"))
        if not cols:
            # It stands right before the rows.
            begin, rows = Cutter([xml]).cut(self._names.start_tag("sheetData"))
            return begin + written + rows
        end = len(begin) + len(cols)
        if not cols.endswith(b"/>"):
            inside, tag = Cutter([xml[end:]]).cut(self._names.end_tag("cols"))
            end += len(inside) + len(tag)
        return begin + written + xml[end:]

    def _split(self, name: str) -> tuple[bytes, bytes, bytes]:
        before, tag = Cutter([self._xml]).cut(self._names.start_tag(name))
        return before, tag, self._xml[len(before) + len(tag) :]

    def _read_stretches(self) -> Iterator[_Stretch]:
        cutter = Cutter([self._xml])
        while tag := cutter.cut(self._names.start_tag("col"))[1]:
            alone = tag if tag.endswith(b"/>") else tag[:-1] + b"/>"
            yield _Stretch(int(attribute(tag, b"min")), int(attribute(tag, b"max")), alone)


def _with_width(stretches: Sequence[_Stretch], column: NewColumn, prefix: bytes) -> Iterator[_Stretch]:
    """Yield the stretches with one for the new column, which looks like the one it is taken out of, but is seen."""
    number = column.column
    alone = b'<%bcol min="%d" max="%d"/>' % (prefix, number, number)
    for each in stretches:
        if each.first <= number <= each.last:
            alone = without_attribute(each.part(number, number).tag, b"hidden")
    alone = with_attribute(with_attribute(alone, b"width", b"%d" % column.width), b"customWidth", b"1")
    for each in stretches:
        if each.first < number:
            yield each.part(each.first, min(each.last, number - 1)) if each.last >= number else each
    yield _Stretch(number, number, alone)
    for each in stretches:
        if each.last > number:
            yield each.part(max(each.first, number + 1), each.last) if each.first <= number else each


def tail(sheet: Worksheet, filter: Range | None, wider: Range | None) -> Iterator[bytes]:
    """Yield what stands behind the rows, with the sheet's `filter` made `wider`, and how it was last sorted."""
    for before, tag in sheet.tail():
        yield before
        if b"customSheetViews" in tag:
            # The views that people saved have filters of their own.
            filter = None
        yield _wider(tag, filter, wider) if filter and wider else tag


def _wider(tag: bytes, filter: Range, wider: Range) -> bytes:
    ref = attribute(tag, b"ref")
    if b"autoFilter" in tag and Range.of(ref) == filter:
        return with_attribute(tag, b"ref", bytes(wider))
    if b"sortState" in tag and Range.of(ref).right == filter.right:
        # Sorted so again, the new columns must go with their rows.
        return with_attribute(tag, b"ref", bytes(Range.of(ref).up_to(wider.right)))
    return tag
