"""In which line of a TOML file a key stands: the library itself tells lines only of what it can't read."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Keys = tuple[str, ...]
"""A key with the tables around it: `("profiles", "default", "app_key")`; of several tables of one name with its place
among them, from 0: `("profiles", "default", "rules", "0", "kind")`."""


def lines_of(text: str) -> Mapping[Keys, int]:
    """Return where each key and table of a readable TOML `text` begins: its first line, counted from 1."""
    found: dict[Keys, int] = {}
    table: Keys = ()
    often: Counter[Keys] = Counter()
    for line, statement in _statements(text):
        document = tomllib.loads(statement)
        if statement.lstrip().startswith("["):
            table = _deepest(document)
            document = {}
            found.setdefault(table, line)
            if statement.lstrip().startswith("[["):
                often[table] += 1
                table = (*table, str(often[table] - 1))
                found[table] = line
        for keys in _keys(document):
            found.setdefault((*table, *keys), line)
    return found


def line_of(keys: Sequence[object], lines: Mapping[Keys, int]) -> int | None:
    """Return the line of `keys`, or of the nearest that encloses them; None: the file says nothing of it."""
    names = tuple(map(str, keys))
    around = (names[:length] for length in range(len(names), 0, -1))
    return next((lines[part] for part in around if part in lines), None)


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each statement with its first line. It ends with the first line that makes it TOML by itself."""
    begin, pending = 1, ""
    for number, line in enumerate(text.split("\n"), start=1):
        pending += line + "\n"
        try:
            tomllib.loads(pending)
        except tomllib.TOMLDecodeError:
            continue
        yield begin, pending
        begin, pending = number + 1, ""


def _deepest(document: Mapping[str, Any]) -> Keys:
    """Name the table that a header opens; `[[such]]` a one holds its table in a list."""
    inside = document[0] if isinstance(document, list) else document
    for name, value in inside.items():
        return (name, *_deepest(value))
    return ()


def _keys(document: Mapping[str, Any]) -> Iterator[Keys]:
    for name, value in document.items():
        yield (name,)
        if isinstance(value, dict):
            yield from ((name, *keys) for keys in _keys(value))
