"""How `.ods` shows its numbers: each cell holds the text that is seen beside its value, so no format need be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import cast

from lxml import etree

from sync.sheet.files.addresses import Address

_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
_OFFICE = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
_TEXT = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
_ZEROS = re.compile(r"0[0-9]+")
_PERCENT = re.compile(r"-?[0-9]+(?:\.([0-9]+))?%")
_MOST_ALIKE = 1_000
"""Cells or rows that are written once and stand for many: beyond that they are no items."""


def formats_of(content: Iterable[bytes]) -> Mapping[str, Mapping[Address, str]]:
    """Return the number formats of each table's cells, as far as leading zeros and percents go.

    `content`: `content.xml` in pieces. Raises `lxml.etree.XMLSyntaxError` and ValueError for what is damaged.
    """
    found: dict[str, dict[Address, str]] = {}
    formats: dict[Address, str] = {}
    number = 1
    for event, element in _tables_and_rows(content):
        if event == "start":
            if element.tag == f"{{{_TABLE}}}table":
                formats, number = found.setdefault(element.get(f"{{{_TABLE}}}name", ""), {}), 1
            continue
        if element.tag == f"{{{_TABLE}}}table-row":
            repeated = _repeated(element, "rows")
            for column, code in _row(element):
                formats |= {(row, column): code for row in range(number, number + min(repeated, _MOST_ALIKE))}
            number += repeated
            element.clear()
    return found


def _tables_and_rows(content: Iterable[bytes]) -> Iterator[tuple[str, etree._Element]]:
    tags = (f"{{{_TABLE}}}table", f"{{{_TABLE}}}table-row")
    parser = etree.XMLPullParser(("start", "end"), tag=tags, resolve_entities=False, no_network=True)
    for piece in content:
        parser.feed(piece)
        yield from cast("Iterable[tuple[str, etree._Element]]", parser.read_events())
    parser.close()
    yield from cast("Iterable[tuple[str, etree._Element]]", parser.read_events())


def _row(row: etree._Element) -> Iterator[tuple[int, str]]:
    column = 1
    for cell in row.iterchildren(f"{{{_TABLE}}}table-cell", f"{{{_TABLE}}}covered-table-cell"):
        repeated = _repeated(cell, "columns")
        if cell.get(f"{{{_OFFICE}}}value") and (code := _code(_seen(cell))):
            yield from ((column + more, code) for more in range(min(repeated, _MOST_ALIKE)))
        column += repeated


def _seen(cell: etree._Element) -> str:
    """The cell's own text; a comment on it is none of it."""
    return "".join("".join(map(str, line.itertext())) for line in cell.iterchildren(f"{{{_TEXT}}}p")).strip()


def _repeated(element: etree._Element, what: str) -> int:
    return int(element.get(f"{{{_TABLE}}}number-{what}-repeated", "1"))


def _code(shown: str) -> str | None:
    """Return the format that shows a number so; None: of the others the full value counts."""
    if _ZEROS.fullmatch(shown):
        return "0" * len(shown)
    if percent := _PERCENT.fullmatch(shown):
        return "0%" if percent[1] is None else f"0.{'0' * len(percent[1])}%"
    return None
