"""The workbook's sheet 规则 → rules, or which of its cells is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import time
from typing import TypeVar

from sync.errors import Refusal
from sync.fields import CATEGORY, squeeze
from sync.item import Row
from sync.messages import Level, Message, Problem, say
from sync.rule import Campaign, Daily, PriceRange, Rule, RuleKind, Scope, Terms, Thresholds
from sync.sheet.files.addresses import letters
from sync.sheet.files.shown import code_as_shown, rows_as_shown
from sync.sheet.files.traits import Traits
from sync.sheet.files.workbook import Raw, Rows, Workbook
from sync.sheet.names import Names
from sync.sheet.rules.cells import Wrong, enabled, kind_of, moment_of, number_of, scope_of, time_of
from sync.sheet.rules.columns import FIELDS, PARAMETERS, SHEETS, Headers, Part, find_headers
from sync.sheet.strings import one_line, trim

_MOST = 2_000
"""Rules: each is asked about each row."""
T = TypeVar("T")


@dataclass(frozen=True)
class RuleSheet:
    """What the sheet 规则 says; a workbook without one says nothing."""

    listed: tuple[Rule, ...] = ()
    """Those that are in use."""
    problems: tuple[Problem, ...] = ()
    """Errors, with any of which nothing may be done; warnings and notes. Each with its cell: `规则!C5`."""


def read_rules(
    workbook: Workbook, items: str, categories: Collection[tuple[str, str]], rows: Sequence[Row]
) -> RuleSheet:
    """Read the worksheet that is called 规则 or rules; `items` is the one with the items, `rows` its rows.

    A hidden one counts where there is no visible one: to hide rules doesn't switch them off. Raises `Refusal` when
    its headers contradict each other, when it has too many rules, or when there are two such worksheets.
    """
    named = [name for name in workbook.sheets if squeeze(name) in SHEETS and name != items]
    if len(named) > 1:
        raise Refusal(say("rules.two_sheets", names=Names.of(named)))
    sheet = next(iter((*named, *(name for name in workbook.hidden if squeeze(name) in SHEETS))), None)
    if sheet is None:
        return RuleSheet()
    lines = workbook.rows(sheet)
    headers = find_headers(lines, sheet)
    if headers is None:
        return RuleSheet(problems=(Problem(None, say("rules.no_headers", sheet=sheet), Level.NOTE),))
    # Codes are what a person sees, here too.
    formats = workbook.formats(sheet, {headers.columns[Part.SCOPE]})
    lines = rows_as_shown(lines, headers.row, formats, lambda _, raw, code: code_as_shown(raw, code))
    codes = frozenset(row.outer_id for row in rows)
    read = _Reader(sheet, headers, workbook.traits(sheet), categories, codes).read(lines, rows)
    if sheet not in workbook.hidden or not read.listed:
        return read
    hidden = Problem(None, say("rules.hidden", sheet=sheet), Level.WARNING)
    return replace(read, problems=(*read.problems, hidden))


@dataclass
class _RuleRow:
    """One row of the sheet: what stands in it, by what its column is for."""

    number: int
    raws: Mapping[Part, Raw]

    @property
    def filled(self) -> bool:
        """Whether it is meant as a rule; a remark alone is none."""
        return bool({*self.raws} - {Part.REMARK, Part.NAME, Part.ENABLED})


@dataclass
class _Reader:
    sheet: str
    headers: Headers
    traits: Traits
    categories: Collection[tuple[str, str]]
    codes: frozenset[str]
    """Of the items."""
    problems: list[Problem] = field(default_factory=list)

    def read(self, raws: Rows, rows: Sequence[Row]) -> RuleSheet:
        """Read all lines below the headers."""
        self._tell_traits()
        lines = [line for line in self._lines(raws) if line.filled]
        if len(lines) > _MOST:
            raise Refusal(say("rules.too_many", sheet=self.sheet, count=len(lines), most=_MOST))
        rules = [(line, rule) for line in lines if (rule := self._rule(line))]
        self._tell_same_names(rules)
        self._tell_scopes(rules, rows)
        self._tell_whole_sheet(lines)
        return RuleSheet(tuple(rule for _, rule in rules), tuple(self.problems))

    def _lines(self, rows: Rows) -> Iterator[_RuleRow]:
        for number, raws in enumerate(rows[self.headers.row :], start=self.headers.row + 1):
            found = {part: raws[index - 1] for part, index in self.headers.columns.items()}
            yield _RuleRow(number, {part: raw for part, raw in found.items() if trim(str(raw))})

    def _rule(self, line: _RuleRow) -> Rule | None:
        """Read one line; None: it is switched off, or wrong, which is told."""
        try:
            if not enabled(line.raws.get(Part.ENABLED, "")):
                return None
        except Wrong as wrong:
            self._tell(line, Part.ENABLED, wrong.message)
        kind = self._cell(line, Part.KIND, kind_of)
        scope = self._cell(line, Part.SCOPE, lambda raw: scope_of(raw, self.categories, self.codes))
        terms = self._terms(line, kind) if kind else None
        if kind is None or scope is None or terms is None:
            return None
        name = one_line(trim(str(line.raws.get(Part.NAME, ""))))
        shown = name or f"{trim(str(line.raws[Part.KIND]))} {line.number}"
        return Rule(terms, scope, shown, self._address(line, Part.KIND), named=bool(name))

    def _cell(self, line: _RuleRow, part: Part, read: Callable[[Raw], T]) -> T | None:
        """Read a cell that has to be filled in; None: it isn't, or it is wrong, which is told."""
        if part not in line.raws:
            self._tell(line, part, say("rule.empty", field=FIELDS[part]))
            return None
        return self._optional(line, part, read)[0]

    def _optional(self, line: _RuleRow, part: Part, read: Callable[[Raw], T]) -> tuple[T | None, bool]:
        """Read a cell that may stay empty, and say whether it is right."""
        if part not in line.raws:
            return None, True
        try:
            return read(line.raws[part]), True
        except Wrong as wrong:
            self._tell(line, part, wrong.message)
            return None, False

    def _terms(self, line: _RuleRow, kind: RuleKind) -> Terms | None:
        first, second = PARAMETERS[kind]
        others = {part for parts in PARAMETERS.values() for part in parts} - {first, second}
        stray = [part for part in FIELDS if part in others and part in line.raws]
        for part in stray:
            self._tell(line, part, say("rule.not_for_kind", field=FIELDS[part], kind=kind))
        terms = _TERMS[kind](self, line, first, second)
        return None if stray else terms

    def _daily(self, line: _RuleRow, first: Part, second: Part) -> Terms | None:
        on, on_right = self._optional(line, first, time_of)
        off, off_right = self._optional(line, second, time_of)
        if on_right and off_right and (on == off or {on, off} == {None, time.min}):
            self._tell(line, second, say("rule.times"))
            return None
        return Daily(on, off) if on_right and off_right else None

    def _campaign(self, line: _RuleRow, first: Part, second: Part) -> Terms | None:
        start, end = self._cell(line, first, moment_of), self._cell(line, second, moment_of)
        if start is None or end is None:
            return None
        if start >= end:
            self._tell(line, second, say("rule.order", first=FIELDS[first], second=FIELDS[second]))
            return None
        if (end.hour, end.minute) == (0, 0):
            told = say("rule.ends_at_midnight", day=end.strftime("%Y-%m-%d"))
            self._tell(line, second, told, Level.WARNING)
        return Campaign(start, end)

    def _price(self, line: _RuleRow, first: Part, second: Part) -> Terms | None:
        lowest, lowest_right = self._optional(line, first, lambda raw: number_of(raw, first))
        highest, highest_right = self._optional(line, second, lambda raw: number_of(raw, second))
        if not (lowest_right and highest_right):
            return None
        if lowest is None and highest is None:
            self._tell(line, first, say("rule.prices"))
            return None
        if lowest is not None and highest is not None and lowest > highest:
            self._tell(line, second, say("rule.order", first=FIELDS[first], second=FIELDS[second]))
            return None
        return PriceRange(lowest, highest)

    def _stock(self, line: _RuleRow, first: Part, second: Part) -> Terms | None:
        off_at = self._cell(line, first, lambda raw: number_of(raw, first))
        on_at = self._cell(line, second, lambda raw: number_of(raw, second))
        if off_at is None or on_at is None:
            return None
        if off_at >= on_at:
            self._tell(line, second, say("rule.order", first=FIELDS[first], second=FIELDS[second]))
            return None
        return Thresholds(off_at, on_at)

    def _tell_traits(self) -> None:
        """Tell of cells that look empty and aren't, and of merged ones: only the first of them holds the value."""
        for (row, column), word in self.traits.errors.items():
            self._tell_at(row, column, say("cell.error", shown=word))
        for row, column in sorted(self.traits.unvalued):
            self._tell_at(row, column, say("cell.not_calculated"))
        for merge in self.traits.merges:
            covered = [index for index in self.headers.columns.values() if merge.left <= index <= merge.right]
            if covered:
                self._tell_at(merge.bottom, min(covered), say("cell.merged"))

    def _tell_at(self, row: int, column: int, message: Message) -> None:
        remark = self.headers.columns.get(Part.REMARK)
        if row > self.headers.row and column in self.headers.columns.values() and column != remark:
            cell = f"{self.sheet}!{letters(column)}{row}"
            self.problems.append(Problem(cell, message))

    def _tell_same_names(self, rules: Sequence[tuple[_RuleRow, Rule]]) -> None:
        """State remembers by its name what a rule said, so that no two may have the same."""
        seen: dict[str, str] = {}
        for line, rule in rules:
            if rule.named and rule.name in seen:
                self._tell(line, Part.NAME, say("rule.name_twice", name=rule.name, other=seen[rule.name]))
            elif rule.named:
                seen[rule.name] = self._address(line, Part.NAME)

    def _tell_scopes(self, rules: Sequence[tuple[_RuleRow, Rule]], rows: Sequence[Row]) -> None:
        """A typing error in a scope would make a rule that silently does nothing."""
        for line, rule in rules:
            if missing := sorted(rule.scope.codes - self.codes):
                told = say("rule.no_such_codes", codes=Names.of(missing))
                self._tell(line, Part.SCOPE, told, Level.WARNING)
            elif rule.scope.category and not any(_may_cover(rule.scope, row) for row in rows):
                told = say("rule.no_such_rows", category=">".join(rule.scope.category))
                self._tell(line, Part.SCOPE, told, Level.WARNING)

    def _tell_whole_sheet(self, lines: Sequence[_RuleRow]) -> None:
        if own := self.headers.own:
            self.problems.append(
                Problem(None, say("rules.own_columns", sheet=self.sheet, names=Names(own)), Level.NOTE)
            )
        hidden = [str(line.number) for line in lines if line.number in self.traits.hidden]
        if hidden:
            told = say("rules.hidden_rows", sheet=self.sheet, rows=Names.of(hidden))
            self.problems.append(Problem(None, told, Level.WARNING))

    def _tell(self, line: _RuleRow, part: Part, message: Message, level: Level = Level.ERROR) -> None:
        address = self._address(line, part)
        # An error value, or a formula without a value, looks empty too: of such a cell one thing is told, the first.
        if all(problem.cell != address for problem in self.problems):
            self.problems.append(Problem(address, message, level))

    def _address(self, line: _RuleRow, part: Part) -> str:
        return f"{self.sheet}!{self.headers.letter(part)}{line.number}"


def _may_cover(scope: Scope, row: Row) -> bool:
    """A row without a category has the one that its item has on the platform, and may be meant."""
    category = row.cells.get(CATEGORY)
    return not isinstance(category, tuple) or scope.covers(row.outer_id, category)


_TERMS: Mapping[RuleKind, Callable[[_Reader, _RuleRow, Part, Part], Terms | None]] = {
    RuleKind.DAILY: _Reader._daily,
    RuleKind.CAMPAIGN: _Reader._campaign,
    RuleKind.PRICE: _Reader._price,
    RuleKind.STOCK: _Reader._stock,
}
