"""Text that can be shown, with what nobody sees written out by name; and commands that can be pasted.

Titles, nicks and error texts come from the platform and from strangers' sheets. An escape sequence must not reach the
terminal, and a right-to-left mark must not turn a price change round.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from subprocess import list2cmdline
from unicodedata import category

_JOINERS = "\u200c\u200d"
"""They are part of many emoji and of some scripts, and change the order of nothing."""
_AT_ONCE = 200
"""Rows of a document that are encoded together: few enough to take little memory."""


class LazyRows:
    """Rows of a document that are made when they are looked at, one by one: a list of them all would be as large
    as what they tell of."""

    def __init__(self, count: int, made: Callable[[], Iterable[object]]) -> None:
        """`count`: how many `made` makes, each time anew."""
        self._count, self._made = count, made

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[object]:
        return iter(self._made())


def legible(text: str) -> str:
    r"""Write `text` on one line: line breaks, tabs and odd spaces as a space, `\x1b` and `<U+202E>` by their names.

    Characters that are newer than Python's tables stay as they are.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign.isprintable() else _named(sign) for sign in text)


def legible_lines(text: str) -> str:
    """Write `text` as `legible` does, but keep its lines."""
    if text.isprintable():
        return text
    return "\n".join(map(legible, text.split("\n")))


def to_json(value: object, indent: int | None = None) -> str:
    r"""Write `value` as JSON that a terminal can show: what can't be seen is escaped, such as `\u202e`."""
    return "".join(json_parts(value, indent))


def json_parts(value: object, indent: int | None = None, *, ascii_only: bool = False) -> Iterator[str]:
    """Yield the text of `to_json`, some lines at a time: that of a large document is larger than what it tells.

    `ascii_only`: whatever isn't ASCII is escaped. With an `indent`, a member of the document, or of a member, may be
    `LazyRows`.
    """
    encoder = json.JSONEncoder(ensure_ascii=ascii_only, indent=indent, default=_at_once)
    if indent and isinstance(value, Mapping):
        yield from _members(value, encoder, "\n", " " * indent)
    else:
        yield _printable(encoder.encode(value))


def _members(document: Mapping[str, object], encoder: json.JSONEncoder, begin: str, step: str) -> Iterator[str]:
    """Yield the text of a document, of which a member may be one too; `begin`: how its own lines begin."""
    margin, between = begin + step, "{"
    for name, member in document.items():
        yield f"{between}{margin}{_printable(encoder.encode(name))}: "
        between = ","
        if isinstance(member, list | LazyRows):
            yield from _elements(member, encoder, margin)
            yield f"{margin}]" if len(member) else "[]"
        elif isinstance(member, Mapping):
            yield from _members(member, encoder, margin, step)
        else:
            yield _printable(encoder.encode(member)).replace("\n", margin)
    yield f"{begin}}}" if document else "{}"


def canonical_parts(value: object) -> Iterator[str]:
    """Yield the one text of JSON that `value` has, whatever the order of its members, some rows at a time."""
    if isinstance(value, Mapping):
        between = "{"
        for name in sorted(value):
            yield f"{between}{_CANONICAL.encode(name)}:"
            yield from canonical_parts(value[name])
            between = ","
        yield "}" if value else "{}"
    elif isinstance(value, list | LazyRows) and len(value):
        between = "["
        for some in _together(value):
            yield between + _CANONICAL.encode(some)[1:-1]
            between = ","
        yield "]"
    else:
        yield _CANONICAL.encode(value)


def _at_once(value: object) -> list[object]:
    if isinstance(value, LazyRows):
        return [*value]
    raise TypeError(value)


_CANONICAL = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=_at_once)


def _elements(rows: Iterable[object], encoder: json.JSONEncoder, margin: str) -> Iterator[str]:
    between = "["
    for some in _together(rows):
        # A line break within a text is escaped: each of these begins a line of the document.
        yield between + _printable(encoder.encode(some)[1:-2]).replace("\n", margin)
        between = ","


def _together(rows: Iterable[object]) -> Iterator[list[object]]:
    # To encode them one by one takes half as long again.
    left = iter(rows)
    while some := [*islice(left, _AT_ONCE)]:
        yield some


def _printable(text: str) -> str:
    if text.isprintable():
        return text
    lines = text.split("\n")
    return "\n".join(line if line.isprintable() else "".join(map(_escaped, line)) for line in lines)


def quoted(word: str) -> str:
    """Write one word of a command line as this system's shells need it."""
    return list2cmdline([word]) if os.name == "nt" else shlex.quote(word)


def answering(code: str) -> str:
    """Return the command by which a person says that the 库存增减 of `code` happened."""
    return f"itemsync resume --answer {quoted(f'{code}=happened')}"


def _escaped(sign: str) -> str:
    return sign if sign.isprintable() else json.dumps(sign)[1:-1]


def _named(sign: str) -> str:
    if sign in "\t\n\r":
        return " "
    match category(sign):
        case "Zs" | "Zl" | "Zp":
            return " "
        case "Cc":
            return f"\\x{ord(sign):02x}"
        case "Cf" | "Cs" if sign not in _JOINERS:
            return f"<U+{ord(sign):04X}>"
        case _:
            return f"<U+{ord(sign):04X}>" if ord(sign) & 0xFFFE == 0xFFFE else sign
