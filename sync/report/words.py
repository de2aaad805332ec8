"""The rows of a plan or a run as people read them: one wording for the terminal, the page and the workbook."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from sync.call import Result, RowResult, by_row
from sync.codes import key_words
from sync.fields import STATUS, TITLE, path_words
from sync.item import Path, Value
from sync.legible import legible
from sync.messages import Language, Level, Message, Problem, listed, say, sentences
from sync.plan.plan import Action, Change, Guard, Plan, RowPlan, Verdict
from sync.rule import RuleKind
from sync.sku import listing_of
from sync.values import shown

NEEDS_A_PERSON: tuple[Result | Action, ...] = (
    Result.FAILED,
    Result.UNKNOWN,
    Result.INVALID,
    Result.BLOCKED,
    Result.SKIPPED,
    Action.INVALID,
    Action.BLOCKED,
)
"""What a person must look at, the most pressing first."""

ACTING = (Action.PUBLISH, Action.UPDATE, Action.DELETE)
"""What changes something on the platform."""
LEVELS = tuple(Level)
"""The worst first."""

_MANY = 10
"""Rows that are told the same, and each on its own; more are told at once."""


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One change in words: 价格, ¥19.90, ¥21.90, 表格已改."""

    change: Change
    field: str
    before: str | None
    """None for a new item: there is no value to start from."""
    after: str
    why: str

    @property
    def text(self) -> str:
        """The change on one line: `价格 ¥19.90 → ¥21.90`, `品牌 → 清空`."""
        before = () if self.before is None or self.change.after is None else (self.before,)
        arrow = () if self.before is None else ("→",)
        return " ".join((self.field, *before, *arrow, self.after))


