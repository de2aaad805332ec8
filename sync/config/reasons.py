"""Why a setting is wrong, as a message: pydantic words it in English only."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic_core import PydanticCustomError

from sync.messages import Message, say, table

_CODES = {
    **dict.fromkeys(("int_type", "int_parsing", "int_from_float", "int_parsing_size"), "whole_number"),
    **dict.fromkeys(("float_type", "float_parsing", "finite_number"), "number"),
    **dict.fromkeys(("bool_type", "bool_parsing"), "true_or_false"),
    **dict.fromkeys(("string_type", "string_sub_type"), "text"),
    **dict.fromkeys(("literal_error", "enum", "union_tag_invalid"), "one_of"),
    **dict.fromkeys(("list_type", "tuple_type"), "list"),
    **dict.fromkeys(("dict_type", "mapping_type", "model_type", "dataclass_type", "model_attributes_type"), "table"),
    **dict.fromkeys(("too_short", "too_long"), "length"),
    **dict.fromkeys(("missing", "union_tag_not_found", "missing_argument"), "missing"),
    **dict.fromkeys(("time_type", "time_parsing"), "time"),
    **dict.fromkeys(
        ("datetime_type", "datetime_parsing", "datetime_from_date_parsing", "timezone_naive"), "date_and_time"
    ),
    "greater_than": "above",
    "greater_than_equal": "at_least",
    "less_than": "below",
    "less_than_equal": "at_most",
}
"""What is wrong, by pydantic's word for it."""
_BOUNDS = ("gt", "ge", "lt", "le")
_PLACE = re.compile(r"\(at line (\d+), column (\d+)\)")


def wrong(name: str) -> PydanticCustomError:
    """Make the error of a check of our own; its words are `config.reason.NAME`."""
    # The library keeps its code; its own words are shown to nobody.
    return PydanticCustomError(f"config.reason.{name}", "{}", None)


def reason(error: Mapping[str, Any]) -> Message:
    """Say why a value was refused, by pydantic's details of it; never the value itself, which may be a secret."""
    kind, context = str(error["type"]), error.get("ctx") or {}
    if kind in table():
        return say(kind)
    bound = next((context[name] for name in _BOUNDS if name in context), "")
    words = str(context.get("expected") or context.get("expected_tags") or "").replace(" or ", ", ")
    return say(f"config.reason.{_CODES.get(kind, 'other')}", bound=bound, words=words.replace("'", ""))


def unreadable(error: Exception) -> Message:
    """Say why a settings file can't be read at all."""
    if found := _PLACE.search(str(error)):
        return say("config.reason.toml", line=found[1], column=found[2])
    if isinstance(error, UnicodeDecodeError):
        return say("config.reason.encoding")
    return say("config.reason.closed") if isinstance(error, OSError) else say("config.reason.toml_end")
