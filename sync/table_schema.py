"""The sheet as a Frictionless Table Schema, for programs that make sheets or check them before itemsync does."""

from __future__ import annotations

from collections.abc import Mapping

from sync.fields import (
    FIELDS,
    HIGHEST_COUNT,
    HIGHEST_ID,
    HIGHEST_PRICE,
    LOWEST_PRICE,
    OUTER_ID,
    SYSTEM_FIELDS,
    Column,
    Field,
    ValueKind,
    of_path,
    status_words,
)
from sync.messages import Language, say

_MOMENT = {"type": "datetime", "format": "%Y-%m-%d %H:%M"}
_OF_COLUMNS: Mapping[Column, Mapping[str, object]] = {
    Column.STOCK_CHANGE: {
        "type": "integer",
        "groupChar": ",",
        "constraints": {"minimum": -HIGHEST_COUNT, "maximum": HIGHEST_COUNT},
    },
    Column.LIST_AT: _MOMENT,
    Column.DELIST_AT: _MOMENT,
    Column.WINDOW_START: _MOMENT,
    Column.WINDOW_END: _MOMENT,
    Column.SYNCED_AT: _MOMENT,
}
_OF_KINDS: Mapping[ValueKind, Mapping[str, object]] = {
    ValueKind.MONEY: {
        "type": "number",
        "groupChar": ",",
        "bareNumber": False,
        "constraints": {"minimum": LOWEST_PRICE / 100, "maximum": HIGHEST_PRICE // 100},
    },
    ValueKind.COUNT: {
        "type": "integer",
        "groupChar": ",",
        "constraints": {"minimum": 0, "maximum": HIGHEST_COUNT},
    },
    ValueKind.NUMBER: {"type": "integer", "constraints": {"minimum": 0, "maximum": HIGHEST_ID}},
    ValueKind.ID: {"type": "string", "constraints": {"pattern": "[1-9][0-9]{0,18}"}},
    ValueKind.STATUS: {"type": "string", "constraints": {"enum": [*status_words()]}},
}
"""What isn't in either table is text."""


def table_schema(language: Language) -> dict[str, object]:
    """Return the schema of a sheet with headers in `language`; `title` is a header in the other language.

    No column but the key has to be there, and others of the staff's own may be: `fieldsMatch` says so.
    """
    return {
        "fields": [_field(field, language) for field in (*FIELDS, *SYSTEM_FIELDS)],
        "fieldsMatch": "partial",
        "missingValues": [""],
        "primaryKey": [of_path(OUTER_ID).words(language)],
    }


def _field(field: Field, language: Language) -> dict[str, object]:
    kind = _OF_COLUMNS.get(field.column) or _OF_KINDS.get(field.kind) or {"type": "string"}
    required = {"constraints": {"required": True}} if field.path == OUTER_ID else {}
    usual = field in FIELDS
    described = {"description": say(f"help.{field.en.replace(' ', '_')}").words(language)} if usual else {}
    title = field.en if language == "zh" else field.zh
    return {"name": field.words(language), "title": title, **described, **kind, **required}
