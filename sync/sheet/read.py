"""The staff's workbook → rows, each with what it asks for and what is wrong with it (docs/reference/sheet.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from operator import attrgetter
from pathlib import Path

from sync.errors import Refusal
from sync.fields import CATEGORY, ITEM_ID, OUTER_ID, WRITTEN_BY_TOOL, Column, Field, category_table
from sync.item import Cell, Row
from sync.messages import Level, Message, Problem, say
from sync.sheet.categories import Categories
from sync.sheet.cells import CellReading, parser, read_cell
from sync.sheet.columns import Heading, Layout
from sync.sheet.draft import RowDraft
from sync.sheet.examples import without_examples
from sync.sheet.file_version import Version, version
from sync.sheet.files.addresses import Range
from sync.sheet.files.opening import open_workbook
from sync.sheet.files.workbook import Raw, Workbook
from sync.sheet.headers import USUAL, Vocabulary
from sync.sheet.non_items import without_non_items
from sync.sheet.row_checks import check_rows
from sync.sheet.rules.finding import rules_of
from sync.sheet.rules.rule_sheet import RuleSheet
from sync.sheet.sheet_problems import fold_alike, whole_sheet
from sync.sheet.stamps import read_stamps
from sync.sheet.table import Table
from sync.synonyms import Ignored


@dataclass(frozen=True)
class Sheet:
    """What the workbook says."""

    rows: tuple[Row, ...]
    problems: tuple[Problem, ...]
    """About the whole sheet: warnings and notes, never errors."""
    layout: Layout
    """Where everything stands, for writing back."""
    rules: RuleSheet = field(default_factory=RuleSheet)
    """What its workbook's sheet 规则 says."""
    ignored: tuple[Ignored, ...] = ()
    """Its columns that aren't read."""
    version: Version | None = None
    """Of the file, as it was read."""
    state: str | None = None
    """The state that the workbook names as the one that wrote its stamps."""
    id: str | None = None
    """The id that the workbook bears; None: none."""

    @property
    def silent(self) -> bool:
        """Whether it has codes, and nothing that could be compared by them."""
        return self.names_only and ITEM_ID not in self.layout.columns

    @property
    def names_only(self) -> bool:
        """Whether it says no more than which code each item bears."""
        return self.layout.columns.keys() <= {OUTER_ID, ITEM_ID, *WRITTEN_BY_TOOL}


def read_sheet(
    path: Path,
    categories: Collection[tuple[str, str]] | None = None,
    sheet: str | None = None,
    vocabulary: Vocabulary = USUAL,
) -> Sheet:
    """Read the worksheet `sheet`; None: the visible one that has the key column, 商家编码.

    `categories` are those that are allowed; None: the platform's table (docs/explanation/platform.md#reserved-keys).
    `vocabulary`: what the headers mean. Raises `Refusal` when nothing can be read from the file, or when its columns
    contradict each other; `NeedsWorksheet` when more than one worksheet could be meant.
    """
    # Taken first: what is saved during the reading is another version.
    read = version(path)
    return replace(read_workbook(open_workbook(path, vocabulary), categories, sheet, vocabulary), version=read)


def read_workbook(
    workbook: Workbook, categories: Collection[tuple[str, str]] | None, sheet: str | None, vocabulary: Vocabulary
) -> Sheet:
    """Read what is held in memory, as `read_sheet` does; of no version."""
    table = Table.find(workbook, sheet, vocabulary)
    drafts: Drafts = table.drafts()
    _read_cells(table, drafts)
    read_stamps(table, drafts)
    _flag_traits(table, drafts)
    if workbook.is_text:
        _flag_too_wide(table, drafts)
    allowed = category_table() if categories is None else categories
    _judge_categories(table, drafts, Categories(allowed))
    drafts, examples = without_examples(drafts, table.heading(OUTER_ID))
    drafts, non_items = without_non_items(table, drafts)
    filled = [draft for draft in drafts.values() if draft.filled]
    if not filled:
        raise Refusal(say("sheet.empty", file=workbook.path.name, sheet=table.layout.sheet))
    alike = tuple(fold_alike(table.managed, filled))
    check_rows(table, filled)
    problems = (*examples, *alike, *non_items, *whole_sheet(table, filled, workbook))
    letters = {heading.key: heading.letter for heading in table.managed}
    # Of two columns the second names the category most closely.
    columns = {**letters, CATEGORY: letters.get(CATEGORY, letters.get(Column.CATEGORY_2, ""))}
    rows = tuple(draft.row(columns) for draft in filled)
    rules = rules_of(workbook, table.layout.sheet, allowed, rows)
    return Sheet(
        rows, problems, table.layout, rules, table.headings.ignored, state=workbook.state, id=workbook.sheet_id
    )


Drafts = Mapping[int, RowDraft]
"""By the rows' numbers, from the top."""
_MOST_READINGS = 10_000
"""Values of one column that are remembered."""


