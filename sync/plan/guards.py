"""What a person must confirm before a plan is applied (docs/reference/guards.md)."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import NamedTuple

from sync.codes import key_words
from sync.fields import INVENTORY, PRICE, STATUS, Name
from sync.item import Path, Row, Status, clock_text, number
from sync.limits import Limits
from sync.messages import Level, Message, Problem, say
from sync.packed import Packed
from sync.plan.by_row import TOGETHER, ByRow
from sync.plan.listings import of_sheet, plan_of_parts
from sync.plan.plan import Action, Change, Guard, Plan, RowPlan
from sync.values import Shown


def tripped(rows: Sequence[RowPlan], limits: Limits, rest: Sequence[RowPlan] = ()) -> tuple[Guard, ...]:
    """Return the guards that these rows trip, in the order of `NAMES`.

    `rest`: the sheet's other rows, of which nothing counts but that they are there, or live.
    """
    watch, busy = GuardWatch(limits), ByRow.of(rows).busy
    for row in busy:
        watch.look(row)
    return watch.tripped(busy, rows, rest)


class GuardWatch:
    """All guards, which look at each row together: of many rows each is made anew for whoever looks."""

    def __init__(self, limits: Limits) -> None:
        self._limits, self._rows = limits, 0
        self._trips = {name: _Trip(limits) for name in _CHECKS}
        self._checks = [(check.concerns, self._trips[name].take) for name, check in _CHECKS.items()]

    def look(self, row: RowPlan) -> None:
        """Look at the next row of which something is to be said or done."""
        for concerns, take in self._checks:
            if kind := concerns(row, self._limits):
                take(kind, self._rows, row)
        self._rows += 1

    def tripped(self, busy: Sequence[RowPlan], rows: Sequence[RowPlan], rest: Sequence[RowPlan]) -> tuple[Guard, ...]:
        """Return the guards that are tripped; `busy`: the rows that were looked at, of all `rows` and the `rest`."""
        said = [(name, check.says(self._trips[name], rows, rest)) for name, check in _CHECKS.items()]
        return tuple(Guard(name, why, self._trips[name].rows.among(busy)) for name, why in said if why)


class SheetRows:
    """The sheet's rows of some busy ones; of many, where they stand: each is made anew when somebody looks."""

    def __init__(self) -> None:
        self._places, self._few = array("l"), list[Row]()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._places)

    def add(self, place: int, row: RowPlan) -> None:
        """Take in the next one, which stands at a place among the busy ones."""
        self._places.append(place)
        if len(self) <= TOGETHER:
            self._few.append(of_sheet(row.row))
        else:
            self._few.clear()

    def among(self, busy: Sequence[RowPlan]) -> Sequence[Row]:
        """Return the rows, in their order."""

        def rows(some: Sequence[int]) -> Iterator[Row]:
            return (of_sheet(row.row) for row in ByRow.of(busy).at([self._places[one] for one in some]))

        return tuple(self._few) if len(self) <= TOGETHER else ByRow((), [True] * len(self), rows)


def refused(plan: Plan, forced: Sequence[str]) -> tuple[Guard, ...]:
    """Return the guards of `plan` that `--force` doesn't name."""
    return () if "all" in forced else tuple(guard for guard in plan.guards if guard.name not in forced)


def hold_back(plan: Plan, forced: Sequence[str]) -> Plan:
    """Return `plan` with the rows of its guards left as they are, but of those that `--force` names."""
    names = {(row.number, row.outer_id): guard.name for guard in refused(plan, forced) for row in guard.rows}
    every = ByRow.of(plan.carried_out)
    # An idle row has no calls.
    busy = (_held_back(part, names.get((abs(part.row.number), part.row.outer_id))) for part in every.busy)
    parts = every.with_busy(Packed(busy))
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


@dataclass
class _Trip:
    """What a guard found."""

    limits: Limits
    rows: SheetRows = field(default_factory=SheetRows)
    """Those that it concerns."""
    kinds: Counter[object] = field(default_factory=Counter)
    """How many rows there are of each kind that the guard tells apart."""
    first: dict[object, RowPlan] = field(default_factory=dict)
    """The first row of each kind."""

    @property
    def count(self) -> int:
        """How many rows it concerns."""
        return len(self.rows)

    def take(self, kind: object, place: int, row: RowPlan) -> None:
        """Take note of a row of a kind."""
        self.rows.add(place, row)
        self.kinds[kind] += 1
        self.first.setdefault(kind, row)


_Rows = Sequence[RowPlan]
_Says = Callable[[_Trip, _Rows, _Rows], Message | None]


class _Check(NamedTuple):
    """A guard."""

    concerns: Callable[[RowPlan, Limits], object]
    """Returns of which kind a row is; None, or False: it is none that the guard concerns."""
    says: _Says
    """Says why the guard is tripped, of all rows of the plan and the sheet's others; None: it isn't."""


def _takes_down(row: RowPlan, _limits: Limits) -> bool:
    return _goes_off(row) and _live(row)


