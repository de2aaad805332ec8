"""How one part of a workbook points to another (ECMA-376 part 2, 6.5)."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree


class Relation(NamedTuple):
    """One part's pointing to another."""

    id: str
    kind: str
    """The last word of its type: `worksheet`, `styles`; the same in both forms of the format."""
    target: str
    """A part's name."""


def relations_of(pointers: etree._Element, part: str, exists: Callable[[str], bool]) -> Iterator[Relation]:
    """Yield the parts that `part` points to by its `pointers`; `""` is the package itself.

    `exists`: whether the package has a part of that name.
    """
    for each in pointers.iterchildren("{*}Relationship"):
        if each.get("TargetMode") != "External":
            kind = each.get("Type", "").rpartition("/")[2]
            yield Relation(each.get("Id", ""), kind, _target(part, each.get("Target", ""), exists))


def relation_id(element: etree._Element) -> str:
    """Return the id by which an element names another part (`r:id`); empty if it names none."""
    return next((str(value) for name, value in element.items() if str(name).endswith("}id")), "")


def relations_part(part: str) -> str:
    """Return the name of the part that says what `part` points to."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _target(part: str, written: str, exists: Callable[[str], bool]) -> str:
    """A target is relative to the folder of what points to it, or absolute within the package.

    Some writers take it for absolute without saying so, or write backslashes or `%20` where the zip has none.
    """
    plain = written.replace("\\", "/")
    folder = posixpath.dirname(part)
    ways = [_absolute(folder, plain), _absolute(folder, unquote(plain)), _absolute("", plain)]
    return next((way for way in ways if exists(way)), ways[0])


def _absolute(folder: str, target: str) -> str:
    return posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
