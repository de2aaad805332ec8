"""Nothing lost, nothing twice, nothing reported that is not so: a run's own words against the shop's shop."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from sync.apply.run import results_of, taken_up
from sync.call import Op, Result, RowResult
from sync.fields import INVENTORY, OUTER_ID, STATUS
from sync.item import Cell, Item, Path, Status, same
from sync.plan.diff import wanted
from sync.plan.normal import normal_form
from sync.plan.plan import RowPlan, Verdict
from sync.sandbox.document import Document, units
from sync.state.store import Store
from sync.values import flatten
from tests.soak.history_shop import LATE, SALE, Event, HistoryShop

LEFT_ON_PURPOSE = (Verdict.KNOWN, Verdict.STOCK_DRIFT, Verdict.SOLD_OUT)
QUIET = (Result.NONE, Result.INVALID, Result.BLOCKED, Result.SKIPPED)
"""Results of rows for which no call may have changed anything."""


@dataclass(frozen=True)
class Span:
    """A run's time by the shop's shop."""

    who: str
    since: int
    """The tick before its plan was read."""
    until: int
    """The tick at its end."""
    strict: bool = False
    """Whether every late effect came before the run's last look at its item, so that nothing is excused by it."""


def check_run(store: Store, run: int, shop: HistoryShop, span: Span) -> Counter[Result]:
    """Check every row that a finished run reports; returns how many rows ended how."""
    plans = {record.row: record.plan for record in store.rows(run)}
    results = results_of(store, run)
    for result in results:
        text = plans[result.row]
        plan = taken_up(text, ()).plan if text else None
        for wrong in _wrongs(result, plan, shop, span):
            raise AssertionError(f"run {run}, {result.outer_id} is reported {result.result}, but {wrong}")
    check_codes(shop)
    return Counter(result.result for result in results)


def check_codes(shop: HistoryShop) -> None:
    """No code has two items."""
    codes = Counter(item.get(OUTER_ID) for item in map(as_item, shop.documents()))
    twice = [code for code, times in codes.items() if times > 1]
    assert not twice, f"two items of {twice}"


def as_item(document: Document) -> Item:
    """A document as the tool reads it, its numbers exact."""
    return flatten(json.loads(json.dumps(document), parse_float=Decimal))


def _wrongs(result: RowResult, plan: RowPlan | None, shop: HistoryShop, span: Span) -> Iterator[str]:
    if plan is None:
        return
    item_id = int(result.item_id or plan.item_id or 0)
    if not item_id:
        return
    mine = [e for e in shop.events(item_id, span.since, span.until) if e.who in (span.who, span.who + LATE)]
    # A row that was abandoned half-way says that it was not finished.
    abandoned = any(problem.message.code == "abandon.row" for problem in result.note)
    if result.result in QUIET and mine and not abandoned:
        yield f"the run changed {mine}"
    if result.result is Result.DONE:
        yield from _not_done(plan, _History(shop, item_id, span))
    if _moves(plan) is not None:
        yield from _not_moved(plan, result, [event for event in mine if event.moved])


def _moves(plan: RowPlan) -> int | None:
    """Units that the row was to move the stock by."""
    moves = [call.by for call in plan.calls if call.op is Op.STOCK and call.count is None]
    return moves[0] if moves else None


def _not_moved(plan: RowPlan, result: RowResult, mine: list[Event]) -> Iterator[str]:
    by, moved = _moves(plan), [event.moved for event in mine]
    if result.result is Result.DONE and moved != [by]:
        yield f"the stock was moved by {moved}, not by {by}"
    if result.change_applied is not None and moved != [result.change_applied]:
        yield f"the stock was moved by {moved}, not by {result.change_applied}"
    if result.result is not Result.UNKNOWN and result.change_applied is None and plan.row.stock_change and moved:
        yield f"the stock was moved by {moved}"
    if len(moved) > 1:
        yield f"the stock was moved by {moved}"


class _History:
    """What happened to one item during one run."""

    def __init__(self, shop: HistoryShop, item_id: int, span: Span) -> None:
        self.met = span.until if span.strict else shop.last_met(item_id, span.who, span.since, span.until)
        self.events = shop.events(item_id, span.since, self.met)
        self.begin, self.end = shop.at(item_id, span.since), shop.at(item_id, self.met)
        self.who = span.who

    def touched_by_others(self, path: Path) -> bool:
        """Whether somebody else changed that path meanwhile: then nobody can promise what stands there."""
        others = [e for e in self.events if e.who not in (self.who, self.who + LATE, SALE)]
        return any(_value(e.before, path) != _value(e.after, path) for e in others)

    def stood_at(self, count: int) -> bool:
        """Whether a count stood at some moment, but for what was sold since."""
        if self.end is None:
            return False
        stock, sold = units(self.end), 0
        for event in reversed(self.events):
            if stock + sold == count:
                return True
            sold -= event.moved if event.who == SALE else 0
        return stock + sold == count

    @property
    def sold_out(self) -> bool:
        """Whether there was a moment with nothing to sell."""
        moments = [self.begin, *(event.after for event in self.events)]
        return any(document is not None and units(document) == 0 for document in moments)


def _not_done(plan: RowPlan, history: _History) -> Iterator[str]:
    asked = _asked(plan)
    if asked.get(STATUS) == Status.DELETED:
        if history.end is not None:
            yield "the item is there"
        return
    if history.end is None:
        yield "there is no item"
        return
    item = as_item(history.end)
    for path, cell in asked.items():
        if not _holds(path, cell, item, history) and not history.touched_by_others(path):
            yield f"{path} is {item.get(path)!r}, not {cell!r} ({history.events})"


def _asked(plan: RowPlan) -> Mapping[Path, Cell | None]:
    """What the row's cells, or its undo's changes, ask for; 库存增减 is counted elsewhere."""
    asked: dict[Path, Cell | None] = {
        d.path: wanted(d.cell) for d in plan.decisions if d.verdict is Verdict.IN_SYNC and d.path != INVENTORY
    }
    moved = _moves(plan) is not None
    return asked | {c.path: c.after for c in plan.changes if not (moved and c.path == INVENTORY)}


def _holds(path: Path, cell: Cell | None, item: Item, history: _History) -> bool:
    if path == INVENTORY and isinstance(cell, int):
        return history.stood_at(cell)
    if path == STATUS and cell == Status.ACTIVE and history.sold_out:
        return True
    if path == STATUS and cell == Status.ACTIVE and item.get(STATUS) == Status.INACTIVE:
        return False
    return same(cell, item.get(path)) or normal_form(path, wanted(cell) if cell else None, item.get(path))


def _value(document: Document | None, path: Path) -> object:
    return as_item(document).get(path) if document else None
