"""What a person must confirm before a plan is applied (docs/reference/guards.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import chain
from typing import NamedTuple

from sync.codes import key_words
from sync.fields import INVENTORY, PRICE, STATUS, Name
from sync.item import Path, Status, clock_text, number
from sync.limits import Limits
from sync.messages import Level, Message, Problem, say
from sync.plan.by_row import ByRow
from sync.plan.listings import of_sheet, plan_of_parts
from sync.plan.plan import Action, Change, Guard, Plan, RowPlan
from sync.remembered import Made
from sync.values import Shown


def tripped(rows: Sequence[RowPlan], limits: Limits, rest: Sequence[RowPlan] = ()) -> tuple[Guard, ...]:
    """Return the guards that these rows trip, in the order of `NAMES`.

    `rest`: the sheet's other rows, of which nothing counts but that they are there, or live.
    """
    sheet = _Sheet(ByRow.of(rows).busy, rows, rest, limits)
    found = ((name, check(sheet)) for name, check in _CHECKS.items())
    return tuple(
        Guard(name, trip.message, tuple(of_sheet(row.row) for row in trip.rows)) for name, trip in found if trip
    )


def refused(plan: Plan, forced: Sequence[str]) -> tuple[Guard, ...]:
    """Return the guards of `plan` that `--force` doesn't name."""
    return () if "all" in forced else tuple(guard for guard in plan.guards if guard.name not in forced)


def hold_back(plan: Plan, forced: Sequence[str]) -> Plan:
    """Return `plan` with the rows of its guards left as they are, but of those that `--force` names."""
    names = {(row.number, row.outer_id): guard.name for guard in refused(plan, forced) for row in guard.rows}
    every = ByRow.of(plan.carried_out)
    # An idle row has no calls.
    busy = (_held_back(part, names.get((abs(part.row.number), part.row.outer_id))) for part in every.busy)
    parts = every.with_busy(tuple(busy))
    stay = tuple(guard for guard in plan.guards if guard not in refused(plan, forced))
    return plan_of_parts(parts, stay, reads=plan.reads, rest=plan.rest, ignored=plan.ignored, notes=plan.notes)


def _held_back(row: RowPlan, guard: str | None) -> RowPlan:
    if guard is None or not row.calls:
        return row
    why = Problem(None, _why_held_back(row, guard), Level.WARNING)
    return replace(row, action=Action.BLOCKED, changes=(), calls=(), problems=(*row.problems, why))


def _why_held_back(row: RowPlan, guard: str) -> Message:
    made = row.repeats
    if guard == "repeat" and made:
        by, at = f"{made.by:+d}", clock_text(made.at)
        return say("guard.held_back.repeat", name=guard, run=made.run, at=at, by=by)
    return say("guard.held_back", name=guard)


class _Sheet(NamedTuple):
    """What a guard looks at."""

    rows: Sequence[RowPlan]
    """The rows of which something is to be said or done."""
    plan: Sequence[RowPlan]
    """All of the plan."""
    rest: Sequence[RowPlan]
    """The sheet's rows that are no part of the plan."""
    limits: Limits

    @property
    def size(self) -> int:
        """How many rows the whole sheet has."""
        return len(self.plan) + len(self.rest)

    def with_action(self, action: Action) -> list[RowPlan]:
        """Return the rows that come to `action`."""
        return [row for row in self.rows if row.action is action]

    def changes(self, path: Path) -> Iterator[tuple[RowPlan, Change]]:
        """Yield what is to change at `path`, each with its row."""
        return ((row, change) for row in self.rows for change in row.changes if change.path == path)


class _Trip(NamedTuple):
    """Why a guard is tripped, and by which rows."""

    message: Message
    rows: Sequence[RowPlan]


def _takedown(sheet: _Sheet) -> _Trip | None:
    off = [row for row in sheet.rows if _goes_off(row) and _live(row)]
    if len(off) < sheet.limits.at_least:
        # What is remembered of the other rows needn't be looked into.
        return None
    live = sum(_live(row) for row in chain(sheet.plan, sheet.rest))
    if len(off) <= sheet.limits.share * live:
        return None
    return _Trip(say("guard.takedown", off=len(off), live=live), off)


def _live(row: RowPlan) -> bool:
    # An item that was sold out is remembered with the status that waits for its stock.
    waits = row.unread and row.remote.get(INVENTORY) == 0
    # Of a listing's SKUs none is live by itself.
    return row.row.sku is None and row.remote.get(STATUS) == Status.ACTIVE and not waits


def _goes_off(row: RowPlan) -> bool:
    if row.sku_stock == 0 and row.remote.get(INVENTORY) != 0:
        return True
    if not row.changes:
        return False
    ends = {change.path: change.after for change in row.changes}
    return row.action is Action.DELETE or ends.get(STATUS) == Status.INACTIVE or ends.get(INVENTORY) == 0


