"""What calamine doesn't say: hidden rows and columns, merged ranges, error values, formulas without a stored value.

calamine gives an empty text for `#N/A` and for a formula that was never calculated, just as for an empty cell. An
empty cell means "leave it alone" (docs/reference/sheet.md), so the three must be told apart, by the sheet's own XML.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, cast

from lxml import etree

from sync.sheet.files.addresses import MOST_COLUMNS, Address, Range, parse_address

_SUSPECT = etree.XPath(
    "*[@t='e' or (*[local-name()='f'] and not(*[local-name()='v']/text()) and not(@t='str'))]", smart_strings=False
)
"""Of a row: errors, and formulas without a value. A formula whose result is an empty text is stored as a text
without a value (`t="str"`): that one is calculated."""


_NO_ERRORS: Mapping[Address, str] = {}
"""Nobody adds to it; a `MappingProxyType` couldn't come from another process, as traits do."""


class Traits(NamedTuple):
    """What the XML of one worksheet says beside its values."""

    hidden: frozenset[int] = frozenset()
    """Numbers of hidden rows; a filter hides rows just as a hand does."""
    hidden_columns: frozenset[int] = frozenset()
    """Numbers of hidden columns, from 1."""
    merges: tuple[Range, ...] = ()
    """Merged ranges; only the first cell of each holds a value."""
    errors: Mapping[Address, str] = _NO_ERRORS
    """Cells that hold an error value, such as `#N/A`."""
    unvalued: frozenset[Address] = frozenset()
    """Cells with a formula and no stored value."""

    @property
    def addresses(self) -> frozenset[Address]:
        """All cells that look empty to calamine and aren't."""
        return self.unvalued.union(self.errors)


def read_traits(xml: Iterable[bytes]) -> Traits:
    """Read a worksheet's XML, which comes in pieces; raises `lxml.etree.XMLSyntaxError` or ValueError if damaged."""
    hidden: set[int] = set()
    columns: set[int] = set()
    merges: list[Range] = []
    errors: dict[Address, str] = {}
    unvalued: set[Address] = set()
    number = 0
    for element in _elements(xml, "{*}col", "{*}row", "{*}mergeCell"):
        name = etree.QName(element).localname
        if name == "mergeCell":
            merges.append(Range.of(element.get("ref", "A1")))
        elif name == "col" and _is_hidden(element):
            columns.update(_stretch(element))
        if name != "row":
            continue
        number = int(element.get("r") or number + 1)
        if _is_hidden(element):
            hidden.add(number)
        for cell in cast("list[etree._Element]", _SUSPECT(element)):
            if cell.get("t") == "e":
                errors[_address(cell, number)] = cell.findtext("{*}v") or "#N/A"
            else:
                unvalued.add(_address(cell, number))
    return Traits(frozenset(hidden), frozenset(columns), tuple(merges), errors, frozenset(unvalued))


def _is_hidden(element: etree._Element) -> bool:
    return element.get("hidden") in ("1", "true")


def _stretch(element: etree._Element) -> range:
    """The columns that a `col` is about (ECMA-376, 18.3.1.13)."""
    first = int(element.get("min", "1"))
    return range(first, min(int(element.get("max", first)), MOST_COLUMNS) + 1)


def _elements(xml: Iterable[bytes], *tags: str) -> Iterator[etree._Element]:
    """Give the elements one after another and forget them, so that a large sheet needs little memory."""
    parser = etree.XMLPullParser(tag=tags, resolve_entities=False, no_network=True)
    for piece in xml:
        parser.feed(piece)
        yield from _finished(parser)
    parser.close()
    yield from _finished(parser)


def _finished(parser: etree.XMLPullParser) -> Iterator[etree._Element]:
    for _, found in parser.read_events():
        element = cast("etree._Element", found)
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _address(cell: etree._Element, row: int) -> Address:
    """A cell's own `r` may be left out (ECMA-376, 18.3.1.4): then it is the next one."""
    ref = cell.get("r")
    if ref:
        return parse_address(ref)
    return row, 1 + sum(1 for _ in cell.itersiblings(preceding=True))
