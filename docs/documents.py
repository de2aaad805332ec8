"""The page of JSON documents, from their schema."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from docs.markdown import quoted, safe, table
from sync.messages import Language
from sync.service.schemas import schema_of


def documents_page(language: Language) -> str:
    """Return the page, in one language but for what the types themselves say."""
    title, lead, header = {
        "en": (
            "JSON documents",
            "The shapes of [JSON](json.md), as `itemsync schema plan`, `schema run` and `schema insight` print them."
            " A name with a question mark may be absent.",
            ("name", "type", ""),
        ),
        "zh": (
            "JSON 的结构",
            "[JSON](json.md) 的每一项，和 `itemsync schema plan`、`schema run`、`schema insight` 输出的一样。"
            "带问号的不一定有。",
            ("名字", "类型", ""),
        ),
    }[language]
    shapes: dict[str, Any] = {}
    for schema in (schema_of("plan", language), schema_of("run", language), schema_of("insight", language)):
        types: Any = schema["$defs"]
        shapes |= types
    first = ("PlanDocument", "RunDocument", "InsightDocument")
    parts = [f"# {title}\n\n{lead}\n"]
    for name in (*first, *(name for name in shapes if name not in first)):
        shape = shapes[name]
        parts.append(f"## {name}\n\n{_first_sentence(shape)}\n")
        if "properties" in shape:
            optional = {*shape["properties"]} - {*shape.get("required", ())}
            rows = [
                (quoted(key) + ("?" if key in optional else ""), _type(value), _first_sentence(value))
                for key, value in shape["properties"].items()
            ]
            parts.append(table(header, rows))
        else:
            parts.append(_type(shape) + "\n")
    return "\n".join(parts)


def _first_sentence(shape: Mapping[str, Any]) -> str:
    """Return what the docstring says first, without where it comes from."""
    return safe(re.sub(r" \([^()]*\.md[^()]*\)", "", shape.get("description", "").split("\n")[0]))


def _type(shape: Mapping[str, Any]) -> str:
    if "$ref" in shape:
        name = shape["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in shape:
        return ", ".join(quoted(str(word)) for word in shape["enum"])
    if "anyOf" in shape:
        return ", ".join(_type(one) for one in shape["anyOf"])
    if shape.get("type") == "array":
        return f"list of {_type(shape['items'])}"
    return str(shape.get("type", "any"))
