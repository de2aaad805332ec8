"""A large document of JSON, read some of its text at a time: as a whole it would take ten times the room of the file.

What is read are the documents that `legible.json_parts` writes, however a person has laid them out since.
"""

from __future__ import annotations

import json
from typing import TextIO

from sync.legible import LazyRows
from sync.packed import TOGETHER, Packed

_AT_ONCE = 1 << 20
"""Characters that are read together."""
_SPACE = " \t\n\r"


def read_document(text: TextIO) -> object:
    """Read a document. A list that is a member of it, or of a member, comes as `LazyRows`.

    Raises ValueError for what is no JSON, and RecursionError for what is nested too deeply.
    """
    reader = _Members(text)
    document = reader.member(2)
    if reader.sign():
        raise ValueError("more than a document")
    return document


class _Members:
    def __init__(self, text: TextIO) -> None:
        self._file, self._text, self._at = text, "", 0
        self._decoder = json.JSONDecoder()

    def member(self, depth: int) -> object:
        """Read what comes next; `depth`: how deep mappings are looked into."""
        sign = self.sign()
        if depth and sign == "{":
            return self._mapping(depth)
        return self._rows() if sign == "[" else self._value()

    def sign(self) -> str:
        """Return the next sign that is no space; empty: there is none."""
        while True:
            while self._text[self._at : self._at + 1] in _SPACE and self._at < len(self._text):
                self._at += 1
            if self._at < len(self._text) or not self._more():
                return self._text[self._at : self._at + 1]

    def _mapping(self, depth: int) -> dict[str, object]:
        members: dict[str, object] = {}
        self._at += 1
        if self._ends("}"):
            return members
        while True:
            name = self._value() if self.sign() == '"' else None
            if not isinstance(name, str) or self.sign() != ":":
                raise ValueError("no member")
            self._at += 1
            members[name] = self.member(depth - 1)
            if not self._goes_on("}"):
                return members

    def _rows(self) -> LazyRows:
        rows: Packed[object] = Packed(few=0)
        some: list[object] = []
        self._at += 1
        goes_on = not self._ends("]")
        while goes_on:
            some.append(self._value())
            goes_on = self._goes_on("]")
            if len(some) == TOGETHER or not goes_on:
                rows.add(some)
                some = []
        return LazyRows(len(rows), lambda: rows)

    def _ends(self, end: str) -> bool:
        over = self.sign() == end
        self._at += over
        return over

    def _goes_on(self, end: str) -> bool:
        """Whether another one follows; else what it is in ends here."""
        sign = self.sign()
        if sign not in (",", end):
            raise ValueError("neither another one nor the end")
        self._at += 1
        return sign == ","

    def _value(self) -> object:
        """Read one value whole. Where the text that is there ends within it, more is read."""
        self.sign()
        while True:
            try:
                value, end = self._decoder.raw_decode(self._text, self._at)
            except ValueError:
                if self._more():
                    continue
                raise
            # A number may go on where the text that is there ends.
            if (self._text[end : end + 1] in (*_SPACE, *",:]}") and end < len(self._text)) or not self._more():
                self._at = end
                return value

    def _more(self) -> bool:
        """Read more, as much again as is there: so nothing is looked at more than twice."""
        more = self._file.read(max(_AT_ONCE, len(self._text) - self._at))
        if more:
            self._text, self._at = self._text[self._at :] + more, 0
        return bool(more)
