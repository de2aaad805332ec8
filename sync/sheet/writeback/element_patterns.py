"""How the elements of a worksheet begin and end, as patterns."""

from __future__ import annotations

import re
from functools import cached_property

from sync.sheet.writeback.stream import TO_TAGS_END

ROW_NUMBER = rb"([1-9][0-9]*+)"
"""Without zeros before it: a cell's address, which ends in it, is looked for as it is usually written."""
TEXT = rb"[^<>\x00-\x08\x0b\x0c\x0e-\x1f]*+"
"""What may stand between two tags; a `>` may, too, where it doesn't end `]]>`."""

_TIDY_ROWS = rb"""
(?:<row[ ]r="ROW"(?:[ ][\w:]++="[^"<>]*+")*+>
 (?:<c[ ]r="[A-Z]++\1"(?:[ ]\w++="[^"<>]*+")*+
  (?:/>|>
   (?:<f(?:[ ]\w++="[^"<>]*+")*+(?:/>|>TEXT</f>))?+
   (?:<v>TEXT</v>|<is><t(?:[ ]xml:space="preserve")?+>TEXT</t></is>)?+
  </c>)
 )*+
</row>)++
""".replace(b"ROW", ROW_NUMBER).replace(b"TEXT", TEXT)
"""Rows as nearly all programs write them, each with cells of its own. It never backtracks, and so is three times as
quick as a parser."""


class ElementPatterns:
    """The patterns of a worksheet's elements, for the prefix that its writer gave them (mostly none)."""

    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix
        self.tidy_row = b'<%brow r="' % prefix
        self.row_end = b"</%brow>" % prefix
        self.data_end = b"</%bsheetData" % prefix
        self.ends = b"%b></%bworksheet>" % (self.data_end, prefix)
        """What ends a worksheet whose rows have begun."""
        self.tidy_cell = b'<%bc r="' % prefix
        self.cell_end = b"</%bc>" % prefix
        self.any_formula = b"<%bf" % prefix
        name = re.escape(prefix)
        self.cell = re.compile(rb"<%bc(?=[\s/>])([^<>]*?)(?:/>|>(.*?)</%bc\s*>)" % (name, name), re.DOTALL)
        self.row = re.compile(rb"<%brow%b" % (name, TO_TAGS_END))
        self.tidy_rows = re.compile(_prefixed(_TIDY_ROWS, name), re.VERBOSE)
        self.value = self.element(b"v")

    @cached_property
    def address(self) -> re.Pattern[bytes]:
        """Of a tidy cell."""
        return re.compile(rb'%b([A-Z]++[0-9]++)"' % re.escape(self.tidy_cell))

    @cached_property
    def formula(self) -> re.Pattern[bytes]:
        """Of a cell."""
        return self.element(b"f")

    @cached_property
    def text(self) -> re.Pattern[bytes]:
        """Of an inline text, or a part of one."""
        return self.element(b"t")

    @cached_property
    def phonetic(self) -> re.Pattern[bytes]:
        """Of how a text is pronounced."""
        return self.element(b"rPh")

    def element(self, name: bytes) -> re.Pattern[bytes]:
        """Return the pattern of an element that holds none of its own name: (attributes), (content or None)."""
        full = re.escape(self.prefix + name)
        return re.compile(rb"<%b(?=[\s/>])([^<>]*?)(?:/>|>(.*?)</%b\s*>)" % (full, full), re.DOTALL)

    def start_tag(self, *names: str) -> bytes:
        """Return the pattern of the start tags of these elements."""
        either = b"|".join(re.escape(self.prefix + name.encode()) for name in names)
        return rb"<(?:%b)%b" % (either, TO_TAGS_END)

    def end_tag(self, name: str) -> bytes:
        """Return the pattern of the end tag."""
        return rb"</%b\s*>" % re.escape(self.prefix + name.encode())


def _prefixed(pattern: bytes, prefix: bytes) -> bytes:
    """Put the prefix into a pattern, before the name in each tag."""
    return re.sub(rb"(</?)([a-z])", lambda found: found[1] + prefix + found[2], pattern)
