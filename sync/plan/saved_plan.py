"""A saved plan: applied as it was shown, or not at all (docs/reference/command-line.md#saved-plans)."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain
from typing import Any, TextIO

from sync.errors import Refusal
from sync.fields import Name
from sync.json_forms import JsonForm
from sync.json_reading import read_document
from sync.legible import LazyRows, canonical_parts
from sync.limits import Limits
from sync.messages import Level, Message, Problem, say
from sync.packed import Packed, in_parts
from sync.plan import guards
from sync.plan.by_row import ByRow
from sync.plan.document_schema import refuse_other_major
from sync.plan.listings import plan_of_parts
from sync.plan.options import Choices
from sync.plan.plan import Action, Change, Plan, RowPlan

KEY = "saved"
"""Where a plan's JSON keeps what is needed to apply it."""

_ROW: JsonForm[RowPlan] = JsonForm(RowPlan)
_ROWS: JsonForm[tuple[RowPlan, ...]] = JsonForm(tuple[RowPlan, ...])
_CHOICES: JsonForm[Choices] = JsonForm(Choices)


@dataclass(frozen=True)
class PlanSource:
    """What a plan was made of."""

    profile: str
    """And the channel, as state has it."""
    gateway: str
    sheet: str
    """The sheet's path."""
    worksheet: str | None = None
    """The worksheet in it."""
    undoes: int | None = None
    """The run that it reverses; None: it is of a sheet."""
    uploaded: bool = False
    """The workbook was handed in: its path says nothing."""


_SOURCE: JsonForm[PlanSource] = JsonForm(PlanSource)


@dataclass(frozen=True)
class Saved:
    """A plan that was read back. It brings its own choices, so that today's plan is made by the same."""

    source: PlanSource
    choices: Choices
    rows: Sequence[RowPlan]
    checksum: str


def saved_document(
    document: Mapping[str, object], plan: Plan, source: PlanSource, choices: Choices
) -> dict[str, object]:
    """Return a plan's JSON with all that is needed to apply it, and a checksum over everything.

    Its rows are made as they are written, and before that once for the checksum: a list of them all would be most of
    the memory.
    """
    only = None if choices.only is None else sorted(choices.only)
    chosen = {**asdict(source), **asdict(choices), "as_new": sorted(choices.as_new), "only": only}
    busy = ByRow.of(plan.carried_out).busy

    def calling() -> Iterator[object]:
        return (_ROW.dump_python(row.kept(), mode="json") for row in busy if row.calls)

    rows = LazyRows(sum(bool(row.calls) for row in busy), calling)
    kept: dict[str, object] = {"choices": chosen, "rows": rows}
    whole: dict[str, object] = {**document, KEY: kept}
    return {**document, KEY: {**kept, "checksum": _checksum(whole)}}


def read_saved(text: TextIO, file: str) -> Saved:
    """Read a saved plan back. Raises Refusal for what is no plan, or was edited since it was saved."""
    try:
        document: Any = read_document(text)
        refuse_other_major(document, file)
        kept = document[KEY]
        checksum, chosen = kept.pop("checksum"), kept["choices"]
        # A choice that an earlier version didn't have wasn't made.
        source, choices = _SOURCE.validate_python(chosen), _CHOICES.validate_python(chosen)
        rows = Packed(row for some in in_parts(kept["rows"]) for row in _ROWS.validate_python(some))
        edited = checksum != _checksum(document)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Refusal(say("saved.no_plan", file=file)) from None
    if edited:
        raise Refusal(say("saved.edited", file=file))
    return Saved(source, choices, rows, checksum)


def as_shown(saved: Saved, today: Plan, limits: Limits, settled: Collection[str] = ()) -> Plan:
    """Return the plan that does what `saved` showed, of the rows for which that is still the same.

    A row of which a planned cell or a planned path changed since is skipped, and says so; what else changed doesn't
    matter: a sale doesn't stop a price. What the sheet asks for beyond the saved plan waits for a plan of its own,
    and its row is no part of the run.
    `settled`: the keys of rows of which a person decided something since they were shown; today's plan knows that.
    Raises Refusal if the sheet holds none of the plan's rows.
    """
    every, matched = ByRow.of(today.carried_out), _Matched(saved, settled)
    for part in in_parts(enumerate(every)):
        matched.take(part, every)
    if saved.rows and not matched.found:
        raise Refusal(say("saved.other_sheet", sheet=saved.source.sheet))
    rows = matched.rows(every)
    # What is no part of the run is still of the sheet.
    rest = Packed(chain(matched.left_out, today.rest)) if matched.left_out else today.rest
    tripped = guards.tripped(rows, limits, rest)
    return plan_of_parts(rows, tripped, reads=today.reads, rest=rest, ignored=today.ignored, notes=today.notes)


