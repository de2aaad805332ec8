"""A worksheet's XML in its pieces: what stands before the rows, each row with its cells, and what follows them.

Every piece is the bytes as they stand in the file, so the pieces put together are the file (ECMA-376, 18.3.1).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from string import ascii_uppercase
from typing import NamedTuple

from sync.sheet.writeback.addresses import attribute, column_at, letters
from sync.sheet.writeback.element_patterns import ElementPatterns
from sync.sheet.writeback.stream import NO_MARKUP, TO_TAGS_END, Cutter, strict_parser

_ROOT = rb"<(?:[^\s<>/:!?]+:)?worksheet" + TO_TAGS_END
_OF_INTEREST = ("autoFilter", "sortState", "customSheetViews", "mergeCell")
"""Elements behind the rows that somebody here asks for."""


def _none(_: bytes) -> int:
    """Take no block."""
    return 0


def _nothing(_: bytes) -> bytes:
    """Write no row."""
    return b""


class RawCell(NamedTuple):
    """A cell as it stands in its row."""

    column: int
    """From 1."""
    begin: int
    end: int
    """Where it stands in the row's bytes."""
    attributes: bytes
    content: bytes
    """What stands between its tags; `b""`: nothing."""

    @property
    def style(self) -> int:
        """The index of its format in the workbook's styles."""
        return int(attribute(self.attributes, b"s") or 0)


class RawRow:
    """A row's bytes; its cells are found when they are asked for, as most rows are only copied."""

    __slots__ = ("_cells", "_names", "number", "tidy", "xml")

    def __init__(self, number: int, xml: bytes, names: ElementPatterns, *, tidy: bool) -> None:
        """`tidy`: each cell begins with its address, as nearly all writers have it, so that one is quickly found."""
        self.number = number
        self.xml = xml
        self.tidy = tidy
        self._names = names
        self._cells: list[RawCell] | None = None

    @property
    def tag(self) -> bytes:
        """Its start tag."""
        found = self._names.row.match(self.xml)
        return found[0] if found else b""

    def cells(self) -> list[RawCell]:
        """Return its cells in their order."""
        if self._cells is None:
            self._cells = list(self._find_cells())
        return self._cells

    def cell(self, column: int) -> RawCell | None:
        """Return the cell in `column`; None: there is none."""
        if self.tidy and self._cells is None:
            at = self.xml.find(b'%b%b%d"' % (self._names.tidy_cell, letters(column), self.number))
            if at < 0:
                return None
            found = self._names.cell.match(self.xml, at)
            return _cell(found, column, self.xml) if found else None
        return next((cell for cell in self.cells() if cell.column == column), None)

    def last_used(self, least: int) -> int:
        """Return the last column with anything in it, or `least` if that is larger."""
        for cell in self._backwards():
            if cell.column <= least or cell.content:
                return max(cell.column, least)
        return least

    def with_cells(self, written: Mapping[int, bytes], tag: bytes) -> bytes:
        """Return the row with these cells, by column, in place of those there or between them, and this start tag."""
        if self.tag == self.xml:
            cells = (written[column] for column in sorted(written))
            return b"".join((tag.removesuffix(b"/>"), b">", *cells, b"</%brow>" % self._names.prefix))
        pieces, at = [tag], len(self.tag)
        left = sorted(written)
        for cell in self._cells_from(left[0]):
            while left and left[0] < cell.column:
                pieces += (self.xml[at : cell.begin], written[left.pop(0)])
                at = cell.begin
            replaced = bool(left) and left[0] == cell.column
            pieces.append(self.xml[at : cell.begin if replaced else cell.end])
            at = cell.end
            if replaced:
                pieces.append(written[left.pop(0)])
        return b"".join((*pieces, *(written[column] for column in left), self.xml[at:]))

    def _cells_from(self, column: int) -> list[RawCell]:
        """The cells from that column on, and the one before them."""
        found: list[RawCell] = []
        for cell in self._backwards():
            found.append(cell)
            if cell.column < column:
                break
        return found[::-1]

    def _backwards(self) -> Iterator[RawCell]:
        if not self.tidy:
            yield from reversed(self.cells())
            return
        at = len(self.xml)
        while (at := self.xml.rfind(self._names.tidy_cell, 0, at)) >= 0:
            found = self._names.cell.match(self.xml, at)
            if found:
                yield _cell(found, column_at(self.xml, at + len(self._names.tidy_cell)), self.xml)

    def _find_cells(self) -> Iterator[RawCell]:
        # Comments are blanked out, so that what looks like a cell in them is none, and every place stays the same.
        plain = self.xml if self.tidy else re.sub(NO_MARKUP, lambda found: b" " * len(found[0]), self.xml)
        column = 0
        for found in self._names.cell.finditer(plain):
            ref = attribute(found[1], b"r")
            column = column_at(ref, 0) if ref else column + 1
            yield _cell(found, column, self.xml)


