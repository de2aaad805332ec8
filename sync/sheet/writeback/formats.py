"""The workbook's cell formats (`xl/styles.xml`), with the few appended that results need.

A result keeps the format of the cell it goes into; in a new cell it gets the font and the border of the row's key.
Formats that are there already are used again, so that a file that is filled in every week doesn't grow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import cast

from lxml import etree

from sync.sheet.files.shown import code_as_shown
from sync.sheet.files.styles import NumberFormats
from sync.sheet.files.workbook import Raw
from sync.sheet.tags import like

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
BLANK = f"""<styleSheet xmlns="{_MAIN}">
<fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>
<cellXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/></cellXfs>
</styleSheet>""".encode()
"""For a workbook without formats; the least that Excel takes."""
TEXT = "@"
"""The number format of cells whose value is always text."""
_ORDER = ("numFmts", "fonts", "fills", "borders", "cellStyleXfs", "cellXfs")
"""Of a stylesheet's children (ECMA-376, 18.8.39), as far as is needed here."""
_FIRST_OWN_NUMBER_FORMAT = 164
"""What is below belongs to Excel (18.8.30)."""


@dataclass(frozen=True, eq=False)
class ResultStyle:
    """What a result's cell must look like, whatever its row looks like."""

    number_format: str
    fill: str | None = None
    """As `RRGGBB`; None: as it is."""
    wrapped: bool = False
    """True: a long text, over several lines. False: a short one, in the middle."""
    quoted: bool = False
    """True: the text looks like a formula, and must stay text even when somebody edits the cell."""


