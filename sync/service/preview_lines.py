"""A plan → the lines of its preview: in the order in which a person should look at them, each with its tabs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256

from sync.codes import split_key
from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Row
from sync.json_forms import JsonForm
from sync.messages import Level
from sync.plan.plan import Action, Plan, RowPlan

_ROW: JsonForm[RowPlan] = JsonForm(RowPlan)
_RANK = {Action.INVALID: 0, Action.BLOCKED: 1, Action.NONE: 4}
"""What needs a person comes first, what is as it was comes last."""
ACTIONS = frozenset(action.value for action in Action)
"""The tabs that are named like what is done with their rows."""


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """A row of a plan, as it is kept."""

    number: int
    key: str
    title: str
    words: str
    """What a search looks at."""
    action: str
    document: str | None
    """JSON; None: it is as it was, and nothing is told of it."""
    acts: bool
    """Whether it makes a call."""
    tabs: tuple[str, ...]
    """The tabs on which it is, beside that of all rows and that of its action."""


def lines_of(plan: Plan) -> Iterator[PreviewLine]:
    """Yield the lines of a plan."""
    guards = _guards_by_row(plan)
    for tabs, row in sorted(((_tabs(row), row) for row in plan.rows), key=_rank):
        yield _line(row, (*tabs, *guards.get(row.row.number, ())))


def row_of(number: int, key: str, title: str, document: str | None) -> RowPlan:
    """Return the row that was kept so. Raises ValidationError for what isn't one."""
    if document is not None:
        return _ROW.validate_json(document)
    code, sku = split_key(key)
    return RowPlan(Row(number, code, cells={TITLE: title} if title else {}, sku=sku), Action.NONE)


class PlanChecksum:
    """Of a plan, line by line."""

    def __init__(self, *head: str) -> None:
        self._hash = sha256("\0".join(head).encode())

    def add(self, number: int, key: str, document: str | None) -> None:
        """Count a line in."""
        self._hash.update(f"\0{number}\0{key}\0{document or ''}".encode())

    def over(self, lines: Iterable[PreviewLine]) -> Iterator[PreviewLine]:
        """Yield the lines, and count them in."""
        for line in lines:
            self.add(line.number, line.key, line.document)
            yield line

    @property
    def text(self) -> str:
        """The checksum of what was counted in."""
        return self._hash.hexdigest()


def _line(row: RowPlan, tabs: tuple[str, ...]) -> PreviewLine:
    title = _title(row)
    words = f"{row.row.outer_id}\n{row.row.sku or ''}\n{title}".casefold()
    # Most rows of most weeks are as they were, and nothing is told of them.
    silent = row.action is Action.NONE and not row.problems
    document = None if silent else _ROW.dump_json(_trimmed(row, title)).decode()
    of = row.row
    return PreviewLine(of.number, of.key, title, words, row.action.value, document, bool(row.calls), tabs)


def _trimmed(row: RowPlan, title: str) -> RowPlan:
    """What is shown and carried out: all that the comparison needed besides is left out."""
    of = row.row
    shown = Row(of.number, of.outer_id, of.item_id, {TITLE: title} if title else {}, sku=of.sku)
    problems = tuple(problem.kept() for problem in row.problems)
    return replace(row, row=shown, problems=problems, decisions=(), remote={}, repeats=None)


def _title(row: RowPlan) -> str:
    title = row.row.cells.get(TITLE, row.remote.get(TITLE))
    return title if isinstance(title, str) else ""


def _tabs(row: RowPlan) -> tuple[str, ...]:
    """See `PreviewLine.tabs`."""
    paths = {change.path for change in row.changes}
    of_fields = {"price": PRICE in paths, "stock": INVENTORY in paths, "status": STATUS in paths}
    update = row.action is Action.UPDATE
    on = {
        "needs": row.action in (Action.INVALID, Action.BLOCKED) or row.conflicting or row.stale or _warned(row),
        "changes": bool(row.calls),
        "conflict": row.conflicting,
        "drift": row.drifted,
        "stale": row.stale,
        **{tab: applies and update for tab, applies in of_fields.items()},
        "other": update and bool(paths - {PRICE, INVENTORY, STATUS}),
    }
    return tuple(tab for tab, applies in on.items() if applies)


def _warned(row: RowPlan) -> bool:
    return any(problem.level is Level.WARNING for problem in row.problems)


def _rank(line: tuple[tuple[str, ...], RowPlan]) -> tuple[int, int]:
    tabs, row = line
    return _RANK.get(row.action, 2 if "needs" in tabs else 3), row.row.number


def _guards_by_row(plan: Plan) -> Mapping[int, tuple[str, ...]]:
    found: dict[int, tuple[str, ...]] = {}
    for guard in plan.guards:
        for row in guard.rows:
            found[row.number] = (*found.get(row.number, ()), f"guard-{guard.name}")
    return found