def _cell(found: re.Match[bytes], column: int, xml: bytes) -> RawCell:
    begin, end = found.span(2)
    return RawCell(column, *found.span(), found[1], xml[begin:end] if begin >= 0 else b"")


class RowBlock:
    """Many rows, one after another."""

    def __init__(self, xml: bytes, names: ElementPatterns, *, known: bool) -> None:
        """`known`: it was found to be tidy once."""
        self.xml = xml
        self._names = names
        self.tidy = known or names.tidy_rows.fullmatch(xml) is not None
        """Whether all is written as nearly all writers do: then each tag has its end, and is quickly found."""

    @property
    def blank(self) -> bool:
        """Whether it is tidy and no cell in it holds anything: formats alone can reach down a million rows."""
        return self.tidy and self._names.cell_end not in self.xml

    @property
    def first_number(self) -> int:
        """The number of a tidy block's first row."""
        found = self._names.row.match(self.xml)
        return int(attribute(found[0], b"r")) if found else 0

    @property
    def last_number(self) -> int:
        """The number of a tidy block's last row."""
        begin = self.xml.rfind(self._names.tidy_row) + len(self._names.tidy_row)
        return int(self.xml[begin : self.xml.index(b'"', begin)])

    def rows(self) -> Iterator[RawRow]:
        """Yield the rows of a tidy block."""
        return map(self.row, self.split())

    def split(self) -> Sequence[bytes]:
        """Return the rows of a tidy block, without their end tags."""
        return self.xml.split(self._names.row_end)[:-1]

    def row(self, xml: bytes) -> RawRow:
        """Return one of them."""
        begin = len(self._names.tidy_row)
        number = int(xml[begin : xml.index(b'"', begin)])
        return RawRow(number, xml + self._names.row_end, self._names, tidy=True)


