"""Fresh workbooks in the template's form: a sheet of items, rules, a guide, and the lists that drop-downs offer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from io import BytesIO
from pathlib import Path

from sync.atomic_files import write_new
from sync.fields import Field, category_table
from sync.item import Row
from sync.messages import Language, say
from sync.sheet.examples import examples
from sync.sheet.making.form import Form, add_categories, describe
from sync.sheet.making.guide import add_guide
from sync.sheet.making.ruleform import add_rules
from sync.workbooks import filling


def write_template(
    out: Path, language: Language, categories: Collection[tuple[str, str]] | None = None, *, skus: bool = False
) -> None:
    """Write a blank workbook to `out`, which isn't there yet; headers in `language`, their notes in both.

    Raises `FileExistsError` where there is anything, else `OSError`.

    `categories` are offered in the drop-downs; None: the platform's table
    (docs/explanation/platform.md#reserved-keys). `skus`: it has SKU编码, for rows that are SKUs'.
    """
    rows = examples(language)
    notes = {row.number: say(f"example.note.{at}").words(language) for at, row in enumerate(rows, start=1)}
    offered = category_table() if categories is None else categories
    write_form(out, rows, language, offered, notes=notes, options={"in_memory": True}, skus=skus)


def write_form(
    out: Path,
    rows: Sequence[Row],
    language: Language,
    categories: Collection[tuple[str, str]],
    *,
    extra: Sequence[Field] = (),
    notes: Mapping[int, str],
    options: Mapping[str, object],
    skus: bool = False,
) -> None:
    """Write a workbook with `rows` in it to `out`; raises FileExistsError where there is anything, else OSError.

    `extra`: columns beside the usual ones. `notes`: what stands under 同步说明, by row. `options`: XlsxWriter's own.
    """
    whole = BytesIO()
    with filling(whole, options) as book:
        describe(book)
        form = Form(book, language, categories, extra, len(rows), skus=skus)
        for row in rows:
            form.write(row, notes.get(row.number, ""))
        add_rules(book, language)
        add_guide(book, language, skus=skus)
        add_categories(book, categories, language)
    write_new(out, whole.getvalue())
