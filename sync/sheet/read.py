"""The staff's workbook → rows, each with what it asks for and what is wrong with it (DESIGN section 3)."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, Column, category_table
from sync.item import Row
from sync.messages import Level, Message, Problem, Refusal, say
from sync.sheet.asides import without_asides
from sync.sheet.categories import Categories
from sync.sheet.cells import Reading, parser, read_cell
from sync.sheet.columns import Heading, Layout
from sync.sheet.draft import Draft
from sync.sheet.files.opening import open_workbook
from sync.sheet.files.traits import Merge
from sync.sheet.files.workbook import Workbook
from sync.sheet.making.examples import without_examples
from sync.sheet.names import AT_MOST, Names
from sync.sheet.table import Table


@dataclass(frozen=True)
class Sheet:
    """What the workbook says."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    """About the whole sheet: warnings and notes, never errors."""
    layout: Layout
    """Where everything stands, for writing back."""


def read_sheet(path: Path, categories: Collection[tuple[str, str]] | None = None, sheet: str | None = None) -> Sheet:
    """Read the worksheet `sheet`; None: the visible one that has the key column, 商家编码.

    `categories` are those that are allowed; None: the platform's table (seed 002, section 6). Raises `Refusal`
    when nothing can be read from the file, or when its columns contradict each other; `SeveralSheets` when more than
    one worksheet could be meant.
    """
    with _nothing_collected():
        return _read(open_workbook(path), categories, sheet)


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Hold the garbage collector back: nothing of a sheet is garbage, and a fifth of the time went into looking."""
    before = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if before:
            gc.enable()


def _read(workbook: Workbook, categories: Collection[tuple[str, str]] | None, sheet: str | None) -> Sheet:
    table = Table.find(workbook, sheet)
    drafts: Drafts = table.drafts()
    for heading in table.managed:
        _read_column(table, heading, drafts)
    _tell_traits(table, drafts)
    _judge_categories(table, drafts, Categories(category_table() if categories is None else categories))
    drafts, told = without_examples(drafts, table.heading(OUTER_ID))
    drafts, asides = without_asides(table, drafts)
    filled = [draft for draft in drafts.values() if draft.filled]
    if not filled:
        raise Refusal(say("sheet.empty", file=workbook.path.name, sheet=table.layout.sheet))
    _check_rows(table, filled)
    problems = (*told, *asides, *_whole_sheet(table, filled, sees_all=workbook.sees_all))
    letters = {heading.key: heading.letter for heading in table.managed}
    # Of two columns the second names the category most closely.
    columns = {**letters, CATEGORY: letters.get(CATEGORY, letters.get(Column.CATEGORY_2, ""))}
    return Sheet(tuple(draft.row(columns) for draft in filled), problems, table.layout)


Drafts = Mapping[int, Draft]
"""By the rows' numbers, from the top."""


def _read_column(table: Table, heading: Heading, drafts: Drafts) -> None:
    """Let every row take its cell of this column; the same value is read once, because many repeat."""
    field, column = heading.field, table.columns[heading.index - 1]
    parse = parser(field)
    read: dict[object, Reading | None] = {"": None}
    height = len(column)
    path, letter = field.path, heading.letter
    plain = path not in (ITEM_ID, OUTER_ID, CATEGORY)
    for number, draft in drafts.items():
        raw = column[number - 1] if number <= height else ""
        # TRUE is no 1, though Python finds them equal.
        same = raw if isinstance(raw, str) else (type(raw), raw)
        if same not in read:
            read[same] = read_cell(raw, field, parse)
        reading = read[same]
        if reading is None:
            continue
        # What nearly every cell comes to, a million times in a large sheet, and so not through `take`.
        if path is not None and plain and reading.message is None and reading.value is not None:
            draft.filled = True
            draft.cells[path] = reading.value
            draft.addresses[path] = f"{letter}{number}"
        else:
            draft.take(heading, reading)