class Worksheet:
    """The pieces, one after another: `head`, then `pieces()` or `rewritten()`, then `tail()`."""

    def __init__(self, chunks: Iterable[bytes], tidy: set[int], *, check: bool = False) -> None:
        """Read up to the rows; raises ValueError if this isn't a worksheet.

        `tidy`: the hashes of the blocks that were found tidy when it was read before, and of those that are now.
        `check`: raise `ExpatError` on the way, at the end of `tail` at the latest, if it isn't well-formed.
        """
        self._tidy = tidy
        self._cutter = Cutter(chunks)
        self._parser = strict_parser() if check else None
        before, root = self._cutter.cut(_ROOT)
        if not root:
            raise ValueError("no worksheet")
        self.names = ElementPatterns(root[1 : root.index(b"worksheet")])
        more, data = self._cutter.cut(self.names.start_tag("sheetData"))
        if not data:
            raise ValueError("no rows")
        self.before = before
        """What stands before the first element."""
        self.head = before + root + more + data
        """Everything up to and with the tag that begins the rows."""
        self._check_form(self.head)
        self._ended = data.endswith(b"/>")
        self._number = 0
        self._row_or_end = self.names.start_tag("row") + b"|" + self.names.end_tag("sheetData")

    def pieces(self, take: Callable[[bytes], int] = _none) -> Iterator[RowBlock | RawRow | bytes]:
        """Yield the rows, in tidy blocks as far as possible, and the bytes that stand between them.

        `take` sees each of the blocks before, as bytes, and may keep it: it returns the number of its last row, or 0.
        What it keeps must be as tidy.
        """
        while not self._ended:
            xml = self._cutter.cut_block(self.names.row_end, self.names.data_end)
            if xml and (taken := take(xml)):
                self._number = taken
                self._tidy.add(hash(xml))
                continue
            block = RowBlock(xml, self.names, known=hash(xml) in self._tidy)
            if block.tidy:
                self._tidy.add(hash(xml))
                self._number = block.last_number
                yield block
            elif xml:
                self._check_form(xml)
                yield from self._one_by_one(Cutter([xml]))
            else:
                found = self._next(self._cutter)
                if not found:
                    raise ValueError("cut off")
                for piece in found:
                    self._check_form(piece.xml if isinstance(piece, RawRow) else piece)
                    yield piece

    def rewritten(
        self,
        write: Callable[[RawRow], bytes],
        touches: Callable[[RowBlock], bool],
        quick: Callable[[bytes], bytes] = _nothing,
    ) -> Iterator[bytes]:
        """Yield the rows as `write` gives them, up to the first block that it `touches` nothing in; see `others`.

        `quick` may write a tidy row, which it gets without its end tag; `b""`: it can't.
        """
        for piece in self.pieces():
            if not isinstance(piece, RowBlock):
                yield write(piece) if isinstance(piece, RawRow) else piece
            elif piece.blank:
                yield piece.xml
            elif touches(piece):
                yield b"".join(quick(xml) or write(piece.row(xml)) for xml in piece.split())
            else:
                yield piece.xml
                return

    def others(self) -> Iterator[bytes]:
        """Yield the rest of the rows, which nobody looks into."""
        if self._ended:
            return
        for before, mark in self._cutter.pieces(self.names.end_tag("sheetData")):
            yield before + mark
            if mark:
                self._ended = True
                return
        raise ValueError("cut off")

    def _one_by_one(self, cutter: Cutter) -> Iterator[RawRow | bytes]:
        while pieces := self._next(cutter):
            yield from pieces

    def _next(self, cutter: Cutter) -> Sequence[RawRow | bytes]:
        """Return the next row and what stands before it; nothing: there is nothing more."""
        between, mark = cutter.cut(self._row_or_end)
        if mark.startswith(b"</"):
            self._ended = True
        if mark.startswith(b"</") or not mark:
            return [piece for piece in (between, mark) if piece]
        xml = mark if mark.endswith(b"/>") else b"".join((mark, *cutter.cut(self.names.end_tag("row"))))
        self._number = int(attribute(mark, b"r") or self._number_by_cells(xml) or self._number + 1)
        return between, RawRow(self._number, xml, self.names, tidy=False)

    def _number_by_cells(self, xml: bytes) -> bytes:
        """A row needn't say its number (18.3.1.73); its cells may."""
        first = self.names.cell.search(xml)
        return attribute(first[1], b"r").lstrip(ascii_uppercase.encode()) if first else b""

    def tail(self) -> Iterator[tuple[bytes, bytes]]:
        """Yield what follows the rows, bit by bit, each with the start tag after it that somebody may ask for."""
        for before, tag in self._cutter.pieces(self.names.start_tag(*_OF_INTEREST)):
            self._check_form(before + tag)
            yield before, tag
        if self._parser:
            self._parser.Parse(b"", True)

    def _check_form(self, xml: bytes) -> None:
        """Check all but tidy blocks, which their pattern has checked; the rest is well-formed without them."""
        if self._parser:
            self._parser.Parse(xml, False)