def _price(sheet: _Sheet) -> _Trip | None:
    changes = sheet.changes(PRICE)
    return _first("guard.price", [(row, change) for row, change in changes if _odd_price(change, sheet.limits)])


def _odd_price(change: Change, limits: Limits) -> bool:
    # The end of a campaign's price is no price cut; the price before it is what people know.
    before, after = change.before if change.usual is None else change.usual, change.after
    if not isinstance(after, int) or after == change.usual:
        return False
    if after < limits.price_floor:
        return True
    if not isinstance(before, int):
        # What the platform holds is no price, so there is nothing to compare with.
        return before is not None
    return before > 0 and not limits.price_drop * before <= after <= limits.price_rise * before


def _delete(sheet: _Sheet) -> _Trip | None:
    gone = sheet.with_action(Action.DELETE)
    if len(gone) <= sheet.limits.deletions:
        return None
    return _Trip(say("guard.delete", count=len(gone), limit=sheet.limits.deletions), gone)


def _invalid(sheet: _Sheet) -> _Trip | None:
    wrong = sheet.with_action(Action.INVALID)
    if len(wrong) < sheet.limits.at_least or len(wrong) <= sheet.limits.share * sheet.size:
        return None
    return _Trip(say("guard.invalid", count=len(wrong), rows=sheet.size), wrong)


def _first_stock(sheet: _Sheet) -> _Trip | None:
    changes = sheet.changes(INVENTORY)
    first = [(row, one) for row, one in changes if row.action is Action.UPDATE and one.first_contact]
    return _first("guard.first_stock", first)


def _publish(sheet: _Sheet) -> _Trip | None:
    new = sheet.with_action(Action.PUBLISH)
    if len(new) <= sheet.limits.new_items or len(new) <= sheet.limits.share * sheet.size:
        return None
    return _Trip(say("guard.publish", count=len(new), rows=sheet.size), new)


def _stock(sheet: _Sheet) -> _Trip | None:
    changes = sheet.changes(INVENTORY)
    return _first("guard.stock", [(row, change) for row, change in changes if _odd_stock(row, change, sheet.limits)])


def _odd_stock(row: RowPlan, change: Change, limits: Limits) -> bool:
    if row.action is not Action.UPDATE or not isinstance(change.after, int):
        return False
    before = number(change.before) or 0
    # A sold-out item is measured by the count that it had last. Else every restock would trip the guard, and people
    # would learn to force it.
    usual = before or _last_count(row)
    return change.after > limits.stock_rise * usual and change.after - before >= limits.stock_rise_units


def _last_count(row: RowPlan) -> int:
    counts = (d.last.value for d in row.decisions if d.path == INVENTORY and d.last)
    return next((count for count in counts if isinstance(count, int)), row.last_stock)


def _repeat(sheet: _Sheet) -> _Trip | None:
    moving = [row for row in sheet.rows if (row.repeats or row.foreign) and any(call.is_move for call in row.calls)]
    again = [(row, row.repeats) for row in moving if row.repeats]
    foreign = [row for row in moving if not row.repeats]
    if not foreign:
        return _Trip(_made_already(again), moving) if again else None
    other = say("guard.repeat.other_state", count=len(foreign), code=key_words(foreign[0].row.key))
    return _Trip(say("guard.repeat.both", made=_made_already(again), other=other) if again else other, moving)


def _made_already(again: Sequence[tuple[RowPlan, Made]]) -> Message:
    row, made = again[0]
    code, by, at = key_words(row.row.key), f"{made.by:+d}", clock_text(made.at)
    return say("guard.repeat", count=len(again), code=code, by=by, run=made.run, at=at)


def _first(code: str, found: Sequence[tuple[RowPlan, Change]]) -> _Trip | None:
    """Say how many rows trip the guard, and show the first."""
    if not found:
        return None
    row, change = found[0]
    message = say(
        code,
        count=len(found),
        code=key_words(row.row.key),
        field=Name(change.path),
        before=Shown(change.path, change.before),
        after=Shown(change.path, change.after),
    )
    return _Trip(message, [row for row, _ in found])


_CHECKS: Mapping[str, Callable[[_Sheet], _Trip | None]] = {
    "takedown": _takedown,
    "price": _price,
    "delete": _delete,
    "invalid": _invalid,
    "first-stock": _first_stock,
    "publish": _publish,
    "stock": _stock,
    "repeat": _repeat,
}
FREEZE = "freeze"
"""The guard of times in which nothing changes: the clock trips it, and not the rows."""
NAMES = (*_CHECKS, FREEZE)
"""The guards, in the order in which they are reported; `--force` takes these names, or `all`."""


def unknown_names(forced: Sequence[str]) -> tuple[str, ...]:
    """Return the names given to `--force` that no guard has."""
    return tuple(name for name in forced if name not in (*NAMES, "all"))
