"""A sheet is looked at for mistakes, cell by cell; nothing is sent anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sync.fields import INVENTORY, STATUS, Column, missing_to_publish, path_names
from sync.item import Status
from sync.messages import Level, Problem, say
from sync.plan.look_alikes import look_alikes
from sync.service.rules import all_rules
from sync.service.sheets import silent

if TYPE_CHECKING:
    from pandas import DataFrame

    from sync.plan.identity import Memory
    from sync.service.context import Context
    from sync.service.sheet_port import SheetSource
    from sync.sheet.read import Sheet

Found = tuple[int | None, Problem]
"""A problem, and the number of the row that it is of; None: of the whole sheet."""


@dataclass(frozen=True)
class Checked:
    """What a sheet says, and what is wrong with it."""

    sheet: Sheet
    source: SheetSource
    problems: tuple[Found, ...]
    invalid: int
    """Rows that can't be applied as they are."""
    held: bool
    """Whether a row would be held back, because its code looks like another's."""
    context: Context = field(repr=False)

    @property
    def rows(self) -> int:
        """How many rows were read."""
        return len(self.sheet.rows)

    @property
    def right(self) -> bool:
        """Whether every row can be applied."""
        return not self.invalid and not self.held

    def refuse_silent(self, *, shown: bool = False) -> None:
        """Raise Refusal for rules that are wrong, and for a sheet that asks for nothing at all.

        `shown`: its problems have just been listed.
        """
        rules = all_rules(self.context, self.sheet, shown=shown)
        if self.sheet.silent and not rules:
            raise silent(self.sheet, self.source.name)

    def document(self) -> dict[str, object]:
        """Return the JSON; what is merely worth knowing is listed, and not counted as a problem."""
        from sync.plan.document import problem_document

        language = self.context.language
        counted = sum(problem.level is not Level.NOTE for _, problem in self.problems)
        return {
            "summary": {"rows": self.rows, "invalid": self.invalid, "problems": counted},
            "problems": [{"row": number, **problem_document(problem, language)} for number, problem in self.problems],
        }

    def to_frame(self) -> DataFrame:
        """Return a table with a line a problem; see `frames.check_frame`."""
        from sync.service.frames import check_frame

        return check_frame(self.problems, self.context.language)


def check(context: Context, source: SheetSource, worksheet: str | None) -> Checked:
    """Read a sheet and list what is wrong with it, or worth knowing.

    Raises Refusal for what can't be read, and NeedsWorksheet where nobody says which worksheet is meant.
    """
    sheet = source.read(context, worksheet)
    memory = context.memory_at_hand()
    rows, alike = sheet.rows, look_alikes(sheet.rows, memory)
    odd = sorted({*rows.told, *alike})
    told = [*zip(odd, rows.at(odd), strict=True)]
    doubled = tuple(_doubled(context, source, sheet, memory))
    of_rows = (
        (row.number, problem)
        for place, row in told
        for problem in (*row.problems, *([alike[place]] if place in alike else []))
    )
    of_sheet = ((None, problem) for problem in (*sheet.problems, *sheet.rules.problems))
    of_file = ((None, problem) for problem in _of_file(source, sheet))
    problems = (*of_rows, *of_sheet, *doubled, *_incomplete(context, sheet, memory), *of_file)
    invalid = sum(row.invalid for _, row in told) + len(doubled)
    return Checked(sheet, source, problems, invalid, bool(alike), context)


def _of_file(source: SheetSource, sheet: Sheet) -> Iterator[Problem]:
    if open_now := source.opened():
        yield Problem(None, open_now, Level.NOTE)
    if homeless := source.homeless(sheet):
        yield Problem(None, homeless, Level.WARNING)


def _doubled(context: Context, source: SheetSource, sheet: Sheet, memory: Memory) -> Iterator[Found]:
    """Tell of rows whose 库存 was edited beside a 库存增减."""
    if Column.STOCK_CHANGE not in sheet.layout.columns:
        return
    pairs = enumerate(zip(sheet.rows.column(INVENTORY), sheet.rows.stock_changes, strict=True))
    beside = [place for place, (count, change) in pairs if not (count is None or change is None)]
    both = [row for row in sheet.rows.at(beside) if not row.invalid]
    if not both:
        return
    from sync.apply.stock_moves import made_of
    from sync.plan.stamps import repeated
    from sync.plan.stock_cells import two_counts
    from sync.service.sheet_identity import origin_of

    codes = {row.number: memory.spelling(row.key) for row in both}
    made = made_of(context.store, codes.values()) if memory.baselines else {}
    which = origin_of(context, source, sheet)[0].id if made else ""
    for row in both:
        code = codes[row.number]
        repeats = repeated(row, made.get(code, ()), which)
        if problem := two_counts(row, memory.baselines.get(code), repeats):
            yield row.number, problem


def _incomplete(context: Context, sheet: Sheet, memory: Memory) -> Iterator[Found]:
    """Tell what new rows lack, which would be published if they could be; without a state any may be new."""
    if not context.abilities.publishes:
        return
    known = zip(sheet.rows.codes, sheet.rows.item_ids, strict=True)
    new = [place for place, (code, id) in enumerate(known) if code and not (id or memory.knows(code))]
    lacking = [
        (row.number, lacks)
        for row in sheet.rows.at(new)
        if not row.invalid
        if row.cells.get(STATUS) != Status.DELETED and (lacks := missing_to_publish(row.cells))
    ]
    if memory.baselines:
        for number, lacks in lacking:
            yield number, Problem(None, say("check.new_row", fields=path_names(lacks)), Level.NOTE)
    elif lacking:
        fields = path_names(tuple(dict.fromkeys(path for _, lacks in lacking for path in lacks)))
        yield None, Problem(None, say("check.without_ids", count=len(lacking), fields=fields), Level.NOTE)
