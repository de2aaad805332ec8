"""The staff's workbook → rows, each with what it asks for and what is wrong with it (DESIGN section 3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from sync.fields import CATEGORY, INVENTORY, ITEM_ID, OUTER_ID, Column, category_table
from sync.item import Row
from sync.messages import Level, Message, Problem, Refusal, say
from sync.sheet.categories import Categories
from sync.sheet.cells import Reading, parser, read_cell
from sync.sheet.columns import Heading, Headings, Layout, find_headings
from sync.sheet.draft import Draft
from sync.sheet.names import AT_MOST, Names
from sync.sheet.traits import Merge, Traits
from sync.sheet.workbook import Raw, Workbook, open_workbook


@dataclass(frozen=True)
class Sheet:
    """What the workbook says."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    """About the whole sheet: warnings and notes, never errors."""
    layout: Layout
    """Where everything stands, for writing back."""


def read_sheet(path: Path, categories: Collection[tuple[str, str]] | None = None) -> Sheet:
    """Read the first visible worksheet that has the key column, 商家编码.

    `categories` are those that are allowed; None: the platform's table (seed 002, section 6). Raises `Refusal`
    when nothing can be read from the file, or when its columns contradict each other.
    """
    table = _Table.find(open_workbook(path))
    drafts = table.drafts()
    for heading in table.managed:
        table.read_column(heading, drafts)
    _tell_traits(table, drafts)
    _judge_categories(table, drafts, Categories(category_table() if categories is None else categories))
    filled = [draft for draft in drafts.values() if draft.filled]
    if not filled:
        raise Refusal(say("sheet.empty", file=path.name, sheet=table.layout.sheet))
    _check_rows(table, filled)
    problems = tuple(_whole_sheet(table, filled))
    letters = {heading.key: heading.letter for heading in table.managed}
    # Of two columns the second names the category most closely.
    columns = {**letters, CATEGORY: letters.get(CATEGORY, letters.get(Column.CATEGORY_2, ""))}
    return Sheet(tuple(draft.row(columns) for draft in filled), problems, table.layout)


Drafts = Mapping[int, Draft]
"""By the rows' numbers, from the top."""


@dataclass(frozen=True)
class _Table:
    """The worksheet with the key column: its values by column, its headers, its traits."""

    columns: Sequence[Sequence[Raw]]
    headings: Headings
    traits: Traits
    layout: Layout

    @classmethod
    def find(cls, workbook: Workbook) -> _Table:
        """Look through the visible worksheets in their order; raises `Refusal` if none has the key column."""
        for sheet in workbook.parts:
            columns = workbook.columns(sheet)
            headings = find_headings(columns)
            if headings is not None:
                traits = workbook.traits(sheet)
                last = max(_last_used(columns, headings.row), *(column for _, column in traits.addresses), 1)
                return cls(columns, headings, traits, headings.layout(sheet, last))
        raise Refusal(say("sheet.no_key", file=workbook.path.name))

    @property
    def managed(self) -> tuple[Heading, ...]:
        """The columns that staff fill for us to read."""
        return tuple(heading for heading in self.headings.known if heading.managed)

    def heading(self, key: str) -> Heading | None:
        """The column of that path or purpose, if the sheet has it."""
        return next((heading for heading in self.headings.known if heading.key == key), None)

    def drafts(self) -> Drafts:
        """One draft for each row below the headers that has anything in a managed column."""
        below = zip(*(self.columns[heading.index - 1] for heading in self.managed), strict=True)
        numbers = {number for number, raws in enumerate(below, start=1) if any(raw != "" for raw in raws)}
        numbers |= {row for row, _ in self.traits.addresses}
        return {number: Draft(number) for number in sorted(numbers) if number > self.headings.row}

    def read_column(self, heading: Heading, drafts: Drafts) -> None:
        """Let every row take its cell of this column; the same text is read once, because many repeat."""
        field, column = heading.field, self.columns[heading.index - 1]
        parse = parser(field)
        read: dict[str, Reading | None] = {"": None}
        for number, draft in drafts.items():
            raw = column[number - 1] if number <= len(column) else ""
            if not isinstance(raw, str):
                reading = read_cell(raw, field, parse)
            elif raw in read:
                reading = read[raw]
            else:
                reading = read[raw] = read_cell(raw, field, parse)
            if reading is not None:
                draft.take(heading, reading)


def _last_used(columns: Sequence[Sequence[Raw]], header_row: int) -> int:
    used = (
        index for index, column in enumerate(columns, start=1) if any(raw != "" for raw in column[header_row - 1 :])
    )
    return max(used, default=1)


def _tell_traits(table: _Table, drafts: Drafts) -> None:
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


def _tell_merge(table: _Table, drafts: Drafts, merge: Merge) -> None:
    """Only a merged range's first cell holds its value: whether the others were meant to have it, nobody knows."""
    covered = [heading for heading in table.managed if merge.left <= heading.index <= merge.right]
    column = table.columns[merge.left - 1] if merge.left <= len(table.columns) else ()
    if not covered or merge.top > len(column) or column[merge.top - 1] == "":
        return
    for number in range(merge.top, merge.bottom + 1):
        if number in drafts:
            drafts[number].tell(covered[0], say("cell.merged", range=merge.ref))


def _judge_categories(table: _Table, drafts: Drafts, categories: Categories) -> None:
    one = table.heading(CATEGORY)
    halves = [table.heading(column) for column in (Column.CATEGORY_1, Column.CATEGORY_2)]
    for draft in drafts.values():
        if not draft.category:
            continue
        new = draft.item_id is None
        if one is not None:
            draft.take_category(one, categories.judge_text(draft.category[CATEGORY], new=new))
            continue
        first, second = (heading for heading in halves if heading is not None)
        names = tuple(draft.category.get(heading.key, "") for heading in (first, second))
        if all(names):
            draft.take_category(second, categories.judge(names, new=new))
            continue
        missing = second if names[0] else first
        if not draft.has_problem(missing):
            draft.tell(missing, say("category.half", missing=missing.field))


def _check_rows(table: _Table, filled: Sequence[Draft]) -> None:
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
    same: dict[str, list[Draft]] = {}
    for draft in filled:
        same.setdefault(value(draft) or "", []).append(draft)
    same.pop("", None)
    for shown, drafts in same.items():
        for draft in drafts if len(drafts) > 1 else ():
            others = [other.address(heading) for other in drafts[: AT_MOST + 2] if other is not draft]
            draft.tell(heading, say(code, shown=shown, others=Names.of(others)))


def _whole_sheet(table: _Table, filled: Sequence[Draft]) -> Iterator[Problem]:
    own = table.headings.own
    if own:
        yield Problem(None, say("sheet.own_columns", names=Names(own)), Level.NOTE)
    hidden = [str(draft.number) for draft in filled if draft.number in table.traits.hidden]
    if hidden:
        yield Problem(None, say("sheet.hidden_rows", count=len(hidden), rows=Names.of(hidden)), Level.WARNING)
    if any(draft.scheduled for draft in filled):
        yield Problem(None, say("sheet.schedule_later"), Level.WARNING)
