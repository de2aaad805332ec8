"""A fresh workbook in the template's form: example rows to type over, rules, and a sheet that explains it all."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from pathlib import Path

from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.fields import category_table
from sync.messages import Language, say
from sync.sheet.making.examples import examples
from sync.sheet.making.form import Form, add_categories, describe
from sync.sheet.making.guide import add_guide
from sync.sheet.making.ruleform import add_rules


def write_template(out: Path, language: Language, categories: Collection[tuple[str, str]] | None = None) -> None:
    """Write a blank workbook to `out`; headers in `language`, their notes in both. Raises `OSError`.

    `categories` are offered in the drop-downs; None: the platform's table (seed 002, section 6).
    """
    offered = category_table() if categories is None else categories
    whole = BytesIO()
    with Workbook(whole, {"in_memory": True}) as book:
        describe(book)
        form = Form(book, language, offered, rows=len(examples(language)))
        for number, row in enumerate(examples(language), start=1):
            form.write(row, say(f"example.note.{number}").words(language))
        add_rules(book, language)
        add_guide(book, language)
        add_categories(book, offered, language)
    out.write_bytes(whole.getvalue())
