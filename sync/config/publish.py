"""What a new item gets where its row says nothing: `[profiles.NAME.publish]`.

    "_sys@market" = "life"
    "品牌" = "OPI"

Keys are paths of the columns 系统:… and 自定义:…; values follow the rules of those cells. What tells one item from
another (code, title, price, stock…) has no default.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

from sync.config.reasons import wrong
from sync.fields import SYSTEM_FIELDS, ValueKind, forbidden_name, kind
from sync.item import Item, Path, Value

_SYSTEM_PATHS = tuple(field.path for field in SYSTEM_FIELDS if field.path)
_HIGHEST_NUMBER = 2**63 - 1
"""TOP-PROTOCOL section 1: the platform's whole numbers are 64-bit."""


def defaults(table: object) -> Item:
    """Read the table; raises ValidationError that names each key that is wrong, and how it should be."""
    if not isinstance(table, Mapping):
        raise wrong("publish")
    read = {path: _value(path, value) for path, value in table.items()}
    found_wrong = [
        InitErrorDetails(type=value, loc=(path,), input=None)
        for path, value in read.items()
        if isinstance(value, PydanticCustomError)
    ]
    if found_wrong:
        raise ValidationError.from_exception_data("publish", found_wrong)
    return {path: value for path, value in read.items() if not isinstance(value, PydanticCustomError)}


def _value(path: Path, value: object) -> Value | PydanticCustomError:
    if path not in _SYSTEM_PATHS and forbidden_name(path):
        return wrong("publish_path")
    if kind(path) is ValueKind.NUMBER:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _HIGHEST_NUMBER:
            return value
        return wrong("whole_number")
    text = value.strip() if isinstance(value, str) else ""
    return text or wrong("some_text")