class _Readings(dict[Raw, CellReading | None]):
    """What the values of one column say; None: the cell is empty. Values that repeat are read once."""

    def __init__(self, field: Field) -> None:
        self._field, self._parse = field, parser(field)

    def __missing__(self, raw: Raw) -> CellReading | None:
        reading = read_cell(raw, self._field, self._parse)
        # A column of more values, such as codes or titles, hardly repeats any.
        if len(self) < _MOST_READINGS:
            self[raw] = reading
        return reading

    def read(self, raw: Raw) -> CellReading | None:
        """Read a value that isn't to be remembered."""
        return read_cell(raw, self._field, self._parse)


def _read_cells(table: Table, drafts: Drafts) -> None:
    """Let every row take its cells."""
    columns = [(one, one.key, one.of_item, one.index - 1, _Readings(one.field)) for one in table.managed]
    for number, draft in drafts.items():
        row, cells, other_cells = table.row(number), draft.cells, draft.other_cells
        for heading, key, of_item, place, readings in columns:
            raw = row[place]
            # TRUE is no 1, though Python finds them equal.
            reading = readings.read(raw) if isinstance(raw, bool) else readings[raw]
            if reading is None:
                continue
            # As `RowDraft.take` does; a call for each of a million cells would take too long.
            value, message, level, unseen = reading
            if of_item and value is not None:
                cells[key] = value
            else:
                other_cells[key] = value
            if message is not None:
                draft.flag(heading, message, level)
            if unseen is not None:
                draft.flag(heading, unseen, Level.NOTE)


def _flag_traits(table: Table, drafts: Drafts) -> None:
    """Flag the cells that look empty and aren't."""
    managed = {heading.index: heading for heading in table.managed}
    messages: dict[tuple[int, int], Message] = {
        **{address: say("cell.error", shown=word) for address, word in table.traits.errors.items()},
        **{address: say("cell.not_calculated") for address in table.traits.unvalued},
    }
    for (row, column), message in messages.items():
        if row > table.headings.row and column in managed:
            drafts[row].take(managed[column], CellReading(None, message))
    _flag_merges(table, drafts)


def _flag_too_wide(table: Table, drafts: Drafts) -> None:
    """Flag a row of a `.csv` with more cells than there are headers: a comma within a cell has moved the others."""
    headers = table.row(table.headings.row)
    end = max(column for column, header in enumerate(headers, start=1) if header != "")
    key = table.heading(OUTER_ID)
    if key is None or end == len(headers):
        return
    for number, draft in drafts.items():
        beyond = next((raw for raw in table.row(number)[end:] if str(raw).strip()), None)
        if beyond is not None:
            draft.flag(key, say("row.too_wide", shown=beyond))


def _flag_merges(table: Table, drafts: Drafts) -> None:
    """Flag merged cells: only the first holds the value, and nobody knows whether the others were meant to."""
    # By column, the last row that was flagged: none is flagged twice, though a hostile file's ranges overlap.
    flagged: dict[int, int] = {}
    end = max(drafts, default=0)
    for merge in sorted(table.traits.merges, key=attrgetter("top")):
        first = next((heading for heading in table.managed if merge.left <= heading.index <= merge.right), None)
        if first is None or not _holds_anything(table, merge):
            continue
        last = min(merge.bottom, end)
        for number in range(max(merge.top, flagged.get(first.index, 0) + 1), last + 1):
            if number in drafts:
                drafts[number].flag(first, say("cell.merged"))
        flagged[first.index] = max(flagged.get(first.index, 0), last)


def _holds_anything(table: Table, merge: Range) -> bool:
    row = table.row(merge.top)
    return merge.left <= len(row) and row[merge.left - 1] != ""


def _judge_categories(table: Table, drafts: Drafts, categories: Categories) -> None:
    one = table.heading(CATEGORY)
    first, second = (table.heading(column) for column in (Column.CATEGORY_1, Column.CATEGORY_2))
    for draft in drafts.values():
        if one is not None:
            if text := _text(draft.cells.pop(CATEGORY, None)):
                draft.take(one, categories.judge_text(text, new=draft.item_id is None))
        elif first is not None and second is not None:
            _judge_halves(draft, first, second, categories)


def _judge_halves(draft: RowDraft, first: Heading, second: Heading, categories: Categories) -> None:
    """Replace the two names of a category by the category, under its own path."""
    other_cells = draft.other_cells
    if first.key not in other_cells and second.key not in other_cells:
        return
    names = _text(other_cells.pop(first.key, None)), _text(other_cells.pop(second.key, None))
    value = None
    if all(names):
        value, message, level, _ = categories.judge(names, new=draft.item_id is None)
        if message is not None:
            draft.flag(second, message, level)
    elif any(names):
        missing = second if names[0] else first
        if not draft.has_problem(missing):
            draft.flag(missing, say("category.half", missing=missing.field))
    if value is None:
        other_cells[CATEGORY] = None
    else:
        draft.cells[CATEGORY] = value


def _text(name: Cell | None) -> str:
    return name if isinstance(name, str) else ""