class _Matched:
    """Today's rows beside those that were shown, taken in some at a time."""

    def __init__(self, saved: Saved, settled: Collection[str]) -> None:
        self._saved, self._settled = saved.rows, settled
        self._shown = {row.row.key: place for place, row in enumerate(saved.rows)}
        self.found: set[str] = set()
        """The keys of rows that were shown and are still there."""
        self.left_out: Packed[RowPlan] = Packed()
        """What the sheet asks for beyond the saved plan."""
        self._below = 1
        self._places = array("l")
        self._idle: list[bool] = []
        self._busy: Packed[RowPlan] = Packed()

    def take(self, today: Sequence[tuple[int, RowPlan]], every: ByRow[RowPlan]) -> None:
        """Take in the next of today's rows, each with its place among `every` one."""
        self._below = max(self._below, *(abs(row.row.number) + 1 for _, row in today))
        shown = self._shown_of(row.row.key for _, row in today)
        self.found.update(shown)
        self.left_out.add(row for _, row in today if row.calls and row.row.key not in shown)
        busy: list[RowPlan] = []
        for place, row in today:
            key = row.row.key
            if row.calls and key not in shown:
                continue
            kept = _kept(row, shown.get(key), settled=key in self._settled)
            self._places.append(place)
            self._idle.append(kept is row and every.is_idle(place))
            if not self._idle[-1]:
                busy.append(kept)
        self._busy.add(busy)

    def _shown_of(self, keys: Iterable[str]) -> Mapping[str, RowPlan]:
        # In the order in which they are packed: the sheet's may be another by now.
        places = sorted((self._shown[key], key) for key in {*keys} if key in self._shown)
        return {key: self._saved[place] for place, key in places}

    def rows(self, every: ByRow[RowPlan]) -> ByRow[RowPlan]:
        """Return what is carried out; rows that left the sheet stand below all others."""
        gone = [place for key, place in self._shown.items() if key not in self.found]
        self._busy.extend(_missing(self._saved[place], number) for number, place in enumerate(gone, self._below))
        return every.part(self._places, [*self._idle, *[False] * len(gone)], self._busy)


def _kept(today: RowPlan, shown: RowPlan | None, *, settled: bool) -> RowPlan:
    if shown is None or (settled and _within(today, shown)):
        return today
    if today.action is not shown.action:
        return _skipped(today, say("saved.other_action", before=_words(shown.action), now=_words(today.action)))
    asked = {_key(change) for change in today.changes}
    for change in shown.changes:
        if _key(change) not in asked:
            return _skipped(today, say("saved.changed", field=Name(change.path)))
    if len(today.calls) < len(shown.calls):
        return _skipped(today, say("saved.changed", field=say("op.status")))
    return replace(today, changes=shown.changes, calls=shown.calls, problems=(*today.problems, *_more(today, shown)))


def _within(today: RowPlan, shown: RowPlan) -> bool:
    """Whether a row asks for nothing that wasn't shown."""
    asked = {_key(change) for change in shown.changes}
    return all(_key(change) in asked for change in today.changes)


def _words(action: Action) -> Message:
    return say(f"action.{action.value}")


def _more(today: RowPlan, shown: RowPlan) -> Iterator[Problem]:
    """Tell of what the sheet asks for beyond what was shown: it isn't done, and the row's result mustn't hide it."""
    planned = {change.path for change in shown.changes}
    for change in today.changes:
        if change.path not in planned:
            yield Problem(change.address, say("saved.more", field=Name(change.path)), Level.WARNING)


def _missing(row: RowPlan, number: int) -> RowPlan:
    """A row that left the sheet is told below all that are still there: its old number may be another's by now."""
    return _skipped(replace(row, row=replace(row.row, number=number)), say("saved.row_gone"))


def _skipped(row: RowPlan, message: Message) -> RowPlan:
    problem = Problem(None, message, Level.WARNING)
    return replace(row, action=Action.BLOCKED, changes=(), calls=(), problems=(*row.problems, problem), skipped=True)


def _key(change: Change) -> tuple[object, ...]:
    return change.path, change.before, change.after


def _checksum(document: Mapping[str, object]) -> str:
    digest = hashlib.sha256()
    for part in canonical_parts(document):
        digest.update(part.encode())
    return digest.hexdigest()
