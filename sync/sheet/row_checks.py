"""What only a whole row, or all rows together, can tell: a missing code, two rows for one item, rows of one listing
that contradict each other (docs/reference/skus.md)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from sync.codes import likeness
from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, PRICE, Column
from sync.item import CHANGE_CELL, Cell, Clear
from sync.messages import Level, say
from sync.sheet.columns import Heading
from sync.sheet.draft import Cells, Drafts, RowDraft
from sync.sheet.names import AT_MOST, Names
from sync.sheet.table import Table
from sync.sheet.windows import check_windows
from sync.values import Shown

_WINDOW = (Column.WINDOW_PRICE, Column.WINDOW_START, Column.WINDOW_END)
_OF_SKU = frozenset({OUTER_ID, PRICE, INVENTORY, CHANGE_CELL, Column.SKU, *_WINDOW})
"""What each row of a listing says for its own SKU. All else the rows of one listing say of the listing."""


def check_rows(table: Table, filled: Drafts) -> None:
    """Flag what is wrong with these rows."""
    key = table.heading(OUTER_ID)
    for draft in (filled[place] for place in filled.lacking(OUTER_ID)):
        if key is not None and not draft.has_problem(key):
            draft.flag(key, say("code.missing"))
    check_windows(table, filled)
    sku = table.heading(Column.SKU)
    codes, ids = filled.codes, filled.item_ids
    if sku:
        codes, ids = (_of_whole_listings(filled, cells) for cells in (codes, ids))
    _flag_repeated(key, filled, codes, "code.twice")
    _flag_repeated(table.heading(ITEM_ID), filled, ids, "id.twice")
    for listing in _listings(filled) if sku else ():
        skus = [draft for draft in listing if draft.sku]
        _flag_repeated(sku, skus, [draft.sku for draft in skus], "sku.twice")
        _flag_look_alikes(sku, skus)
        _flag_contradictions(table, listing)


def _of_whole_listings(filled: Drafts, cells: Cells) -> Cells:
    """Leave out what the rows of SKUs say."""
    of_skus = filled.filled(Column.SKU)
    return [None if of_sku else cell for cell, of_sku in zip(cells, of_skus, strict=True)]


def _listings(filled: Drafts) -> Iterator[Sequence[RowDraft]]:
    """Yield the rows of each listing that has rows of its SKUs."""
    by_code: defaultdict[str, list[RowDraft]] = defaultdict(list)
    for draft in filled:
        by_code[draft.outer_id].append(draft)
    yield from (drafts for code, drafts in by_code.items() if code and any(draft.sku for draft in drafts))


def _flag_repeated(heading: Heading | None, rows: Drafts | Sequence[RowDraft], cells: Cells, code: str) -> None:
    """Flag rows for one item, which would undo each other: none is carried out, and each names the others.

    `cells`: what tells each row's item.
    """
    if heading is None or len({*cells}) == len(cells):
        return
    often: dict[Cell | None, list[RowDraft]] = {
        shown: [] for shown, count in Counter(cells).items() if shown and count > 1
    }
    for place, shown in enumerate(cells) if often else ():
        if shown in often:
            often[shown].append(rows[place])
    for shown, drafts in often.items():
        for draft in drafts:
            others = [other.address(heading) for other in drafts[: AT_MOST + 2] if other != draft]
            draft.flag(heading, say(code, shown=shown, others=Names.of(others)))


def _flag_look_alikes(heading: Heading | None, drafts: Sequence[RowDraft]) -> None:
    """Warn of a code that looks like another SKU's of the same listing."""
    seen: dict[str, RowDraft] = {}
    for draft in drafts if heading else ():
        other = seen.setdefault(likeness(draft.sku or ""), draft)
        if heading and other.sku != draft.sku:
            told = say("sku.looks_like", shown=draft.sku, other=other.address(heading), that=other.sku)
            draft.flag(heading, told, Level.WARNING)


def _flag_contradictions(table: Table, listing: Sequence[RowDraft]) -> None:
    """Flag both cells where rows say different things of their listing: nobody knows which is meant."""
    for heading in table.managed:
        # Two columns name one category, and what they say together is kept under its own path.
        key = CATEGORY if heading.key == Column.CATEGORY_2 else heading.key
        said = [(draft, cell) for draft in listing if (cell := draft.cell(key)) is not None]
        others = [(draft, cell) for draft, cell in said if cell != said[0][1]]
        for draft, cell in [said[0], *others] if others and key not in _OF_SKU else ():
            other, theirs = said[0] if draft is not said[0][0] else others[0]
            values = {"here": _shown(key, cell), "there": _shown(key, theirs)}
            draft.flag(heading, say("sku.contradicts", field=heading.field, other=other.address(heading), **values))


def _shown(key: str, cell: Cell) -> Shown:
    return Shown(key, None if isinstance(cell, Clear) else cell)
