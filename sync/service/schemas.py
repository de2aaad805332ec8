"""The shapes of what itemsync reads and writes, for other programs."""

from __future__ import annotations

from typing import Literal

from sync.json_schemas import schema_of_type
from sync.learned import INSIGHT_FORMAT, InsightDocument
from sync.messages import Language
from sync.plan.document_schema import json_schema
from sync.table_schema import table_schema

Subject = Literal["plan", "run", "sheet", "insight"]


def schema_of(subject: Subject, language: Language) -> dict[str, object]:
    """Return a JSON Schema of the documents that plans, runs and insight are printed as, or the sheet's Table Schema.

    `language`: of the sheet's headers.
    """
    if subject == "sheet":
        return table_schema(language)
    if subject == "insight":
        return schema_of_type(InsightDocument, f"itemsync insight {INSIGHT_FORMAT}")
    return json_schema(subject)
