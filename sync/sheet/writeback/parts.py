"""The parts of a workbook around one worksheet, and those that must know of new columns or cleared formulas."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import cached_property
from typing import NamedTuple

from lxml import etree

from sync.sheet.files.addresses import Range
from sync.sheet.files.relations import Relation, relation_id, relations_of, relations_part
from sync.sheet.state_mark import KINDS, PART, Mark, with_mark
from sync.sheet.tags import like
from sync.sheet.writeback.addresses import letters
from sync.sheet.writeback.archive import Archive

_CONTENT_TYPES = "[Content_Types].xml"
_STYLES_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"
_PROPERTIES_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
_RELATIONS = {
    False: "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
    True: "http://purl.oclc.org/ooxml/officeDocument/relationships",
}
"""What begins the types of relations, in the strict form or the usual one."""
_BEFORE_CALCULATION = (
    "workbookPr",
    "workbookProtection",
    "bookViews",
    "sheets",
    "functionGroups",
    "externalReferences",
    "definedNames",
)
"""What stands before `calcPr` in the workbook's part (ECMA-376, 18.2.27)."""
_STRICT = "purl.oclc.org"
_SIGNATURES = "_xmlsignatures/"
_FILTER = "_xlnm._FilterDatabase"
"""The hidden name in which Excel keeps an autofilter's range a second time."""
_EPOCH_1900, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
"""What Excel counts days from (ECMA-376, 18.17.4.1); the first is right from March 1900 on."""


class NewColumn(NamedTuple):
    """A column that results need and the sheet lacks."""

    column: int
    """From 1."""
    header: str
    width: int
    """Characters."""


class Parts:
    """The parts around one worksheet."""

    def __init__(self, archive: Archive, sheet_name: str) -> None:
        self.archive, self.sheet_name = archive, sheet_name

    @cached_property
    def workbook(self) -> str:
        """The part that begins it all."""
        return _target(self.archive, "", "officeDocument") or "xl/workbook.xml"

    @cached_property
    def _root(self) -> etree._Element:
        return parse(self.archive.read(self.workbook))

    @cached_property
    def _sheets(self) -> Sequence[etree._Element]:
        return self._root.findall("{*}sheets/{*}sheet")

    @property
    def has_sheet(self) -> bool:
        """Whether the sheet is still there."""
        return any(sheet.get("name") == self.sheet_name for sheet in self._sheets)

    @cached_property
    def _position(self) -> int:
        """The sheet's place among all, from 0."""
        return [sheet.get("name") for sheet in self._sheets].index(self.sheet_name)

    @cached_property
    def sheet(self) -> str:
        """The worksheet's own part."""
        id = relation_id(self._sheets[self._position])
        return next(each.target for each in relations(self.archive, self.workbook) if each.id == id)

    @property
    def styles(self) -> str | None:
        """The stylesheet; None: there is none."""
        return _target(self.archive, self.workbook, "styles")

    @property
    def strings(self) -> str | None:
        """The table of shared strings; None: there is none."""
        return _target(self.archive, self.workbook, "sharedStrings")

    @property
    def calculation(self) -> str | None:
        """The list of the cells with formulas, in the order in which Excel last calculated them; None: no such."""
        return _target(self.archive, self.workbook, "calcChain")

    @property
    def tables(self) -> Sequence[str]:
        """The tables of the worksheet."""
        return [each.target for each in relations(self.archive, self.sheet) if each.kind == "table"]

    @property
    def properties(self) -> str | None:
        """What staff and programs note of the workbook, such as a mark; None: there is none."""
        return next(filter(None, (_target(self.archive, "", kind) for kind in KINDS.values())), None)

    @property
    def strict(self) -> bool:
        """Whether the workbook is of the format's strict form."""
        return _STRICT in (etree.QName(self._root).namespace or "")

    def marked(self, mark: Mark) -> bytes | None:
        """Return the custom properties with `mark` in them; None: they needn't change."""
        part = self.properties
        if part is None and PART in self.archive:
            return None
        try:
            root = with_mark(parse(self.archive.read(part)) if part else None, mark, strict=self.strict)
        except etree.XMLSyntaxError:
            # Damaged properties keep no results out of the sheet.
            return None
        return serialised(root) if root is not None else None

    @property
    def signed(self) -> bool:
        """Whether somebody signed the workbook, which is over once anything in it changes.

        A signature of the macros alone covers only these, and holds.
        """
        return any(name.startswith(_SIGNATURES) for name in self.archive.names())

    @property
    def epoch(self) -> datetime:
        """The day that the workbook counts dates from."""
        properties = self._root.find("{*}workbookPr")
        of_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        return _EPOCH_1904 if of_1904 else _EPOCH_1900

    def workbook_xml(self, filter: Range | None, wider: Range | None, *, recalculate: bool) -> bytes | None:
        """Return the workbook's part with a new range of the sheet's `filter`, and told to `recalculate` when opened.

        None: nothing in it needs to change.
        """
        root = parse(self.archive.read(self.workbook))
        changed = recalculate and _recalculate(root)
        if filter and wider:
            for name in root.iterfind("{*}definedNames/{*}definedName"):
                mine = name.get("name") == _FILTER and name.get("localSheetId") == str(self._position)
                sheet, _, ref = (name.text or "").rpartition("!")
                if mine and ref.replace("$", "") == str(filter):
                    name.text = f"{sheet}!{_absolute(wider)}"
                    changed = True
        return serialised(root) if changed else None


