"""What stands around the rows of a worksheet and must know of new columns: its extent, widths and autofilter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy

from lxml import etree

from sync.sheet.files.addresses import Range
from sync.sheet.tags import like
from sync.sheet.writeback.addresses import attribute, with_attribute
from sync.sheet.writeback.parts import NewColumn, parse
from sync.sheet.writeback.worksheet import Worksheet

_ROWS = "\ue000"
"""Stands in the place of the rows while the head is an XML document of its own."""


class Head:
    """What stands before the rows."""

    def __init__(self, sheet: Worksheet) -> None:
        """Read it; raises `lxml.etree.XMLSyntaxError`."""
        self._xml = sheet.head
        self._before = sheet.before
        self._root = parse(sheet.head[len(sheet.before) :] + sheet.names.ends)

    def width(self, column: int) -> float | None:
        """Return a column's width in characters; None: nobody has set it."""
        for each in self._root.iterfind("{*}cols/{*}col"):
            if column in _stretch(each):
                return float(each.get("width", 0)) or None
        return None

    @property
    def fixed_height(self) -> float | None:
        """The height in points of rows that have none of their own; None: they grow with what is in them."""
        defaults = self._root.find("{*}sheetFormatPr")
        if defaults is None or defaults.get("customHeight") not in ("1", "true"):
            return None
        return float(defaults.get("defaultRowHeight", 0))

    def with_columns(self, columns: Sequence[NewColumn]) -> bytes:
        """Return it with the new columns' widths, and the sheet's extent (`dimension`) up to them.

        Raises ValueError for what no worksheet has.
        """
        if not columns:
            return self._xml
        extent = self._root.find("{*}dimension")
        if extent is not None:
            known = Range.of(extent.get("ref", ""))
            extent.set("ref", str(known.up_to(max(known.right, columns[-1].column))))
        for column in columns:
            _set_width(self._cols(), column)
        data = self._root.find("{*}sheetData")
        if data is not None:
            data.text = _ROWS
        return self._before + etree.tostring(self._root, encoding="unicode").partition(_ROWS)[0].encode()

    def _cols(self) -> etree._Element:
        """The list of widths, which stands right before the rows."""
        found = self._root.find("{*}cols")
        if found is None:
            found = etree.SubElement(self._root, like(self._root, "cols"))
            self._root[-2].addprevious(found)
        return found


def _stretch(col: etree._Element) -> range:
    """The columns side by side that `col` is about (ECMA-376, 18.3.1.13)."""
    return range(int(col.get("min", "")), int(col.get("max", "")) + 1)


def _set_width(cols: etree._Element, column: NewColumn) -> None:
    """Give the new column its width; else it looks like the stretch that it is taken out of, but is seen."""
    number = column.column
    old = next((each for each in cols.iterchildren("*") if number in _stretch(each)), None)
    whole = _stretch(old) if old is not None else range(number, number + 1)
    place = sum(_stretch(each).stop <= number for each in cols.iterchildren("*"))
    for part in (range(whole.start, number), range(number, number + 1), range(number + 1, whole.stop)):
        if part:
            new = deepcopy(old) if old is not None else etree.SubElement(cols, like(cols, "col"))
            new.attrib.update({"min": str(part.start), "max": str(part.stop - 1)})
            if number in part:
                new.attrib.pop("hidden", "")
                new.attrib.update({"width": str(column.width), "customWidth": "1"})
            cols.insert(place, new)
            place += 1
    if old is not None:
        cols.remove(old)


def tail(pieces: Iterable[tuple[bytes, bytes]], filter: Range | None, wider: Range | None) -> Iterator[bytes]:
    """Yield what stands behind the rows, with the sheet's `filter` made `wider`, and how it was last sorted.

    `pieces` are those of `Worksheet.tail`, or of them the ones that matter here.
    """
    for before, tag in pieces:
        yield before
        if b"customSheetViews" in tag:
            # The views that people saved have filters of their own.
            filter = None
        yield _wider(tag, filter, wider) if filter and wider else tag


def _wider(tag: bytes, filter: Range, wider: Range) -> bytes:
    ref = attribute(tag, b"ref").decode()
    if b"autoFilter" in tag and Range.of(ref) == filter:
        return with_attribute(tag, b"ref", str(wider).encode())
    if b"sortState" in tag and Range.of(ref).right == filter.right:
        # Sorted so again, the new columns must go with their rows.
        return with_attribute(tag, b"ref", str(Range.of(ref).up_to(wider.right)).encode())
    return tag
