"""The shapes of what itemsync reads and writes, for other programs."""

from __future__ import annotations

from typing import Literal

from sync.messages import Language
from sync.plan.document_schema import json_schema
from sync.table_schema import table_schema

Subject = Literal["plan", "run", "sheet"]


def schema_of(subject: Subject, language: Language) -> dict[str, object]:
    """Return a JSON Schema of the documents that plans and runs are printed as, or the sheet's Table Schema.

    `language`: of the sheet's headers.
    """
    return table_schema(language) if subject == "sheet" else json_schema(subject)
