"""`.xlsx` and `.xlsm`: the worksheets, their values by calamine, the rest from the XML itself."""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from io import BytesIO
from pathlib import Path
from xml.parsers.expat import ExpatError
from zipfile import BadZipFile

from lxml import etree
from python_calamine import CalamineWorkbook

from sync.errors import Refusal
from sync.messages import say
from sync.sheet.files.addresses import Address
from sync.sheet.files.extent import Extent, measure
from sync.sheet.files.mended import alone
from sync.sheet.files.package import Package, TooMuch, Unsafe
from sync.sheet.files.relations import Relation, relation_id, relations_of, relations_part
from sync.sheet.files.shown import may_show
from sync.sheet.files.styled import styled_cells
from sync.sheet.files.styles import NumberFormats
from sync.sheet.files.traits import Traits, read_traits
from sync.sheet.files.values import CALAMINE_ERRORS, grid_of, no_panic
from sync.sheet.files.workbook import Grid
from sync.sheet.state_mark import KINDS, PART, SHEET, marked
from sync.sheet_id import is_sheet_id

_USUAL = {"workbook": "xl/workbook.xml", "styles": "xl/styles.xml", "sharedStrings": "xl/sharedStrings.xml"}
"""The only places where calamine looks for these parts."""
_BEGIN = re.compile(rb"<(?:[\w.-]+:)?workbook[\s>]")
_MOST_SMALL, _MOST_STRINGS, _MOST_SHEET = 16 << 20, 96 << 20, 512 << 20
"""Bytes of XML. Of strings as of small parts, calamine keeps all in memory; a worksheet it reads piece by piece."""
DAMAGED = (
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


def is_workbook(package: Package) -> bool:
    """Whether the package holds a workbook, in XML, wherever that may be."""
    with suppress(KeyError):
        return _BEGIN.search(next(package.chunks(workbook_of(package), _MOST_SHEET))) is not None
    return False


def workbook_of(package: Package) -> str:
    """Return the part that begins it all."""
    found = (each.target for each in _relations(package, "") if each.kind == "officeDocument")
    return next(found, _USUAL["workbook"])


def sheet_id_of(package: Package) -> str | None:
    """Return the id of the sheet that stands in a workbook; None: none does."""
    found = marked(_properties(package), SHEET)
    return found if found and is_sheet_id(found) else None


def _properties(package: Package) -> etree._Element | None:
    try:
        found = (each.target for each in _relations(package, "") if each.kind in KINDS.values())
        part = next(found, PART)
        return package.xml(part, _MOST_SMALL) if part in package else None
    except (*DAMAGED, TooMuch):
        # The sheet can be read without it.
        return None


def _relations(package: Package, part: str) -> Iterator[Relation]:
    where = relations_part(part)
    if where in package:
        yield from relations_of(package.xml(where, _MOST_SMALL), part, package.__contains__)


class OpenXml:
    """A workbook of Office Open XML."""

    editable = sees_all = sees_formats = True
    is_text = False

    def __init__(self, path: Path, data: bytes) -> None:
        """Look at what all worksheets share; raises `Refusal` if it is damaged, or too much to read."""
        self.path = path
        self._data = data
        self._extents: dict[str, Extent] = {}
        with self._readable():
            self._package = Package(data)
            self._workbook = workbook_of(self._package)
            self._root = self._package.xml(self._workbook, _MOST_SMALL)
            self._relations = tuple(_relations(self._package, self._workbook))
            self._parts, self._visible = self._worksheets()
            for part, most in ((self._styles, _MOST_SMALL), (self._strings, _MOST_STRINGS)):
                if part:
                    for _ in self._package.chunks(part, most):
                        pass

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the visible worksheets in their order."""
        return self._visible

    @property
    def hidden(self) -> Sequence[str]:
        """The names of the hidden worksheets in their order."""
        return tuple(name for name in self._parts if name not in self._visible)

    @property
    def state(self) -> str | None:
        """The state that wrote results into it last, as it was marked; None: nobody knows."""
        return marked(_properties(self._package))

    @property
    def sheet_id(self) -> str | None:
        """The id by which that state knows it; None: it bears none."""
        return sheet_id_of(self._package)

    def rows(self, sheet: str) -> Grid:
        """Return a worksheet's values; raises `Refusal` if it is damaged or too large."""
        with self._readable():
            extent = self._extents[sheet] = measure(lambda: self._xml(sheet))
            if extent.misplaced or not self._usual:
                return self._rows_alone(sheet)
            try:
                with no_panic():
                    return grid_of(self._calamine.get_sheet_by_name(sheet))
            except CALAMINE_ERRORS:
                return self._rows_alone(sheet)

    def _rows_alone(self, sheet: str) -> Grid:
        """Read the one worksheet as it should have been written; raises what calamine and `Package` raise."""
        parts = (self._whole(part) if part else None for part in (self._strings, self._styles))
        book = alone(self._whole(self._parts[sheet]), *parts, of_1904=self._of_1904)
        with no_panic():
            return grid_of(CalamineWorkbook.from_filelike(book).get_sheet_by_index(0))

    def _whole(self, part: str) -> bytes:
        return b"".join(self._package.chunks(part, _MOST_SHEET))

    @property
    def _usual(self) -> bool:
        """Whether calamine finds everything by itself."""
        places = {"workbook": self._workbook, "styles": self._styles, "sharedStrings": self._strings}
        elsewhere = any(part and part.lower() != _USUAL[kind].lower() for kind, part in places.items())
        return self._package.usual and not elsewhere

    @property
    def _of_1904(self) -> bool:
        properties = self._root.find("{*}workbookPr")
        return properties is not None and properties.get("date1904") in ("1", "true")

    @cached_property
    def _styles(self) -> str | None:
        return self._first("styles")

    @cached_property
    def _strings(self) -> str | None:
        return self._first("sharedStrings")

    def _first(self, kind: str) -> str | None:
        found = (each.target for each in self._relations if each.kind == kind)
        return next((part for part in (*found, _USUAL[kind]) if part in self._package), None)

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
            cells = styled_cells(self._xml(sheet), wanted, columns, usual=self._extents[sheet].usual)
            return {address: wanted[style] for address, style in cells}

    @cached_property
    def _number_formats(self) -> NumberFormats:
        try:
            return NumberFormats(self._package.xml(self._styles, _MOST_SMALL) if self._styles else None)
        except etree.XMLSyntaxError:
            # calamine is less strict: it has read the values all the same.
            return NumberFormats(None)

    def _xml(self, sheet: str) -> Iterator[bytes]:
        return self._package.chunks(self._parts[sheet], _MOST_SHEET)

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        return CalamineWorkbook.from_filelike(BytesIO(self._data))

    def _worksheets(self) -> tuple[Mapping[str, str], Sequence[str]]:
        """Where each worksheet is, and which are visible (ECMA-376, 18.2.19).

        Chart sheets and macro sheets are not for reading, nor is a sheet that doesn't say where it is.
        """
        relations = {each.id: each for each in self._relations}
        sheets = self._root.findall("{*}sheets/{*}sheet")
        placed = [(sheet, relations[id]) for sheet in sheets if (id := relation_id(sheet))]
        if sheets and not placed:
            raise LookupError
        own = [(sheet, relation.target) for sheet, relation in placed if relation.kind == "worksheet"]
        visible = (sheet for sheet, _ in own if sheet.get("state", "visible") == "visible")
        parts = {sheet.get("name", ""): part for sheet, part in own}
        return parts, tuple(sheet.get("name", "") for sheet in visible)

    @contextmanager
    def _readable(self) -> Iterator[None]:
        try:
            yield
        except TooMuch as error:
            raise Refusal(say("sheet.too_large", file=self.path.name)) from error
        except DAMAGED as error:
            raise Refusal(say("sheet.damaged", file=self.path.name)) from error
