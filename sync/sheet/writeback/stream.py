"""A part of XML as a stream of bytes, cut at its tags, so that what isn't to be changed can be copied as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from xml.parsers.expat import ExpatError, ParserCreate, XMLParserType

TO_TAGS_END = rb"""(?=[\s/>])[^<>"']*(?:(?:"[^"]*"|'[^']*')[^<>"']*)*>"""
"""After a start tag's name. An attribute may hold a `>`, though nobody writes one."""
NO_MARKUP = rb"(?s:<!--.*?(?:-->|\Z)|<!\[CDATA\[.*?(?:\]\]>|\Z)|<\?.*?(?:\?>|\Z))"
"""Comments, CDATA and instructions: what looks like a tag in them is none. What is cut off lasts to the end."""
_MOST = 32 << 20
"""Bytes held at a time. A row of 16,384 short cells has about two million."""


def strict_parser() -> XMLParserType:
    """Return a parser that raises `ExpatError` for what isn't well-formed, and for a DTD, which OPC forbids."""
    parser = ParserCreate("utf-8")
    parser.StartDoctypeDeclHandler = _refuse_dtd
    return parser


def _refuse_dtd(*_: object) -> None:
    raise ExpatError("DTD")


class Cutter:
    """Cuts a well-formed part wherever it is told to."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._buffer = b""
        self._at = 0
        self._tricky = False
        """Whether there is something in the buffer of which the inside only looks like tags."""
        self._blockless = False
        """Whether the buffer has no further block: not to be searched again for each of a million rows."""

    def cut(self, mark: bytes) -> tuple[bytes, bytes]:
        """Return what stands before the next `mark`, a pattern, and the mark itself; `b""`: there is none any more.

        Raises ValueError where that is more than any workbook needs.
        """
        while True:
            found = self._find(mark)
            if found is not None:
                begin, end = found
                before, text = self._buffer[self._at : begin], self._buffer[begin:end]
                self._at = end
                return before, text
            if not self._read_more():
                rest, self._buffer, self._at = self._buffer[self._at :], b"", 0
                return rest, b""
            if len(self._buffer) > _MOST:
                raise ValueError("too long")

    def cut_block(self, end: bytes, limit: bytes) -> bytes:
        """Return what is in memory up to the last `end` before `limit`, both plain bytes; if need be, read some more.

        Many cuts in one; `b""`: there, each cut must be made by itself.
        """
        if self._tricky or self._blockless:
            return b""
        last, limited = self._last(end, limit)
        # What a chunk ends within goes with the next one.
        if last < 0 and not limited and self._read_more() and not self._tricky:
            last, _ = self._last(end, limit)
        if last < 0:
            self._blockless = True
            return b""
        begin, self._at = self._at, last + len(end)
        return self._buffer[begin : self._at]

    def _last(self, end: bytes, limit: bytes) -> tuple[int, bool]:
        """Return where the last `end` before `limit` begins, -1: there is none; and whether `limit` is there."""
        stop = self._buffer.find(limit, self._at)
        return self._buffer.rfind(end, self._at, None if stop < 0 else stop), stop >= 0

    def pieces(self, mark: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the rest as by `cut`; a stretch without a mark may come in several pieces, each with `b""`."""
        while True:
            found = self._find(mark)
            end = found[1] if found else self._safe_end()
            begin = found[0] if found else end
            before, text = self._buffer[self._at : begin], self._buffer[begin:end]
            self._at = end
            yield before, text
            if found is None and not self._read_more():
                yield self._buffer[self._at :], b""
                return

    def _safe_end(self) -> int:
        """Where no tag has begun that doesn't end within the buffer."""
        return self._at if self._tricky else max(self._buffer.rfind(b"<"), self._at)

    def _find(self, mark: bytes) -> tuple[int, int] | None:
        if not self._tricky:
            plain = _pattern(mark).search(self._buffer, self._at)
            return plain.span() if plain else None
        for match in _wary_pattern(mark).finditer(self._buffer, self._at):
            if match["mark"] is not None:
                return match.span()
        return None

    def _read_more(self) -> bool:
        chunk = next(self._chunks, None)
        self._buffer = self._buffer[self._at :] + (chunk or b"")
        self._at = 0
        self._blockless = False
        # A single byte is found ten times as quickly, and hardly any sheet has one of these.
        self._tricky = any(sign in self._buffer and b"<" + sign in self._buffer for sign in (b"!", b"?"))
        return chunk is not None


@cache
def _pattern(mark: bytes) -> re.Pattern[bytes]:
    return re.compile(mark)


@cache
def _wary_pattern(mark: bytes) -> re.Pattern[bytes]:
    return re.compile(NO_MARKUP + rb"|(?P<mark>" + mark + rb")", re.DOTALL)
