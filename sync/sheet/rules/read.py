"""The workbook's sheet 规则 → rules, or which of its cells is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import time
from functools import partial
from typing import TypeVar

from sync.errors import Refusal
from sync.fields import CATEGORY
from sync.item import PriceWindow, Row
from sync.messages import Level, Message, Problem, say
from sync.rule import Campaign, Daily, PriceRange, Rule, RuleKind, Scope, Terms, Thresholds
from sync.sheet.files.addresses import letters
from sync.sheet.files.shown import code_as_shown, rows_as_shown
from sync.sheet.files.traits import Traits
from sync.sheet.files.workbook import Grid, Raw, Workbook
from sync.sheet.names import Names
from sync.sheet.rules.cells import Wrong, enabled, kind_of, moment_of, number_of, scope_of, time_of
from sync.sheet.rules.columns import FIELDS, PARAMETERS, Headers, Part, find_headers
from sync.sheet.rules.rule_sheet import RuleSheet
from sync.sheet.strings import one_line, trim

_MOST = 2_000
"""Rules: each is asked about each row."""
T = TypeVar("T")


def read_rules(
    workbook: Workbook, sheet: str, categories: Collection[tuple[str, str]], rows: Sequence[Row]
) -> RuleSheet:
    """Read the worksheet of rules; `rows`: those of the sheet of items. Raises `Refusal` as `rules_of` does."""
    lines = workbook.rows(sheet)
    headers = find_headers(lines, sheet)
    if headers is None:
        return RuleSheet(problems=(Problem(None, say("rules.no_headers", sheet=sheet), Level.NOTE),))
    # Codes are what a person sees, as in the sheet of items.
    formats = workbook.formats(sheet, {headers.columns[Part.SCOPE]})
    lines = rows_as_shown(lines, headers.row, formats, lambda _, raw, code: code_as_shown(raw, code))
    codes = frozenset(row.outer_id for row in rows)
    read = _Reader(sheet, headers, workbook.traits(sheet), categories, codes).read(lines, rows)
    if sheet not in workbook.hidden or not read.listed:
        return read
    hidden = Problem(None, say("rules.hidden", sheet=sheet), Level.WARNING)
    return read._replace(problems=(*read.problems, hidden))


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

    def read(self, raws: Grid, rows: Sequence[Row]) -> RuleSheet:
        """Read all lines below the headers."""
        self._flag_traits()
        lines = [line for line in self._lines(raws) if line.filled]
        if len(lines) > _MOST:
            raise Refusal(say("rules.too_many", sheet=self.sheet, count=len(lines), most=_MOST))
        rules = [(line, rule) for line in lines if (rule := self._rule(line))]
        self._flag_same_names(rules)
        self._flag_scopes(rules, rows)
        self._flag_whole_sheet(lines)
        return RuleSheet(tuple(rule for _, rule in rules), tuple(self.problems))

    def _lines(self, rows: Grid) -> Iterator[_RuleRow]:
        for number, raws in enumerate(rows[self.headers.row :], start=self.headers.row + 1):
            found = {part: raws[index - 1] for part, index in self.headers.columns.items()}
            yield _RuleRow(number, {part: raw for part, raw in found.items() if trim(str(raw))})

    def _rule(self, line: _RuleRow) -> Rule | None:
        """Read one line; None: it is switched off, or wrong, which is told."""
        try:
            if not enabled(line.raws.get(Part.ENABLED, "")):
                return None
        except Wrong as wrong:
            self._flag(line, Part.ENABLED, wrong.message)
        kind = self._cell(line, Part.KIND, kind_of)
        scope = self._cell(line, Part.SCOPE, lambda raw: scope_of(raw, self.categories, self.codes))
        terms = self._terms(line, kind) if kind else None
        if kind is None or scope is None or terms is None:
            return None
        name = one_line(trim(str(line.raws.get(Part.NAME, ""))))
        shown = name or f"{trim(str(line.raws[Part.KIND]))} {line.number}"
        return Rule(terms, scope, shown, self._address(line, Part.KIND), named=bool(name))

    def _cell(self, line: _RuleRow, part: Part, read: Callable[[Raw], T], *, needed: bool = True) -> T | None:
        """Read a cell; None: it is wrong, or empty though `needed`, which is told; or simply empty."""
        if part not in line.raws:
            if needed:
                self._flag(line, part, say("rule.empty", field=FIELDS[part]))
            return None
        try:
            return read(line.raws[part])
        except Wrong as wrong:
            self._flag(line, part, wrong.message)
            return None

    def _terms(self, line: _RuleRow, kind: RuleKind) -> Terms | None:
        """Read what rules of this kind take; None: something in it is wrong, which is told."""
        parts = PARAMETERS[kind]
        others = {part for each in PARAMETERS.values() for part in each} - {*parts}
        stray = [part for part in FIELDS if part in others and part in line.raws]
        for part in stray:
            self._flag(line, part, say("rule.not_for_kind", field=FIELDS[part], kind=kind))
        form, before = _FORMS[kind], len(self.problems)
        values = [self._cell(line, part, partial(form.read, part), needed=form.needed) for part in parts]
        if len(self.problems) > before or (form.needed and None in values):
            return None
        terms = form.terms(*values)
        if found := _contradiction(terms, kind):
            self._flag(line, *found)
            return None
        if isinstance(terms, Campaign) and (terms.end.hour, terms.end.minute) == (0, 0):
            midnight = say("rule.ends_at_midnight", day=terms.end.strftime("%Y-%m-%d"))
            self._flag(line, Part.TO, midnight, Level.WARNING)
        return None if stray else terms

    def _flag_traits(self) -> None:
        """Flag cells that look empty and aren't, and merged ones, of which only the first holds the value."""
        for (row, column), word in self.traits.errors.items():
            self._flag_at(row, column, say("cell.error", shown=word))
        for row, column in sorted(self.traits.unvalued):
            self._flag_at(row, column, say("cell.not_calculated"))
        for merge in self.traits.merges:
            covered = [index for index in self.headers.columns.values() if merge.left <= index <= merge.right]
            if covered:
                self._flag_at(merge.bottom, min(covered), say("cell.merged"))

    def _flag_at(self, row: int, column: int, message: Message) -> None:
        remark = self.headers.columns.get(Part.REMARK)
        if row > self.headers.row and column in self.headers.columns.values() and column != remark:
            cell = f"{self.sheet}!{letters(column)}{row}"
            self.problems.append(Problem(cell, message))

    def _flag_same_names(self, rules: Sequence[tuple[_RuleRow, Rule]]) -> None:
        """Flag names that stand twice: state remembers a rule by its name."""
        seen: dict[str, str] = {}
        for line, rule in rules:
            if rule.named and rule.name in seen:
                self._flag(line, Part.NAME, say("rule.name_twice", name=rule.name, other=seen[rule.name]))
            elif rule.named:
                seen[rule.name] = self._address(line, Part.NAME)

    def _flag_scopes(self, rules: Sequence[tuple[_RuleRow, Rule]], rows: Sequence[Row]) -> None:
        """Flag scopes that no row is in: after a typing error, the rule would silently do nothing."""
        for line, rule in rules:
            if missing := sorted(rule.scope.codes - self.codes):
                message = say("rule.no_such_codes", codes=Names.of(missing))
                self._flag(line, Part.SCOPE, message, Level.WARNING)
            elif rule.scope.category and not any(_may_cover(rule.scope, row) for row in rows):
                message = say("rule.no_such_rows", category=">".join(rule.scope.category))
                self._flag(line, Part.SCOPE, message, Level.WARNING)

    def _flag_whole_sheet(self, lines: Sequence[_RuleRow]) -> None:
        if own := self.headers.own:
            self.problems.append(
                Problem(None, say("rules.own_columns", sheet=self.sheet, names=Names(own)), Level.NOTE)
            )
        hidden = [str(line.number) for line in lines if line.number in self.traits.hidden]
        if hidden:
            message = say("rules.hidden_rows", sheet=self.sheet, rows=Names.of(hidden))
            self.problems.append(Problem(None, message, Level.WARNING))

    def _flag(self, line: _RuleRow, part: Part, message: Message, level: Level = Level.ERROR) -> None:
        address = self._address(line, part)
        # A cell with an error value looks empty too; it gets only its first problem.
        if all(problem.cell != address for problem in self.problems):
            self.problems.append(Problem(address, message, level))

    def _address(self, line: _RuleRow, part: Part) -> str:
        return f"{self.sheet}!{self.headers.letter(part)}{line.number}"


