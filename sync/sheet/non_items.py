"""Rows of the table that are no items: totals, and headers repeated where a second sheet was pasted below."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from sync.fields import CATEGORY, ITEM_ID, TITLE, squeeze
from sync.messages import Level, Problem, say
from sync.sheet.draft import Drafts, RowDraft
from sync.sheet.names import Names
from sync.sheet.table import Table

_TOTALS = r"""(?x)
    (?:[^\W\d_]{0,12}(?:合计|总计|小计|共计|累计)|(?:grand|sub)?totals?)
    (?:[:(]?(?:共|x|×)?\d+(?:\.\d+)?(?:款|件|个|条|行|项|种|元)?\)?)?
    |(?:以上|合计|总)?(?:共|共计)\d+(?:款|件|个|条|行|项|种)(?:商品|货|产品)?"""
"""`合计`, `美甲小计`, `合计：120`, `共120款`; with or without the category that it is of, and its number."""
_SIGNS = ("计", "共", "total")
"""A total has one of these. Hardly any other text does, and they are found in a fraction of the time."""


def without_non_items(table: Table, drafts: Drafts) -> tuple[Drafts, tuple[Problem, ...]]:
    """Return the rows that are items, and notes of those that surely aren't; a doubtful one counts as an item."""
    # What has an id is an item.
    without_id = [drafts[place] for place in drafts.lacking(ITEM_ID)]
    found = {
        "sheet.total_rows": [draft for draft in without_id if _is_total(table, draft)],
        "sheet.repeated_headers": [draft for draft in without_id if _repeats_headers(table, draft)],
    }
    gone = {draft.place for rows in found.values() for draft in rows}
    return drafts.without(gone), tuple(_notes(found))


def _notes(found: Mapping[str, Sequence[RowDraft]]) -> Iterator[Problem]:
    for code, rows in found.items():
        if rows:
            yield Problem(None, say(code, rows=Names.of(str(draft.number) for draft in rows)), Level.NOTE)


def _is_total(table: Table, draft: RowDraft) -> bool:
    """Whether a row without an id says that it is a total, and has nothing that only an item has."""
    if draft.outer_id and draft.has(CATEGORY):
        return False
    title = draft.cell(TITLE)
    if title and not _says_total(title):
        return False
    if draft.outer_id:
        return _says_total(draft.outer_id)
    return any(map(_says_total, table.row(draft.number)))


def _says_total(value: object) -> bool:
    if not isinstance(value, str):
        return False
    text = squeeze(value).rstrip(":。")
    return any(sign in text for sign in _SIGNS) and re.fullmatch(_TOTALS, text) is not None


def _repeats_headers(table: Table, draft: RowDraft) -> bool:
    vocabulary = table.headings.vocabulary
    if not vocabulary.is_key(draft.outer_id):
        return False
    row = table.row(draft.number)
    cells = [(heading, row[heading.index - 1]) for heading in table.managed]
    return all(not raw or vocabulary.meaning(raw) == heading.field for heading, raw in cells)
