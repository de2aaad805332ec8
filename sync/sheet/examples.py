"""The template's example rows: what a filled row looks like, and how the reader tells them from real ones.

A row is an example if it has one of the template's own codes and no item id. One that nobody changed is left out,
with a note. One that somebody typed into is an error: so no real row gets lost, and no example gets published.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Item, Row, Status
from sync.messages import LANGUAGES, Language, Level, Problem, say
from sync.sheet.columns import Heading
from sync.sheet.draft import Drafts, RowDraft
from sync.sheet.names import Names


def examples(language: Language) -> tuple[Row, ...]:
    """Return the rows that stand below the template's headers: a new item, a new price, stock that came in."""
    prefix = say("example.prefix").words(language)
    codes = [f"{prefix}-{number:03}" for number in (1, 2, 3)]
    new: Item = {
        TITLE: say("example.title").words(language),
        CATEGORY: ("丽人", "美甲"),
        PRICE: 12800,
        INVENTORY: 40,
        STATUS: Status.ACTIVE,
    }
    return (
        Row(2, codes[0], cells={OUTER_ID: codes[0], **new}),
        Row(3, codes[1], cells={OUTER_ID: codes[1], PRICE: 2500}),
        Row(4, codes[2], cells={OUTER_ID: codes[2]}, stock_change=8),
    )


def without_examples(drafts: Drafts, key: Heading | None) -> tuple[Drafts, tuple[Problem, ...]]:
    """Return the rows that aren't examples, and what to say of those left out; `key` is the code's column.

    An example that somebody typed into stays, with an error.
    """
    ours = _by_code()
    if ours.keys().isdisjoint(drafts.codes):
        return drafts, ()
    known = zip(drafts.codes, drafts.item_ids, strict=True)
    found = [drafts[place] for place, (code, item_id) in enumerate(known) if code in ours and not item_id]
    left_out = [draft for draft in found if _untouched(draft, ours[draft.outer_id])]
    for draft in found:
        if draft not in left_out and key:
            draft.flag(key, say("example.edited", code=draft.outer_id))
    if not left_out:
        return drafts, ()
    rows = Names.of(str(draft.number) for draft in left_out)
    kept = drafts.without({draft.place for draft in left_out})
    return kept, (Problem(None, say("example.left_out", rows=rows), Level.NOTE),)


def _untouched(draft: RowDraft, example: Row) -> bool:
    return (draft.cells, draft.stock_change) == (example.cells, example.stock_change) and not draft.problems


@cache
def _by_code() -> Mapping[str, Row]:
    return {row.outer_id: row for language in LANGUAGES for row in examples(language)}
