"""`.xlsx` and `.xlsm`: the worksheets, their values by calamine, the rest from the XML itself."""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from io import BytesIO
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from lxml import etree
from python_calamine import CalamineWorkbook

from sync.messages import Refusal, say
from sync.sheet.files.addresses import Address
from sync.sheet.files.extent import Extent, measure
from sync.sheet.files.mended import mended, needs_mending, packed
from sync.sheet.files.package import Package, TooMuch, Unsafe
from sync.sheet.files.shown import may_show
from sync.sheet.files.styled import styled_cells
from sync.sheet.files.styles import NumberFormats
from sync.sheet.files.traits import Traits, read_traits
from sync.sheet.files.values import CALAMINE_ERRORS, no_panic, rows_of
from sync.sheet.files.workbook import Rows
from sync.sheet.mark import PART, marked

WORKBOOK = "xl/workbook.xml"
_RELATIONS = "xl/_rels/workbook.xml.rels"
_STYLES = "xl/styles.xml"
_SMALL = (WORKBOOK, _RELATIONS, _STYLES)
_STRINGS = "xl/sharedStrings.xml"
_MOST_SMALL, _MOST_STRINGS, _MOST_SHEET = 16 << 20, 96 << 20, 512 << 20
"""Bytes of XML. Of strings as of small parts, calamine keeps all in memory; a worksheet it reads piece by piece."""
_DAMAGED = (
    *CALAMINE_ERRORS,
    Unsafe,
    BadZipFile,
    zlib.error,
    EOFError,
    etree.XMLSyntaxError,
    ExpatError,
    LookupError,
    ValueError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
)
"""What calamine, zipfile and the parsers raise on a damaged file (RuntimeError: a zip with a password)."""


class OpenXml:
    """A workbook of Office Open XML."""

    editable = sees_all = sees_formats = True

    def __init__(self, path: Path, data: bytes) -> None:
        """Look at what all worksheets share; raises `Refusal` if it is damaged, or too much to read."""
        self.path = path
        self._data = data
        self._extents: dict[str, Extent] = {}
        with self._readable():
            self._package = Package(data)
            self._parts, self._visible = self._worksheets()
            for name, most in (*((name, _MOST_SMALL) for name in _SMALL), (_STRINGS, _MOST_STRINGS)):
                if name in self._package:
                    for _ in self._package.chunks(name, most):
                        pass

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the visible worksheets in their order."""
        return self._visible

    @property
    def hidden(self) -> Sequence[str]:
        """The names of the hidden worksheets in their order."""
        return tuple(name for name in self._parts if name not in self._visible)

    @cached_property
    def state(self) -> str | None:
        """The state that wrote results into it last, as it was marked; None: nobody knows."""
        try:
            return marked(self._package.xml(PART, _MOST_SMALL)) if PART in self._package else None
        except (*_DAMAGED, TooMuch):
            # Nobody needs it to read the sheet.
            return None

    def rows(self, sheet: str) -> Rows:
        """Return a worksheet's values; raises `Refusal` if it is damaged or too large."""
        with self._readable():
            self._extents[sheet] = measure(lambda: self._xml(sheet))
            if not self._package.usual or any(map(needs_mending, self._xml(sheet))):
                return self._rows_mended(sheet)
            try:
                with no_panic():
                    return rows_of(self._calamine.get_sheet_by_name(sheet))
            except CALAMINE_ERRORS:
                return self._rows_mended(sheet)

    def _rows_mended(self, sheet: str) -> Rows:
        """Read the one worksheet as it should have been written; raises what calamine and `Package` raise."""
        own = self._parts[sheet]
        shared = ("[Content_Types].xml", "_rels/.rels", *_SMALL, _STRINGS)
        parts = [
            (name, b"".join(self._package.chunks(name, _MOST_STRINGS))) for name in shared if name in self._package
        ]
        parts.append((own, mended(b"".join(self._xml(sheet)))))
        with no_panic():
            book = CalamineWorkbook.from_filelike(packed(parts))
            return rows_of(book.get_sheet_by_name(sheet))

    def traits(self, sheet: str) -> Traits:
        """Return what the values don't tell, of a worksheet whose `rows` were read."""
        if not self._extents[sheet].has_traits:
            return Traits()
        with self._readable():
            return read_traits(self._xml(sheet))

    def formats(self, sheet: str, columns: Collection[int]) -> Mapping[Address, str]:
        """Return the number formats that tell more of a cell than its value does, as `Workbook.formats` has it."""
        with self._readable():
            styles = self._number_formats
            wanted = {index: code for index in range(styles.count) if may_show(code := styles.code(index))}
            if not wanted:
                return {}
            cells = styled_cells(lambda: self._xml(sheet), wanted, columns, usual=self._extents[sheet].usual)
            return {address: wanted[style] for address, style in cells}

    @cached_property
    def _number_formats(self) -> NumberFormats:
        try:
            return NumberFormats(self._package.xml(_STYLES, _MOST_SMALL) if _STYLES in self._package else None)
        except etree.XMLSyntaxError:
            # calamine is less strict: it has read the values all the same.
            return NumberFormats(None)

    def _xml(self, sheet: str) -> Iterator[bytes]:
        return self._package.chunks(self._parts[sheet], _MOST_SHEET)

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(BytesIO(self._data))

    def _worksheets(self) -> tuple[Mapping[str, str], Sequence[str]]:
        """Where each worksheet is, and which are visible (ECMA-376, 18.2.19); chart sheets are not for reading."""
        relations = {one.get("Id"): one for one in self._package.xml(_RELATIONS, _MOST_SMALL)}
        parts: dict[str, str] = {}
        visible = []
        for sheet in self._package.xml(WORKBOOK, _MOST_SMALL).iterfind("{*}sheets/{*}sheet"):
            own_id = next((str(value) for name, value in sheet.items() if str(name).endswith("}id")), None)
            relation = relations[own_id]
            if not relation.get("Type", "").endswith("/worksheet"):
                continue
            # A target is relative to the workbook's own folder, or absolute within the package.
            target = posixpath.normpath(posixpath.join("/xl", relation.get("Target", "")))
            name = sheet.get("name", "")
            parts[name] = target.removeprefix("/")
            if sheet.get("state", "visible") == "visible":
                visible.append(name)
        return parts, tuple(visible)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except TooMuch as error:
            raise Refusal(say("sheet.too_large", file=self.path.name)) from error
        except _DAMAGED as error:
            raise Refusal(say("sheet.damaged", file=self.path.name)) from error