def parse(xml: bytes) -> etree._Element:
    """Parse a small part; raises `lxml.etree.XMLSyntaxError`."""
    return etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))


def serialised(root: etree._Element) -> bytes:
    """Write a part as Excel begins its own."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def relations(archive: Archive, part: str) -> Iterator[Relation]:
    """Yield the parts that `part` points to; `""` is the package itself."""
    where = relations_part(part)
    if where in archive:
        yield from relations_of(parse(archive.read(where)), part, archive.__contains__)


def _target(archive: Archive, part: str, kind: str) -> str | None:
    found = (each.target for each in relations(archive, part) if each.kind == kind and each.target in archive)
    return next(found, None)


def _absolute(range: Range) -> str:
    left, right = letters(range.left).decode(), letters(range.right).decode()
    return f"${left}${range.top}:${right}${range.bottom}"


def _recalculate(root: etree._Element) -> bool:
    """Have formulas calculated anew when the workbook is opened; returns whether it wasn't told so yet."""
    properties = root.find("{*}calcPr")
    if properties is None:
        properties = etree.Element(like(root, "calcPr"))
        before = [each for each in root.iterchildren("*") if etree.QName(each).localname in _BEFORE_CALCULATION]
        before[-1].addnext(properties)
    if properties.get("fullCalcOnLoad") in ("1", "true"):
        return False
    properties.set("fullCalcOnLoad", "1")
    return True


class Register:
    """What the package knows of its parts: their types, and what the workbook points to."""

    def __init__(self, archive: Archive, workbook: str, *, strict: bool) -> None:
        """Read both lists; `strict`: of which form of the format they are."""
        self._strict = strict
        self._archive = archive
        self._workbook = workbook
        self._pointers = relations_part(workbook)
        self._roots = {part: parse(archive.read(part)) for part in (_CONTENT_TYPES, self._pointers)}
        self._package = relations_part("")
        self._changed: set[str] = set()

    def remove(self, part: str) -> None:
        """Forget a part that the workbook points to."""
        ids = {each.id for each in relations(self._archive, self._workbook) if each.target == part}
        for root in self._roots.values():
            for each in list(root.iterchildren("*")):
                if each.get("Id") in ids or each.get("PartName", "").lower() == f"/{part}".lower():
                    root.remove(each)
        self._changed |= {_CONTENT_TYPES, self._pointers}

    def add_styles(self) -> str:
        """Enter a stylesheet, which the workbook lacks, and return its name."""
        part = posixpath.join(posixpath.dirname(self._workbook), "styles.xml")
        self._enter(self._pointers, part, f"{_RELATIONS[self._strict]}/styles", _STYLES_TYPE)
        return part

    def add_properties(self) -> str:
        """Enter custom properties, which the package lacks, and return the part's name."""
        self._roots[self._package] = parse(self._archive.read(self._package))
        self._enter(self._package, PART, f"{_RELATIONS[self._strict]}/{KINDS[self._strict]}", _PROPERTIES_TYPE)
        return PART

    def _enter(self, pointers: str, part: str, kind: str, content_type: str) -> None:
        root = self._roots[pointers]
        ids = {each.get("Id") for each in root.iterchildren("*")}
        id = next(f"rId{number}" for number in range(1, len(ids) + 2) if f"rId{number}" not in ids)
        _add(root, "Relationship", Id=id, Type=kind, Target=f"/{part}")
        _add(self._roots[_CONTENT_TYPES], "Override", PartName=f"/{part}", ContentType=content_type)
        self._changed |= {_CONTENT_TYPES, pointers}

    def parts(self) -> dict[str, bytes]:
        """Return those of the lists that say something else by now."""
        return {part: serialised(root) for part, root in self._roots.items() if part in self._changed}


def _add(root: etree._Element, name: str, **attributes: str) -> None:
    etree.SubElement(root, like(root, name), attributes)