def _may_cover(scope: Scope, row: Row) -> bool:
    """A row without a category has the one that its item has on the platform, and may be meant."""
    category = row.cells.get(CATEGORY)
    return not isinstance(category, tuple) or scope.covers(row.outer_id, category)


@dataclass(frozen=True)
class _Form:
    """How the two parameters of a kind of rule are read, and what they make."""

    read: Callable[[Part, Raw], object]
    """Raises Wrong."""
    needed: bool
    terms: Callable[..., Terms]


def _of_window(part: Part, raw: Raw) -> object:
    return number_of(part, raw) if part is Part.CAMPAIGN_PRICE else moment_of(raw)


_FORMS: Mapping[RuleKind, _Form] = {
    RuleKind.DAILY: _Form(lambda _, raw: time_of(raw), needed=False, terms=Daily),
    RuleKind.CAMPAIGN: _Form(lambda _, raw: moment_of(raw), needed=True, terms=Campaign),
    RuleKind.PRICE: _Form(number_of, needed=False, terms=PriceRange),
    RuleKind.STOCK: _Form(number_of, needed=True, terms=Thresholds),
    RuleKind.PRICE_WINDOW: _Form(_of_window, needed=True, terms=PriceWindow),
}


def _contradiction(terms: Terms, kind: RuleKind) -> tuple[Part, Message] | None:
    """Return which parameter contradicts the other, and what to say of it; None: neither."""
    *_, first, second = PARAMETERS[kind]
    match terms:
        case Daily(on, off) if on == off or {on, off} == {None, time.min}:
            return second, say("rule.times")
        case PriceRange(None, None):
            return first, say("rule.prices")
        case PriceRange(int(lowest), int(highest)) if lowest > highest:
            pass
        case Campaign(start=start, end=end) | PriceWindow(start=start, end=end) if start >= end:
            pass
        case Thresholds(off_at, on_at) if off_at >= on_at:
            pass
        case _:
            return None
    return second, say("rule.order", first=FIELDS[first], second=FIELDS[second])
