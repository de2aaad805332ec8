"""Holds what is printed to the schema that `itemsync schema` prints for it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Literal

from jsonschema import Draft202012Validator

from sync.service.schemas import schema_of


@cache
def validator(of: Literal["plan", "run", "insight"]) -> Draft202012Validator:
    """Strict: readers ignore names that they don't know, but here every printed name has to be in the schema."""
    schema: dict[str, Any] = schema_of(of, "zh")
    Draft202012Validator.check_schema(schema)
    named = [shape for shape in schema["$defs"].values() if "properties" in shape]
    for shape in named:
        shape["additionalProperties"] = False
    return Draft202012Validator(schema)


def validate(document: Mapping[str, Any]) -> None:
    """Raise ValidationError for a plan, a run or insight, on its own or inside `document`, that has another shape."""
    for found in (document, document.get("plan")):
        if found and "format_version" in found:
            validator(_kind(found)).validate(found)


def _kind(document: Mapping[str, Any]) -> Literal["plan", "run", "insight"]:
    if "items" in document:
        return "insight"
    return "run" if "run" in document else "plan"
