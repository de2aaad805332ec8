"""`.ods`: the tables of its content, with their values, and what cells show of codes and percents.

calamine reads only what is written with the usual prefixes, and tells nothing of how values are shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from lxml import etree

from sync.sheet.files.addresses import MOST_COLUMNS, Address
from sync.sheet.files.encoding import utf8
from sync.sheet.files.extent import MOST_CELLS
from sync.sheet.files.package import TooMuch
from sync.sheet.files.workbook import Grid, Raw

CONTENT, MANIFEST = "content.xml", "META-INF/manifest.xml"
_FLAT = re.compile(rb"<(?:[\w.-]+:)?document\s[^<>]*application/vnd\.oasis\.opendocument\.spreadsheet")
_OFFICE, _TABLE, _TEXT, _STYLE = (
    f"{{urn:oasis:names:tc:opendocument:xmlns:{name}:1.0}}" for name in ("office", "table", "text", "style")
)
_TAGS = (f"{_OFFICE}spreadsheet", f"{_STYLE}style", f"{_TABLE}table", f"{_TABLE}table-row")
_PARAGRAPH = f"{_TEXT}p"
_MARKUP = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}
_DURATION = re.compile(r"PT(\d+)H(\d+)M(\d+(?:\.\d+)?)S")
_ZEROS = re.compile(r"0[0-9]+")
_PERCENT = re.compile(r"-?[0-9]+(?:\.([0-9]+))?%")


@dataclass
class OpenTable:
    """A table while it is read."""

    rows: list[list[Raw]] = field(default_factory=list)
    """Up to the last row with anything in it, each up to its last filled cell."""
    formats: dict[Address, str] = field(default_factory=dict)
    """The number formats of cells, as far as leading zeros and percents go."""
    number: int = 0
    """Of the last row that was met."""
    width: int = 0

    def add(self, element: etree._Element) -> None:
        """Take in a row, which may stand for many; raises `TooMuch`, and ValueError for what is damaged."""
        first, often = self.number + 1, _repeated(element, "rows")
        self.number += often
        cells = list(_cells(element))
        if not cells:
            return
        self.width = max(self.width, len(cells))
        if self.number * self.width > MOST_CELLS:
            raise TooMuch
        self.rows += [[] for _ in range(first - 1 - len(self.rows))]
        self.rows += [[value for value, _ in cells] for _ in range(often)]
        shown = {column: code for column, (_, code) in enumerate(cells, start=1) if code}
        self.formats |= {(row, column): code for row in range(first, first + often) for column, code in shown.items()}

    @property
    def rectangle(self) -> Grid:
        """The rows, all of one length."""
        return Grid.of([row + [""] * (self.width - len(row)) for row in self.rows])


def is_flat(head: bytes) -> bool:
    """Whether a file that begins so is a flat `.fods`: the content, and no zip around it."""
    with suppress(LookupError, UnicodeError):
        return _FLAT.search(next(utf8([head]))) is not None
    return False


def read_tables(content: Iterable[bytes]) -> Mapping[str, OpenTable] | None:
    """Return the visible tables by name; None: this is no spreadsheet.

    `content`: `content.xml` in pieces. Raises `TooMuch`, and for damage `lxml.etree.XMLSyntaxError` and ValueError.
    """
    tables: dict[str, OpenTable] = {}
    hiding: set[str | None] = set()
    table, count, is_spreadsheet = OpenTable(), 0, False
    for event, element in _elements(content):
        name = etree.QName(element).localname
        if event == "start" and name == "table":
            count += 1
            table = OpenTable()
            if element.get(f"{_TABLE}style-name") not in hiding:
                tables[element.get(f"{_TABLE}name", f"Sheet{count}")] = table
        elif event == "end" and name == "table-row":
            table.add(element)
            element.clear()
        elif event == "end" and name == "style" and _hides(element):
            hiding.add(element.get(f"{_STYLE}name"))
        is_spreadsheet |= name == "spreadsheet"
    return tables if is_spreadsheet else None


def _elements(content: Iterable[bytes]) -> Iterator[tuple[str, etree._Element]]:
    parser = etree.XMLPullParser(("start", "end"), tag=_TAGS, resolve_entities=False, no_network=True)
    for piece in content:
        parser.feed(piece)
        yield from cast("Iterable[tuple[str, etree._Element]]", parser.read_events())
    parser.close()
    yield from cast("Iterable[tuple[str, etree._Element]]", parser.read_events())


def _hides(style: etree._Element) -> bool:
    """Whether a table in this style isn't to be seen."""
    properties = style.find(f"{_STYLE}table-properties")
    return properties is not None and properties.get(f"{_TABLE}display") == "false"


def _cells(row: etree._Element) -> Iterator[tuple[Raw, str | None]]:
    """Yield each cell up to the last filled one: its value, and the format that it is shown in, where that counts."""
    gap = place = 0
    for cell in row.iterchildren(f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
        often = _repeated(cell, "columns")
        value = _value(cell)
        if value == "":
            gap += often
            continue
        place += gap + often
        if place > MOST_COLUMNS:
            raise TooMuch
        yield from [("", None)] * gap
        shown = _code(_text(cell).strip()) if isinstance(value, int | float) else None
        yield from [(value, shown)] * often
        gap = 0


def _repeated(element: etree._Element, what: str) -> int:
    return int(element.get(f"{_TABLE}number-{what}-repeated", "1"))


def _value(cell: etree._Element) -> Raw:
    """What a cell holds (OpenDocument 1.2 part 1, 19.385); `""`: nothing."""
    match cell.get(f"{_OFFICE}value-type"):
        case "float" | "currency" | "percentage":
            number = float(cell.get(f"{_OFFICE}value", ""))
            return int(number) if number.is_integer() else number
        case "date":
            return datetime.fromisoformat(cell.get(f"{_OFFICE}date-value", ""))
        case "time" if found := _DURATION.fullmatch(cell.get(f"{_OFFICE}time-value", "")):
            passed = timedelta(hours=int(found[1]), minutes=int(found[2]), seconds=float(found[3]))
            return passed if passed >= timedelta(days=1) else (datetime.min + passed).time()
        case "boolean":
            return cell.get(f"{_OFFICE}boolean-value") == "true"
    return cell.get(f"{_OFFICE}string-value") or _text(cell)


def _text(cell: etree._Element) -> str:
    """The cell's own text, line by line; a comment on it is none of it."""
    return "\n".join([_line(element) for element in cell if element.tag == _PARAGRAPH])


def _line(element: etree._Element) -> str:
    """The text of a paragraph, or of a part of one."""
    line = element.text or ""
    for child in element:
        if child.tag == f"{_TEXT}s":
            line += " " * int(child.get(f"{_TEXT}c", "1"))
        else:
            line += _MARKUP.get(str(child.tag)) or _line(child)
        line += child.tail or ""
    return line


def _code(shown: str) -> str | None:
    """Return the format that shows a number so; None: of the others the full value counts."""
    if _ZEROS.fullmatch(shown):
        return "0" * len(shown)
    if percent := _PERCENT.fullmatch(shown):
        return "0%" if percent[1] is None else f"0.{'0' * len(percent[1])}%"
    return None
