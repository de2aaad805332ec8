"""JSON Schemas of documents whose shape is a TypedDict."""

from __future__ import annotations

from collections.abc import Mapping


def schema_of_type(root: type, title: str) -> dict[str, object]:
    """Return the JSON Schema (2020-12) of a document."""
    from pydantic import ConfigDict, TypeAdapter  # noqa: PLC0415 - only a schema needs it

    # A TypedDict takes no settings of its own: the tuple around it has them.
    settings = ConfigDict(use_attribute_docstrings=True)
    schema = TypeAdapter(tuple[root], config=settings).json_schema(mode="serialization")  # type: ignore[valid-type]
    types: Mapping[str, Mapping[str, object]] = schema["$defs"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$ref": f"#/$defs/{root.__name__}",
        "$defs": types,
    }