@dataclass(frozen=True, slots=True)
class Remark:
    """Something said about a row: a problem with its cell, or what became of the row."""

    text: str
    level: Level
    cell: str | None = None

    @property
    def line(self) -> str:
        """The remark with its cell in front: `E12 …`."""
        return f"{self.cell} {self.text}" if self.cell else self.text


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the sheet, as every report shows it."""

    number: int
    outer_id: str
    item_id: str
    """Empty for an item that has none yet."""
    title: str
    action: Action
    result: Result | None
    """None where a plan is shown and nothing has been done."""
    changes: tuple[ChangeLine, ...]
    remarks: tuple[Remark, ...]
    calls: tuple[str, ...]
    drifted: bool
    conflicting: bool
    stale: bool

    @property
    def ending(self) -> Result | Action:
        """What the row came to: its result, or in a plan its action."""
        return self.action if self.result is None else self.result

    @property
    def acts(self) -> bool:
        """Whether the plan changes anything on the platform for this row."""
        return self.action in ACTING

    @property
    def pressing(self) -> bool:
        """Whether a person must look at this row."""
        return self.ending in NEEDS_A_PERSON

    @property
    def rank(self) -> tuple[int, int]:
        """The order of a report: what needs a person, then what changes, then what is as it was; each by row."""
        if self.pressing:
            return NEEDS_A_PERSON.index(self.ending), self.number
        return len(NEEDS_A_PERSON) + (self.ending in (Result.NONE, Action.NONE)), self.number


def entries(plan: Plan, language: Language, results: Sequence[RowResult] | None = None) -> Iterator[Entry]:
    """Put each row of a plan that can be told of into words, in the sheet's order; with `results`, also what became
    of it.

    One after another: of most rows of a large sheet there is nothing to be told, and nobody keeps their words.
    """
    ended = by_row(results or ())
    return (entry_of(row, language, ended.get(row.row.number)) for row in plan.told)


def entry_of(row: RowPlan, language: Language, result: RowResult | None = None) -> Entry:
    """Put one row of a plan into words; with `result`, also what became of it."""
    title = row.row.cells.get(TITLE, row.remote.get(TITLE))
    item_id = row.item_id or row.row.item_id or (result.item_id if result else None)
    return Entry(
        number=row.row.number,
        outer_id=legible(key_words(row.row.key)),
        item_id=legible(listing_of(item_id or "")),
        title=legible(title) if isinstance(title, str) else "",
        action=row.action,
        result=result.result if result else None,
        changes=tuple(_change(change, row, language) for change in row.changes),
        remarks=tuple(_remarks(row.problems, result, language)),
        calls=tuple(call.op.words(language) for call in row.calls),
        drifted=row.drifted,
        conflicting=row.conflicting,
        stale=row.stale,
    )


def _change(change: Change, row: RowPlan, language: Language) -> ChangeLine:
    return ChangeLine(
        change=change,
        field=legible(path_words(change.path, language)),
        before=None if row.action is Action.PUBLISH else value_words(change.path, change.before, language),
        after=say("report.cleared").words(language)
        if change.after is None
        else value_words(change.path, change.after, language),
        why=_why(change, row).words(language),
    )


def _why(change: Change, row: RowPlan) -> Message:
    """An edit that nobody made would puzzle: an item that is new, or new to this tool, is called so."""
    if row.undoes is not None:
        return say("report.why.undo")
    if change.path == STATUS and row.ruling and row.ruling.asks.kind is not RuleKind.CELL:
        return say("report.why.rule")
    if row.action is Action.PUBLISH:
        return say("report.why.publish")
    if change.first_contact and change.kind is Verdict.EDIT:
        return say("report.why.first")
    return say(f"verdict.{change.kind.value}")


def value_words(path: Path, value: Value | None, language: Language) -> str:
    """Write a value as staff read it, fit for every report."""
    return legible(shown(path, value, language))


def _remarks(problems: Sequence[Problem], result: RowResult | None, language: Language) -> Iterator[Remark]:
    """What became of a row tells of its problems too, as far as they still matter; the gravest comes first."""
    told = problems if result is None else result.note
    for problem in sorted(told, key=lambda problem: LEVELS.index(problem.level)):
        yield remark(problem, language)


def remark(problem: Problem, language: Language) -> Remark:
    """Put a problem into words."""
    return Remark(legible(problem.message.words(language)), problem.level, problem.cell)


def folded(rows: Sequence[Entry], language: Language) -> list[Entry]:
    """Let the first of many rows that are told the same speak for all, in the place where it stands."""
    alike: dict[tuple[Result | Action, tuple[str, ...]], list[Entry]] = {}
    for entry in rows:
        alike.setdefault(_told(entry), []).append(entry)
    many = {told: group for told, group in alike.items() if group[_MANY:] and told[1]}
    kept = (entry for entry in rows if entry in many.get(_told(entry), [entry])[:1])
    return [_for_all(many[_told(entry)], language) if _told(entry) in many else entry for entry in kept]


class FirstRows:
    """Rows of which the first are told: the first of these tells what is only worth knowing of many of them all."""

    def __init__(self, most: int, language: Language) -> None:
        self.count = 0
        """How many rows there are."""
        self._most, self._language = most, language
        self._first: list[Entry] = []
        self._notes: Counter[Remark] = Counter()

    def add(self, row: RowPlan) -> None:
        """Take in the next one."""
        self.count += 1
        self._notes.update(_notes_of_row(_remarks(row.problems, None, self._language)))
        if self.count <= self._most:
            self._first.append(entry_of(row, self._language))

    @property
    def told(self) -> list[Entry]:
        """The first of them in words."""
        untold = {one: count for one, count in self._notes.items() if count > _MANY}
        many = frozenset(untold)
        return [
            replace(entry, remarks=tuple(_still_untold(entry, many, untold, self._language))) for entry in self._first
        ]


def _notes_of_row(remarks: Iterable[Remark]) -> Iterator[Remark]:
    return (one for one in remarks if one.level is Level.NOTE and one.cell is None)


def _still_untold(
    entry: Entry, many: Collection[Remark], untold: dict[Remark, int], language: Language
) -> Iterator[Remark]:
    for one in entry.remarks:
        if one not in many:
            yield one
        elif count := untold.pop(one, 0):
            yield replace(one, text=one.text + say("report.alike.notes", count=count - 1).words(language))


def _told(entry: Entry) -> tuple[Result | Action, tuple[str, ...]]:
    return entry.ending, tuple(one.text for one in entry.remarks)


def _for_all(group: Sequence[Entry], language: Language) -> Entry:
    first, *rest = group
    codes = listed(entry.outer_id or str(entry.number) for entry in rest[:_MANY])
    others = say("report.alike", count=len(rest), codes=codes, last=rest[-1].number).words(language)
    return replace(first, remarks=(*first.remarks, Remark(others, first.remarks[-1].level)))


def guard_words(guard: Guard, language: Language, most: int | None = None) -> str:
    """Say why a guard is tripped, and by which rows: their codes, or the first `most` and how many more."""
    if not guard.rows:
        return legible(guard.message.words(language))
    named = guard.rows[:most]
    codes = [key_words(row.key) or say("report.row", row=row.number).words(language) for row in named]
    code = "report.guards.rows" if len(named) < len(guard.rows) and most else "report.guards.all_rows"
    rows = say(code, codes=listed(codes), count=len(guard.rows))
    return legible(sentences((guard.message, rows)).words(language))
