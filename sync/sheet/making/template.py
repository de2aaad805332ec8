"""A fresh workbook in the template's form: example rows to type over, rules, and a sheet that explains it all."""

from __future__ import annotations

from collections.abc import Collection
from io import BytesIO
from pathlib import Path

from sync.atomic_files import write_new
from sync.fields import category_table
from sync.messages import Language, say
from sync.sheet.making.examples import examples
from sync.sheet.making.form import Form, add_categories, describe
from sync.sheet.making.guide import add_guide
from sync.sheet.making.ruleform import add_rules
from sync.workbooks import filling


def write_template(out: Path, language: Language, categories: Collection[tuple[str, str]] | None = None) -> None:
    """Write a blank workbook to `out`, which isn't there yet; headers in `language`, their notes in both.

    Raises `FileExistsError` where there is anything, else `OSError`.

    `categories` are offered in the drop-downs; None: the platform's table (seed 002, section 6).
    """
    offered = category_table() if categories is None else categories
    whole = BytesIO()
    with filling(whole, {"in_memory": True}) as book:
        describe(book)
        form = Form(book, language, offered, rows=len(examples(language)))
        for number, row in enumerate(examples(language), start=1):
            form.write(row, say(f"example.note.{number}").words(language))
        add_rules(book, language)
        add_guide(book, language)
        add_categories(book, offered, language)
    write_new(out, whole.getvalue())
