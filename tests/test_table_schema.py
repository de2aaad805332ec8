"""The sheet's Table Schema: what Frictionless asks of one, and that it says what the sheet's reader does."""

from __future__ import annotations

from typing import Any

import pytest

from sync.fields import FIELDS, SYSTEM_FIELDS, status_words
from sync.messages import Language
from sync.table_schema import table_schema

CONSTRAINTS = {
    "string": {"required", "unique", "pattern", "enum", "minLength", "maxLength"},
    "number": {"required", "unique", "pattern", "enum", "minimum", "maximum"},
    "integer": {"required", "unique", "pattern", "enum", "minimum", "maximum"},
    "datetime": {"required", "unique", "enum", "minimum", "maximum"},
}
"""By type, as the specification has them (Table Schema, section Constraints)."""
OWN = {"number": {"groupChar", "bareNumber"}, "integer": {"groupChar", "bareNumber"}, "datetime": {"format"}}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_a_table_schema(language: Language) -> None:
    schema: Any = table_schema(language)
    assert schema.keys() == {"fields", "fieldsMatch", "missingValues", "primaryKey"}
    names = [field["name"] for field in schema["fields"]]
    assert names == [field.words(language) for field in (*FIELDS, *SYSTEM_FIELDS)]
    assert set(schema["primaryKey"]) <= set(names)
    for field in schema["fields"]:
        common = {"name", "title", "description", "type", "constraints"}
        assert field.keys() <= common | OWN.get(field["type"], set())
        assert field.get("constraints", {}).keys() <= CONSTRAINTS[field["type"]]
        assert all(field.get(text, "-") for text in ("title", "description"))


def test_it_says_what_the_sheet_takes() -> None:
    fields: Any = {field["name"]: field for field in table_schema("zh")["fields"]}  # type: ignore[attr-defined]
    assert fields["价格"]["constraints"] == {"minimum": 0.01, "maximum": 100_000_000}
    assert fields["库存"]["constraints"]["minimum"] == 0
    assert fields["库存增减"]["constraints"]["minimum"] == -fields["库存增减"]["constraints"]["maximum"]
    assert fields["目标状态"]["constraints"]["enum"] == [*status_words()]
    required = [name for name, field in fields.items() if field.get("constraints", {}).get("required")]
    assert required == ["商家编码"]
