"""Rows of one listing and its SKUs: in which order they make their calls, and which of these go out as one
(docs/reference/skus.md#order).

What takes the listing off sale goes before all its SKUs, what puts it up goes behind them. No two calls for one
listing are under way at the same time; but the stock of several SKUs is one call, and so is a look at them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sync.apply.row_run import RowRun
from sync.call import Op, Result
from sync.codes import split_key
from sync.fields import STATUS
from sync.item import Status
from sync.messages import Message, say
from sync.plan.plan import RowPlan
from sync.sku import MOST_SKUS
from sync.state.store import Store

WENT_WRONG = (Result.FAILED, Result.UNKNOWN, Result.SKIPPED)
"""Results of a row that wasn't carried out to its end."""

Slot = Sequence[RowRun]
"""Rows whose next calls leave together, as one call of the platform's."""


@dataclass(frozen=True)
class EndedEarlier:
    """What rows that ended before this process came leave for the others of their listings, by the listing's code."""

    not_down: frozenset[str] = frozenset()
    """Listings that were to be taken down first, and weren't."""
    wrong: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The rows of SKUs that weren't carried out."""


def ended_earlier(store: Store, run: int, read: Callable[[str], RowPlan]) -> EndedEarlier:
    """Return what ended rows of a run leave for the others of their listings; `read` reads a row's plan."""
    if all(split_key(row.outer_id)[1] is None for row in store.rows_with_calls(run)):
        return EndedEarlier()
    went_wrong = [row for row in store.rows_with_calls(run) if row.result in WENT_WRONG and row.plan]
    keys = [(row, *split_key(row.outer_id)) for row in went_wrong]
    wrong: dict[str, tuple[int, ...]] = {}
    for row, code, sku in keys:
        if sku is not None:
            wrong[code] = (*wrong.get(code, ()), row.row)
    not_down = (code for row, code, sku in keys if sku is None and _goes_down(read(row.plan)))
    return EndedEarlier(frozenset(not_down), wrong)


def _goes_down(plan: RowPlan) -> bool:
    return any(change.path == STATUS and change.after == Status.INACTIVE for change in plan.changes)


@dataclass
class _Lane:
    listing: RowRun | None = None
    skus: list[RowRun] = field(default_factory=list)


class Lanes:
    """The listings of a run of which a row is an SKU's; any other row goes its own way."""

    def __init__(self, rows: Iterable[RowRun], earlier: EndedEarlier) -> None:
        self._earlier = earlier
        self._lanes: defaultdict[str, _Lane] = defaultdict(_Lane)
        rows = tuple(rows)
        for row in rows:
            if row.plan.row.sku is not None:
                self._lanes[row.plan.row.outer_id].skus.append(row)
        for row in rows:
            code = row.plan.row.outer_id
            if row.plan.row.sku is None and (code in self._lanes or code in earlier.wrong):
                self._lanes[code].listing = row

    @property
    def any(self) -> bool:
        """Whether there are any."""
        return bool(self._lanes)

    def slots(self, ready: Iterable[RowRun], busy: Iterable[RowRun]) -> tuple[list[Slot], list[RowRun]]:
        """Return what may leave now, and the rows that wait for others; `busy` are those under way.

        A row that has nothing to wait for any more is ended here, and in neither.
        """
        under_way = {row.plan.row.outer_id for row in busy}
        alone: list[Slot] = []
        by_lane: defaultdict[str, list[RowRun]] = defaultdict(list)
        for row in ready:
            if row.plan.row.outer_id in self._lanes:
                by_lane[row.plan.row.outer_id].append(row)
            else:
                alone.append((row,))
        waiting: list[RowRun] = []
        for code, rows in by_lane.items():
            slot, others = self._of_lane(code, rows, free=code not in under_way)
            alone += [slot] if slot else []
            waiting += others
        return alone, waiting

    def _of_lane(self, code: str, rows: Sequence[RowRun], *, free: bool) -> tuple[Slot, list[RowRun]]:
        lane = self._lanes[code]
        for row in rows:
            if row.plan.row.sku is not None and row.step.call.writes and self._not_down(code, lane):
                row.give_up(Result.SKIPPED, say("sku.not_down"))
        # Only now it is known which SKUs went wrong.
        for row in rows:
            if row is lane.listing and (why := self._not_up(code, lane)):
                row.give_up(Result.FAILED, why)
        left = [row for row in rows if row.ending is None]
        # Stock last, so that as many SKUs as there are leave together.
        able = sorted((row for row in left if free and not self._waits(row, lane)), key=_turn)
        slot = [row for row in able if row is able[0] or _joins(row, able[0])][: _most(able)] if able else []
        return slot, [row for row in left if row not in slot]

    def _waits(self, row: RowRun, lane: _Lane) -> bool:
        if row is lane.listing:
            return row.closes and any(sku.ending is None and not sku.reads_back for sku in lane.skus)
        return row.step.call.writes and lane.listing is not None and lane.listing.goes_down

    def _not_down(self, code: str, lane: _Lane) -> bool:
        if lane.listing is None:
            return code in self._earlier.not_down
        return lane.listing.ending is not None and lane.listing.goes_down

    def _not_up(self, code: str, lane: _Lane) -> Message | None:
        listing = lane.listing
        if (
            listing is None
            or not (listing.closes and listing.goes_up)
            or any(one.ending is None for one in lane.skus)
        ):
            return None
        ended = ((one.plan.row.number, one.ending) for one in lane.skus)
        wrong = {number for number, ending in ended if ending and ending.result in WENT_WRONG}
        wrong |= {*self._earlier.wrong.get(code, ())}
        return say("sku.not_up", rows=", ".join(map(str, sorted(wrong)))) if wrong else None


def _turn(row: RowRun) -> int:
    return (Op.LOOK, Op.MODIFY, Op.STATUS, Op.STOCK).index(row.step.call.op)


def _joins(row: RowRun, first: RowRun) -> bool:
    call, other = row.step.call, first.step.call
    if call.op is not other.op or not (row.joins and first.joins):
        return False
    return call.op is Op.LOOK or (call.op is Op.STOCK and call.is_move == other.is_move)


def _most(able: Sequence[RowRun]) -> int:
    return len(able) if able[0].step.call.op is Op.LOOK else MOST_SKUS


def flat(slots: Iterable[Slot]) -> Iterator[RowRun]:
    """Yield the rows of slots."""
    for slot in slots:
        yield from slot


def most_calls(slot: Slot) -> int | None:
    """Return how many calls at most may leave in the same request as this slot's; None: any number."""
    return min((most for row in slot if (most := row.max_batch)), default=None)


def weight(rows: Sequence[RowRun], moves: int) -> int:
    """Return how much of what may be under way a request with these rows takes; of a whole batch it is `moves`."""
    return 1 if rows[0].irreversible else moves
