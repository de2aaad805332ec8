"""What a new item gets where its row says nothing: `[profiles.NAME.publish]`.

    "_sys@market" = "life"
    "品牌" = "OPI"

Keys are paths of the columns 系统:… and 自定义:…; values follow the rules of those cells. What tells one item from
another (code, title, price, stock…) has no default.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.config.values import bad, inside
from sync.fields import SYSTEM_FIELDS, ValueKind, forbidden_name, kind
from sync.item import Item, Path, Value

_SYSTEM_PATHS = tuple(field.path for field in SYSTEM_FIELDS if field.path)
_HIGHEST_NUMBER = 2**63 - 1
"""docs/explanation/platform.md#one-call: the platform's whole numbers are 64-bit."""


def defaults(value: object) -> Item:
    """Read the table; raises BadValue for the first key that is wrong."""
    if not isinstance(value, Mapping):
        raise bad("publish")
    found = {}
    for path, one in value.items():
        with inside(path):
            found[path] = _value(path, one)
    return found


def _value(path: Path, value: object) -> Value:
    if path not in _SYSTEM_PATHS and forbidden_name(path):
        raise bad("publish_path")
    if kind(path) is ValueKind.NUMBER:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _HIGHEST_NUMBER:
            return value
        raise bad("whole_number")
    text = value.strip() if isinstance(value, str) else ""
    if not text:
        raise bad("some_text")
    return text
