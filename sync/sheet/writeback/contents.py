"""What a cell holds, from its XML and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from functools import lru_cache
from html import escape
from typing import cast

from lxml import etree

from sync.sheet.files.encoding import utf8
from sync.sheet.files.workbook import Raw
from sync.sheet.writeback.addresses import attribute, letters
from sync.sheet.writeback.element_patterns import ElementPatterns
from sync.sheet.writeback.worksheet import RawCell

_LONGEST_TEXT = 32_767
"""Characters that a cell holds; Excel repairs a workbook that has more in one."""
_SOME_DATE = datetime(1900, 1, 1)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How Excel writes a character that XML can't hold (ECMA-376, 22.9.2.19), and so its own sign too."""
_TIDY_ITEM = re.compile(rb'<si><t(?: xml:space="preserve")?+>([^<]*+)</t>')
_TIDY_ITEMS = re.compile(
    rb'(?:<si><t(?: xml:space="preserve")?+>[^<]*+</t>(?:<phoneticPr(?: \w++="[^"<>]*+")*+/>)?+</si>\s*+)++'
)
"""Shared strings as nearly all programs write them; it never backtracks."""
_NOT_IN_XML = "[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]"


class Shared(int):
    """An index into the workbook's table of shared strings."""

    __slots__ = ()


def held(cell: RawCell, names: ElementPatterns, is_date: Callable[[int], bool]) -> Raw | Shared:
    """Return what the cell holds, as reading the sheet gives it (`""`: nothing); of a formula, its stored result.

    A date comes as some date: which one doesn't matter here. Raises ValueError for what is no worksheet's.
    """
    kind = attribute(cell.attributes, b"t")
    if kind == b"inlineStr" and not names.value.search(cell.content):
        return _rich_text(cell.content, names)
    found = names.value.search(cell.content)
    value = _text(found[2] or b"") if found else ""
    if not value or kind in (b"str", b"e", b"inlineStr"):
        return _unescaped(value)
    if kind == b"s":
        return Shared(value)
    if kind == b"b":
        return value in ("1", "true")
    if kind == b"d" or (attribute(cell.attributes, b"s") and is_date(cell.style)):
        return _SOME_DATE
    number = float(value)
    return int(number) if number.is_integer() else number


def is_number(cell: RawCell) -> bool:
    """Tell whether the cell's value is a number, a date's too (18.18.11: no type is a number's)."""
    return attribute(cell.attributes, b"t") in (b"", b"n")


def _rich_text(content: bytes, names: ElementPatterns) -> str:
    """Leave out how the text is pronounced (`rPh`)."""
    spoken = names.phonetic.sub(b"", content)
    return _unescaped("".join(_text(found[2] or b"") for found in names.text.finditer(spoken)))


def _text(content: bytes) -> str:
    if b"&" in content or b"<" in content or b"\r" in content:
        element = etree.fromstring(b"<t>" + content + b"</t>", etree.XMLParser(resolve_entities=False))
        return "".join(map(str, element.itertext()))
    return content.decode()


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def shared_strings(chunks: Iterable[bytes], wanted: Collection[int]) -> dict[int, str]:
    """Return the `wanted` texts of the table of shared strings, by index."""
    table = b"".join(utf8(chunks))
    begin, end = table.find(b"<si>"), table.rfind(b"</si>") + len(b"</si>")
    if 0 <= begin < end and _TIDY_ITEMS.fullmatch(table, begin, end):
        etree.fromstring(table[:begin] + table[end:], etree.XMLParser(resolve_entities=False, no_network=True))
        texts = _TIDY_ITEM.findall(table, begin, end)
        return {index: _unescaped(_text(texts[index])) for index in wanted if index < len(texts)}
    return _parsed_strings([table], wanted)


def _parsed_strings(chunks: Iterable[bytes], wanted: Collection[int]) -> dict[int, str]:
    last = max(wanted)
    found: dict[int, str] = {}
    for index, item in enumerate(_items(chunks)):
        if index in wanted:
            found[index] = _unescaped("".join(_spoken(item)))
        if index == last:
            break
    return found


def _items(chunks: Iterable[bytes]) -> Iterator[etree._Element]:
    """Yield the table's texts, and free each at once: the table can be larger than the sheet."""
    parser = etree.XMLPullParser(tag="{*}si", resolve_entities=False, no_network=True)
    for chunk in chunks:
        parser.feed(chunk)
        for _, item in cast("Iterable[tuple[str, etree._Element]]", parser.read_events()):
            yield item
            item.clear()
            table = item.getparent()
            while table is not None and item.getprevious() is not None:
                del table[0]


def _spoken(item: etree._Element) -> Iterable[str]:
    for part in item.iter("{*}t"):
        parent = part.getparent()
        if parent is None or not str(parent.tag).endswith("}rPh"):
            yield part.text or ""


class Pen:
    """Writes cells into rows; `prefix` is what the worksheet's writer puts before its elements' names."""

    def __init__(self, prefix: bytes) -> None:
        """Prepare the pieces that are the same in each cell."""
        self._open = b"<%bc r=" % prefix + b'"%b%d"'
        self._text = b' t="inlineStr"><%bis><%bt%%b>%%b</%bt></%bis></%bc>' % ((prefix,) * 5)
        self._number = b"><%bv>%%b</%bv></%bc>" % ((prefix,) * 3)

    def text(self, column: int, row: int, style: int, text: str) -> bytes:
        """A text, which no program takes for a formula, an error or a number; none if nothing of it can be kept."""
        content = content_of(text)
        if not content:
            return self.empty(column, row, style)
        space = b' xml:space="preserve"' if content[:1].isspace() or content[-1:].isspace() else b""
        return self._begin(column, row, style) + self._text % (space, content)

    def number(self, column: int, row: int, style: int, number: float | None) -> bytes:
        """A number, or nothing; a date is a number too."""
        if number is None:
            return self.empty(column, row, style)
        return self._begin(column, row, style) + self._number % repr(number).encode()

    def empty(self, column: int, row: int, style: int) -> bytes:
        """A cell with a format and nothing else."""
        return self._begin(column, row, style) + b"/>"

    def _begin(self, column: int, row: int, style: int) -> bytes:
        begin = self._open % (letters(column), row)
        return begin + b' s="%d"' % style if style else begin


@lru_cache(maxsize=1024)
def content_of(text: str) -> bytes:
    """Return what of the text a cell can keep, as XML. Results repeat themselves, so it is remembered."""
    if not text.isprintable():
        text = re.sub(_NOT_IN_XML, "", text.replace("\r\n", "\n").replace("\r", "\n"))
    kept = text[:_LONGEST_TEXT]
    return escape(_ESCAPED.sub(r"_x005F_x\1_", kept), quote=False).encode()
