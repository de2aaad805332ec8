"""The staff's workbook → rows, each with what it asks for and what is wrong with it (docs/reference/sheet.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from sync.errors import Refusal
from sync.fields import CATEGORY, ITEM_ID, OUTER_ID, WRITTEN_BY_TOOL, Column, category_table
from sync.messages import Message, Problem, say
from sync.rows import Rows
from sync.sheet.categories import Categories
from sync.sheet.category_columns import judge_categories
from sync.sheet.cells import CellReading
from sync.sheet.column_reading import read_column
from sync.sheet.columns import Layout
from sync.sheet.draft import Drafts
from sync.sheet.drafted_rows import DraftedRows
from sync.sheet.examples import without_examples
from sync.sheet.file_version import Version, version
from sync.sheet.files.addresses import Range
from sync.sheet.files.opening import open_workbook
from sync.sheet.files.workbook import Workbook
from sync.sheet.headers import USUAL, Vocabulary
from sync.sheet.non_items import without_non_items
from sync.sheet.row_checks import check_rows
from sync.sheet.rules.finding import rules_of
from sync.sheet.rules.rule_sheet import RuleSheet
from sync.sheet.sheet_problems import fold_alike, whole_sheet
from sync.sheet.stamps import read_stamps
from sync.sheet.table import Table
from sync.synonyms import Ignored


class Sheet(NamedTuple):
    """What the workbook says."""

    rows: Rows
    problems: tuple[Problem, ...]
    """About the whole sheet: warnings and notes, never errors."""
    layout: Layout
    """Where everything stands, for writing back."""
    rules: RuleSheet = RuleSheet()
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
    return read_workbook(open_workbook(path, vocabulary), categories, sheet, vocabulary)._replace(version=read)


def read_workbook(
    workbook: Workbook, categories: Collection[tuple[str, str]] | None, sheet: str | None, vocabulary: Vocabulary
) -> Sheet:
    """Read what is held in memory, as `read_sheet` does; of no version."""
    table = Table.find(workbook, sheet, vocabulary)
    drafts = table.drafts()
    _read_cells(table, drafts)
    read_stamps(table, drafts)
    _flag_traits(table, drafts)
    if workbook.is_text:
        _flag_too_wide(table, drafts)
    allowed = category_table() if categories is None else categories
    judge_categories(table, drafts, Categories(allowed))
    drafts, examples = without_examples(drafts, table.heading(OUTER_ID))
    drafts, non_items = without_non_items(table, drafts)
    filled = drafts.without(drafts.empty())
    if not filled:
        raise Refusal(say("sheet.empty", file=workbook.path.name, sheet=table.layout.sheet))
    alike = tuple(fold_alike(table.managed, filled))
    check_rows(table, filled)
    problems = (*examples, *alike, *non_items, *whole_sheet(table, filled, workbook))
    letters = {heading.key: heading.letter for heading in table.managed}
    # Of two columns the second names the category most closely.
    columns = {**letters, CATEGORY: letters.get(CATEGORY, letters.get(Column.CATEGORY_2, ""))}
    rows = DraftedRows(filled, columns)
    rules = rules_of(workbook, table.layout.sheet, allowed, rows)
    return Sheet(
        rows, problems, table.layout, rules, table.headings.ignored, state=workbook.state, id=workbook.sheet_id
    )


def _read_cells(table: Table, drafts: Drafts) -> None:
    """Take in what all cells say, column by column."""
    for heading in table.managed:
        cells, told = read_column(table.column(heading, drafts.numbers), heading.field)
        drafts.put(heading.key, cells, of_item=heading.of_item)
        for place, reading in told.items():
            drafts[place].take(heading, reading)


def _flag_traits(table: Table, drafts: Drafts) -> None:
    """Flag the cells that look empty and aren't."""
    managed = {heading.index: heading for heading in table.managed}
    messages: dict[tuple[int, int], Message] = {
        **{address: say("cell.error", shown=word) for address, word in table.traits.errors.items()},
        **{address: say("cell.not_calculated") for address in table.traits.unvalued},
    }
    places = _places(drafts) if messages or table.traits.merges else {}
    for (row, column), message in messages.items():
        if row > table.headings.row and column in managed:
            drafts[places[row]].take(managed[column], CellReading(None, message))
    _flag_merges(table, drafts, places)


def _places(drafts: Drafts) -> Mapping[int, int]:
    return {number: place for place, number in enumerate(drafts.numbers)}


def _flag_too_wide(table: Table, drafts: Drafts) -> None:
    """Flag a row of a `.csv` with more cells than there are headers: a comma within a cell has moved the others."""
    headers = table.row(table.headings.row)
    end = max(column for column, header in enumerate(headers, start=1) if header != "")
    key = table.heading(OUTER_ID)
    if key is None or end == len(headers):
        return
    for place, number in enumerate(drafts.numbers):
        beyond = next((raw for raw in table.row(number)[end:] if str(raw).strip()), None)
        if beyond is not None:
            drafts[place].flag(key, say("row.too_wide", shown=beyond))


def _flag_merges(table: Table, drafts: Drafts, places: Mapping[int, int]) -> None:
    """Flag merged cells: only the first holds the value, and nobody knows whether the others were meant to."""
    # By column, the last row that was flagged: none is flagged twice, though a hostile file's ranges overlap.
    flagged: dict[int, int] = {}
    end = max(places, default=0)
    for merge in sorted(table.traits.merges, key=attrgetter("top")):
        first = next((heading for heading in table.managed if merge.left <= heading.index <= merge.right), None)
        if first is None or not _holds_anything(table, merge):
            continue
        last = min(merge.bottom, end)
        for number in range(max(merge.top, flagged.get(first.index, 0) + 1), last + 1):
            if number in places:
                drafts[places[number]].flag(first, say("cell.merged"))
        flagged[first.index] = max(flagged.get(first.index, 0), last)


def _holds_anything(table: Table, merge: Range) -> bool:
    row = table.row(merge.top)
    return merge.left <= len(row) and row[merge.left - 1] != ""