def _takedown(trip: _Trip, rows: _Rows, rest: _Rows) -> Message | None:
    if trip.count < trip.limits.at_least:
        # What is remembered of the other rows needn't be looked into.
        return None
    live = sum(_live(row) for row in chain(rows, rest))
    return say("guard.takedown", off=trip.count, live=live) if trip.count > trip.limits.share * live else None


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


def _change(row: RowPlan, path: Path) -> Change | None:
    return next((change for change in row.changes if change.path == path), None)


def _has_odd_price(row: RowPlan, limits: Limits) -> bool:
    change = _change(row, PRICE)
    return change is not None and _odd_price(change, limits)


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


def _delete(trip: _Trip, *_: _Rows) -> Message | None:
    limit = trip.limits.deletions
    return say("guard.delete", count=trip.count, limit=limit) if trip.count > limit else None


def _invalid(trip: _Trip, rows: _Rows, rest: _Rows) -> Message | None:
    size = len(rows) + len(rest)
    few = trip.count < trip.limits.at_least or trip.count <= trip.limits.share * size
    return None if few else say("guard.invalid", count=trip.count, rows=size)


def _first_stock(row: RowPlan, _limits: Limits) -> bool:
    change = _change(row, INVENTORY) if row.action is Action.UPDATE else None
    return change is not None and change.first_contact


def _publish(trip: _Trip, rows: _Rows, rest: _Rows) -> Message | None:
    size = len(rows) + len(rest)
    few = trip.count <= trip.limits.new_items or trip.count <= trip.limits.share * size
    return None if few else say("guard.publish", count=trip.count, rows=size)


def _odd_stock(row: RowPlan, limits: Limits) -> bool:
    change = _change(row, INVENTORY) if row.action is Action.UPDATE else None
    if change is None or not isinstance(change.after, int):
        return False
    before = number(change.before) or 0
    # A sold-out item is measured by the count that it had last. Else every restock would trip the guard, and people
    # would learn to force it.
    usual = before or _last_count(row)
    return change.after > limits.stock_rise * usual and change.after - before >= limits.stock_rise_units


def _last_count(row: RowPlan) -> int:
    counts = (d.last.value for d in row.decisions if d.path == INVENTORY and d.last)
    return next((count for count in counts if isinstance(count, int)), row.last_stock)


_MADE, _FOREIGN = "made", "foreign"


def _moves_again(row: RowPlan, _limits: Limits) -> str | None:
    if not (row.repeats or row.foreign) or not any(call.is_move for call in row.calls):
        return None
    return _MADE if row.repeats else _FOREIGN


def _repeat(trip: _Trip, *_: _Rows) -> Message | None:
    said = []
    if (made := trip.first.get(_MADE)) and made.repeats:
        code, by, at = key_words(made.row.key), f"{made.repeats.by:+d}", clock_text(made.repeats.at)
        said.append(say("guard.repeat", count=trip.kinds[_MADE], code=code, by=by, run=made.repeats.run, at=at))
    if foreign := trip.first.get(_FOREIGN):
        count, code = trip.kinds[_FOREIGN], key_words(foreign.row.key)
        said.append(say("guard.repeat.other_state", count=count, code=code))
    return say("guard.repeat.both", made=said[0], other=said[1]) if len(said) > 1 else next(iter(said), None)


def _shows_first(code: str, path: Path) -> _Says:
    """Return what says how many rows trip the guard, and shows the first."""

    def says(trip: _Trip, *_: _Rows) -> Message | None:
        row = trip.first.get(True)
        if row is None or (change := _change(row, path)) is None:
            return None
        return say(
            code,
            count=trip.count,
            code=key_words(row.row.key),
            field=Name(path),
            before=Shown(path, change.before),
            after=Shown(path, change.after),
        )

    return says


def _comes_to(action: Action) -> Callable[[RowPlan, Limits], bool]:
    return lambda row, _: row.action is action


_CHECKS: Mapping[str, _Check] = {
    "takedown": _Check(_takes_down, _takedown),
    "price": _Check(_has_odd_price, _shows_first("guard.price", PRICE)),
    "delete": _Check(_comes_to(Action.DELETE), _delete),
    "invalid": _Check(_comes_to(Action.INVALID), _invalid),
    "first-stock": _Check(_first_stock, _shows_first("guard.first_stock", INVENTORY)),
    "publish": _Check(_comes_to(Action.PUBLISH), _publish),
    "stock": _Check(_odd_stock, _shows_first("guard.stock", INVENTORY)),
    "repeat": _Check(_moves_again, _repeat),
}
FREEZE = "freeze"
"""The guard of times in which nothing changes: the clock trips it, and not the rows."""
NAMES = (*_CHECKS, FREEZE)
"""The guards, in the order in which they are reported; `--force` takes these names, or `all`."""


def unknown_names(forced: Sequence[str]) -> tuple[str, ...]:
    """Return the names given to `--force` that no guard has."""
    return tuple(name for name in forced if name not in (*NAMES, "all"))