class Formats:
    """The stylesheet, with formats appended as they are asked for."""

    def __init__(self, xml: bytes) -> None:
        """Read it; raises `lxml.etree.XMLSyntaxError`."""
        self._root = etree.fromstring(xml, etree.XMLParser(resolve_entities=False, no_network=True))
        self._numbers = NumberFormats(self._root)
        self._formats = self._section("cellXfs")
        if not len(self._formats):
            # Excel reads such a workbook as if it had the one format that all have.
            self._formats.append(self._element("xf", numFmtId="0"))
            self._formats.set("count", "1")
        self._known: dict[bytes, int] = {}
        for index, format in enumerate(self._formats):
            self._known.setdefault(_canonical(format), index)
        self._found: dict[tuple[ResultStyle, int, int], int] = {}
        self.changed = False
        """Whether `xml()` says something else than the workbook did."""

    def xml(self) -> bytes:
        """Return the stylesheet as it is now."""
        return etree.tostring(self._root, xml_declaration=True, encoding="UTF-8", standalone=True)

    def is_date(self, index: int) -> bool:
        """Whether a number in this format of the workbook's own is a date."""
        return self._numbers.is_date(index)

    def code_as_shown(self, value: Raw, index: int) -> Raw:
        """Return the code that reading the sheet gives of a value in this format of the workbook's own."""
        return code_as_shown(value, self._numbers.code(index))

    def index(self, style: ResultStyle, own: int, model: int) -> int:
        """Return the format for a cell whose format was `own` (0: none), in a row whose key's format is `model`."""
        asked = (style, own, model)
        if asked not in self._found:
            self._found[asked] = self._index_of(self._made(style, own, model))
        return self._found[asked]

    def marked(self, own: int, rgb: str, *, quoted: bool) -> int:
        """Return the format `own` with a fill of that colour; `quoted`: what is typed in it stays text."""
        format = deepcopy(self._format(own))
        format.set("fillId", self._fill(rgb))
        format.set("applyFill", "1")
        _drop(format, "quotePrefix")
        if quoted:
            format.set("quotePrefix", "1")
        return self._index_of(format)

    def _made(self, style: ResultStyle, own: int, model: int) -> etree._Element:
        key = self._format(model)
        format = deepcopy(self._format(own) if own else key)
        if not own:
            format.set("fillId", "0")
            _drop(format, "applyFill", "pivotButton")
        if style.fill:
            format.set("fillId", self._fill(style.fill))
            format.set("applyFill", "1")
        format.set("numFmtId", self._number_format(style.number_format))
        format.set("applyNumberFormat", "1")
        _drop(format, "quotePrefix")
        if style.quoted:
            format.set("quotePrefix", "1")
        _align(format, _alignment(key).get("vertical"), wrapped=style.wrapped)
        return format

    def _format(self, index: int) -> etree._Element:
        """The format of that index, or the default one, as Excel does with an index that isn't there."""
        return self._formats[index if index < len(self._formats) else 0]

    def _index_of(self, format: etree._Element) -> int:
        written = _canonical(format)
        if written not in self._known:
            self._known[written] = self._append(self._formats, format)
        return self._known[written]

    def _fill(self, rgb: str) -> str:
        """Return the id of a plain fill of that colour."""
        fill = self._element("fill")
        pattern = _child(fill, "patternFill", patternType="solid")
        _child(pattern, "fgColor", rgb=f"FF{rgb}")
        _child(pattern, "bgColor", indexed="64")
        fills = self._section("fills")
        for kind in ("none", "gray125")[len(fills) :]:
            # The first two are Excel's own, whatever the stylesheet says (18.8.20).
            own = self._element("fill")
            _child(own, "patternFill", patternType=kind)
            self._append(fills, own)
        same = (index for index, each in enumerate(fills) if _canonical(each) == _canonical(fill))
        found = next(same, None)
        return str(self._append(fills, fill) if found is None else found)

    def _number_format(self, code: str) -> str:
        if code == TEXT:
            return "49"  # Excel's own (18.8.30).
        own = self._number_formats()
        for each in own:
            if each.get("formatCode") == code:
                return each.get("numFmtId", "0")
        number = max((int(each.get("numFmtId", "0")) + 1 for each in own), default=0)
        number = max(number, _FIRST_OWN_NUMBER_FORMAT)
        written = self._element("numFmt", numFmtId=str(number), formatCode=code)
        self._append(self._section("numFmts"), written)
        return str(number)

    def _number_formats(self) -> Sequence[etree._Element]:
        return self._root.findall("{*}numFmts/{*}numFmt")

    def _append(self, section: etree._Element, element: etree._Element) -> int:
        """Return the index of what was appended."""
        section.append(element)
        section.set("count", str(len(section)))
        self.changed = True
        return len(section) - 1

    def _section(self, name: str) -> etree._Element:
        found = self._root.find(f"{{*}}{name}")
        if found is None:
            found = self._element(name)
            before = _ORDER[: _ORDER.index(name)]
            place = sum(etree.QName(child).localname in before for child in self._root.iterchildren("*"))
            self._root.insert(place, found)
        return found

    def _element(self, name: str, **attributes: str) -> etree._Element:
        # With the file's own prefixes, or it would never be the same as what the file has.
        prefixes = cast("Mapping[str, str]", self._root.nsmap)
        return etree.Element(like(self._root, name), attributes, nsmap=prefixes)


def _canonical(element: etree._Element) -> bytes:
    """Write the element so that two that mean the same are the same, wherever they stand."""
    alone = deepcopy(element)
    alone.tail = None
    return etree.tostring(alone, method="c14n", exclusive=True)


def _child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, like(parent, name), attributes)


def _drop(format: etree._Element, *attributes: str) -> None:
    for name in attributes:
        if name in format.attrib:
            del format.attrib[name]


def _alignment(format: etree._Element) -> etree._Element:
    found = format.find("{*}alignment")
    return etree.Element("alignment") if found is None else found


def _align(format: etree._Element, vertical: str | None, *, wrapped: bool) -> None:
    for old in format.findall("{*}alignment"):
        format.remove(old)
    asked = {"wrapText": "1"} if wrapped else {"horizontal": "center"}
    if vertical:
        asked["vertical"] = vertical
    format.insert(0, etree.Element(like(format, "alignment"), asked))
    format.set("applyAlignment", "1")
