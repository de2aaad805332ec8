"""The rows of a large sheet, planned some at a time as their items are read: of most nothing is to be said or done.

The plan of such a row isn't kept, but made again when somebody looks: all of them would be most of a plan's memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sync.fields import INVENTORY, ITEM_ID
from sync.item import Item, Path, Value, looks_same, number, same
from sync.packed import Packed
from sync.plan.build import Overview, plan_row, unread
from sync.plan.by_row import ByRow
from sync.plan.diff import wanted
from sync.plan.identity import FoundItem
from sync.plan.options import Options
from sync.plan.plan import Action, Plan, PlanTally, RowPlan, Verdict
from sync.plan.resolve import ResolvedRow

_Held = tuple[Path, Value | None]
"""A path, and what the platform holds there; None: nothing."""


class PlannedRows:
    """The plans of rows, in the order in which they are added."""

    def __init__(self, meant: ByRow[ResolvedRow], options: Options) -> None:
        """`meant`: all rows, of which the busy ones will be added; none of them is an SKU's."""
        self._every, self._meant, self._options = meant, ByRow.of(meant.busy), options
        self._busy: Packed[RowPlan] = Packed()
        self._overview, self._tally = Overview(options), PlanTally()
        self._idle: list[bool] = []
        self._more: dict[int, tuple[_Held, ...]] = {}
        """Of idle rows of which a run would remember anything new, by place: what is held otherwise than expected."""
        self._alike: dict[_Held, _Held] = {}

    def add(self, rows: Iterable[ResolvedRow], plans: Iterable[RowPlan]) -> None:
        """Take in the next `rows`, and what they came to."""
        busy: list[RowPlan] = []
        for meant, plan in zip(rows, plans, strict=True):
            if idle := _found_so(plan):
                if not _as_remembered(meant, plan):
                    more = _more(_expected(meant), plan.remote)
                    self._more[len(self._idle)] = tuple(self._alike.setdefault(held, held) for held in more)
            else:
                busy.append(plan)
            self._idle.append(idle)
        self._overview.look(busy)
        for plan in busy:
            self._tally.look(plan)
        self._busy.extend(busy)

    def plan(self, rest: Sequence[RowPlan], *, reads: int) -> Plan:
        """Return the plan that they make; `rest` and `reads`: see `build`."""
        tripped = self._overview.guards.tripped(self._busy, self.shown, rest)
        shown, told = self.shown, self._overview.notes.told
        return Plan(shown, tripped, reads, rest, notes=told, parts=self.carried_out, counted=self._tally)

    @property
    def shown(self) -> ByRow[RowPlan]:
        """All of them; those of idle rows without the decisions, of which nobody is told."""
        return self._among_all(ByRow(self._busy, self._idle, self._bare, read=True))

    @property
    def carried_out(self) -> ByRow[RowPlan]:
        """All of them, with what a run has to remember."""
        return self._among_all(ByRow(self._busy, self._idle, self._whole, read=True))

    def _among_all(self, read: ByRow[RowPlan]) -> ByRow[RowPlan]:
        return self._every.map(read, unread) if self._every.idle else read

    def _bare(self, places: Sequence[int]) -> Iterator[RowPlan]:
        for place, meant in zip(places, self._meant.at(places), strict=True):
            remote, last = self._held(place, meant), number(_remote(meant).get(INVENTORY))
            yield RowPlan(meant.row, Action.NONE, meant.identity.item_id, remote=remote, last_stock=last or 0)

    def _whole(self, places: Sequence[int]) -> Iterator[RowPlan]:
        for place, bare, meant in zip(places, self._bare(places), self._meant.at(places), strict=True):
            found = {bare.item_id or "": FoundItem(bare.remote)}
            yield plan_row(meant, found, self._options) if place in self._more else bare

    def _held(self, place: int, meant: ResolvedRow) -> Item:
        if (more := self._more.get(place)) is None:
            return _remote(meant)
        return {path: value for path, value in {**_expected(meant), **dict(more)}.items() if value is not None}


def _remote(meant: ResolvedRow) -> Item:
    return meant.identity.baseline.remote if meant.identity.baseline else {}


def _expected(meant: ResolvedRow) -> Item:
    """What the platform likely holds of a row that was found so: what is remembered, or else what the row says."""
    if meant.identity.baseline:
        return meant.identity.baseline.remote
    said = {path: wanted(cell) for path, cell in meant.row.cells.items()}
    said[ITEM_ID] = meant.identity.item_id
    return {path: value for path, value in said.items() if value is not None}


def _more(known: Item, held: Item) -> Iterator[_Held]:
    for path, value in held.items():
        was = known.get(path)
        # A flag and a number may be equal, and are written down otherwise.
        if was != value or type(was) is not type(value):
            yield path, value
    yield from ((path, None) for path in known if path not in held)


def _found_so(plan: RowPlan) -> bool:
    """Whether the item was found as the row asks, and there is nothing else to be told."""
    bare = RowPlan(
        plan.row,
        Action.NONE,
        plan.item_id,
        decisions=plan.decisions,
        remote=plan.remote,
        last_stock=plan.last_stock,
    )
    in_sync = (one.verdict is Verdict.IN_SYNC and looks_same(wanted(one.cell), one.remote) for one in plan.decisions)
    return plan == bare and bool(plan.decisions) and all(in_sync)


def _as_remembered(meant: ResolvedRow, plan: RowPlan) -> bool:
    """Whether a run that found the row so would remember nothing new of it."""
    known = meant.identity.baseline
    if known is None or known.pending or known.hold or known.ruled or known.window or known.deleted:
        return False
    kept = all(one.last is not None and same(one.cell, one.last.value) for one in plan.decisions)
    return kept and known.item_id == plan.item_id and known.remote == plan.remote