def _tell_traits(table: Table, drafts: Drafts) -> None:
    """Tell of cells that look empty and aren't."""
    managed = {heading.index: heading for heading in table.managed}
    messages: dict[tuple[int, int], Message] = {
        **{address: say("cell.error", shown=word) for address, word in table.traits.errors.items()},
        **{address: say("cell.not_calculated") for address in table.traits.unvalued},
    }
    for (row, column), message in messages.items():
        if row > table.headings.row and column in managed:
            drafts[row].take(managed[column], Reading(None, message))
    for merge in table.traits.merges:
        _tell_merge(table, drafts, merge)


def _tell_merge(table: Table, drafts: Drafts, merge: Merge) -> None:
    """Only a merged range's first cell holds its value: whether the others were meant to have it, nobody knows."""
    covered = [heading for heading in table.managed if merge.left <= heading.index <= merge.right]
    column = table.columns[merge.left - 1] if merge.left <= len(table.columns) else ()
    if not covered or merge.top > len(column) or column[merge.top - 1] == "":
        return
    for number in range(merge.top, merge.bottom + 1):
        if number in drafts:
            drafts[number].tell(covered[0], say("cell.merged", range=merge.ref))


def _judge_categories(table: Table, drafts: Drafts, categories: Categories) -> None:
    one = table.heading(CATEGORY)
    first, second = (table.heading(column) for column in (Column.CATEGORY_1, Column.CATEGORY_2))
    for draft in drafts.values():
        if not draft.category:
            continue
        if one is not None:
            judged = categories.judge_text(draft.category[CATEGORY], new=draft.item_id is None)
            draft.take_category(one, judged)
        elif first is not None and second is not None:
            _judge_halves(draft, first, second, categories)


def _judge_halves(draft: Draft, first: Heading, second: Heading, categories: Categories) -> None:
    names = draft.category.get(first.key, ""), draft.category.get(second.key, "")
    if all(names):
        draft.take_category(second, categories.judge(names, new=draft.item_id is None))
        return
    missing = second if names[0] else first
    if not draft.has_problem(missing):
        draft.tell(missing, say("category.half", missing=missing.field))


def _check_rows(table: Table, filled: Sequence[Draft]) -> None:
    """Check what only the whole row, or all rows together, can tell."""
    key = table.heading(OUTER_ID)
    change = table.heading(Column.STOCK_CHANGE)
    for draft in filled:
        if key is not None and not draft.outer_id and not draft.has_problem(key):
            draft.tell(key, say("code.missing"))
        if change is not None and draft.stock_change is not None and INVENTORY in draft.addresses:
            draft.tell(change, say("change.with_count", other=draft.addresses[INVENTORY]))
    _tell_repeated(key, filled, lambda draft: draft.outer_id, "code.twice")
    _tell_repeated(table.heading(ITEM_ID), filled, lambda draft: draft.item_id, "id.twice")


def _tell_repeated(
    heading: Heading | None, filled: Sequence[Draft], value: Callable[[Draft], str | None], code: str
) -> None:
    """Two rows for one item would undo each other: neither is carried out, and each names the others."""
    if heading is None:
        return
    often: dict[str | None, list[Draft]] = {
        shown: [] for shown, count in Counter(map(value, filled)).items() if shown and count > 1
    }
    for draft in filled if often else ():
        if (shown := value(draft)) in often:
            often[shown].append(draft)
    for shown, drafts in often.items():
        for draft in drafts:
            others = [other.address(heading) for other in drafts[: AT_MOST + 2] if other is not draft]
            draft.tell(heading, say(code, shown=shown, others=Names.of(others)))


def _whole_sheet(table: Table, filled: Sequence[Draft], *, sees_all: bool) -> Iterator[Problem]:
    if not sees_all:
        yield Problem(None, say("sheet.unseen"), Level.NOTE)
    own = table.headings.own
    if own:
        yield Problem(None, say("sheet.own_columns", names=Names(own)), Level.NOTE)
    hidden = [str(draft.number) for draft in filled if draft.number in table.traits.hidden]
    if hidden:
        yield Problem(None, say("sheet.hidden_rows", count=len(hidden), rows=Names.of(hidden)), Level.WARNING)
    if any(draft.scheduled for draft in filled):
        yield Problem(None, say("sheet.schedule_later"), Level.WARNING)
