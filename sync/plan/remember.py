"""What state remembers of an item once its row has ended (docs/reference/three-way.md#what-is-remembered).

A path's last cell is recorded when that cell was carried out, or was found to be so already. Its last remote is
recorded when the row was done, or when a stock drift was reported. Neither is recorded by a reading, by a plan, or
for what failed: that is tried again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import NamedTuple

from sync.call import Call, Op, Result
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Baseline, Item, LastCell, Path, Status, Value, same
from sync.plan.diff import wanted
from sync.plan.effect import after, touched
from sync.plan.plan import Decision, RowPlan, Verdict
from sync.remembered import Hold, LastRuling


def remember(
    plan: RowPlan,
    previous: Baseline | None,
    ending: Result,
    done: Sequence[Call],
    *,
    item_id: str | None,
    file: str,
    at: datetime,
    hold: Hold | None,
    sheet: str = "",
    kept: Item = MappingProxyType({}),
    astray: Collection[Path] = (),
) -> Baseline:
    """Return the new baseline of a row's item.

    `done` are the calls that surely worked, in their order; `ending` is the row's result. The calls that worked
    are remembered path by path even where the row failed later: what they did needs no second try. `hold` is the
    库存增减 that this row carried out, or lost. `file` is the sheet's name, `sheet` its id. `kept` is what
    the platform holds of what it was sent, where that isn't the same; `astray` are paths that don't hold it.
    """
    published = any(call.op is Op.PUBLISH for call in done)
    was = Baseline(None) if previous is None or published or _another(previous, item_id) else previous
    finished = ending in (Result.DONE, Result.NONE)
    held, written = _carried_out(plan, done)
    # A first row that failed has seen the item too: else what it didn't reach would look changed since then, and an
    # item deleted since would look like one that never was.
    seen: dict[Path, Value | None] = dict(was.remote or plan.remote)
    if finished and plan.decisions:
        seen |= _unmanaged(seen, plan, was.cells)
    seen |= {path: kept.get(path, held.get(path)) for path in sorted(written - {*astray})}
    cells = dict(was.cells)
    for decision in plan.decisions:
        path = decision.path
        if path in written:
            record = _Record(cell=path not in astray and same(wanted(decision.cell), held.get(path)))
        else:
            record = _found(plan, decision) if finished else _Record()
        if record.cell:
            cells[path] = _last_cell(plan, decision, was.cells.get(path), LastCell(decision.cell, file, at))
        if record.remote:
            seen[path] = decision.remote
    return replace(
        was,
        item_id=item_id or (None if was.never_seen else was.item_id),
        cells=cells,
        remote={path: value for path, value in seen.items() if value is not None},
        deleted=was.deleted or _deleted(plan, done, finished=finished),
        pending=not finished or _pending(plan, was, written),
        hold=hold or _still_held(plan, was.hold, sheet or file),
        window=plan.window if _priced(plan, written - {*astray}, finished=finished) else was.window,
        ruled=_ruled(plan, was) if finished or _refused(plan, ending) else was.ruled,
    )


def _last_cell(plan: RowPlan, decision: Decision, last: LastCell | None, new: LastCell) -> LastCell:
    """Return what to record as the last cell: of the price the sheet's own word, also while a campaign's holds.

    Whoever typed it stays named while campaigns come and go.
    """
    if not plan.priced or decision.path != PRICE:
        return new
    typed = plan.row.cells.get(PRICE)
    if last and (typed is None or same(typed, last.value)):
        return last
    return new if typed is None else replace(new, value=typed)


def _priced(plan: RowPlan, written: Collection[Path], *, finished: bool) -> bool:
    """Whether the price is what the row's campaign, or its end, asks for, or was left to a person.

    A plan that was shown before a campaign began or ended carries out no price: then it still waits to begin or end.
    """
    if PRICE in written or not finished:
        # An undo asks no campaign: what it took back stays so.
        return PRICE in written and bool(plan.decisions)
    waits = (one.verdict.changes or one.verdict is Verdict.LEFT for one in plan.decisions if one.path == PRICE)
    return bool(plan.decisions) and not any(waits)


class _Record(NamedTuple):
    """What is recorded of one path."""

    cell: bool = False
    """Its cell becomes the last cell."""
    remote: bool = False
    """What the platform held when the plan was made becomes the last remote."""


def _found(plan: RowPlan, decision: Decision) -> _Record:
    """Say what to record of a path that needed no call. Whoever set a value first stays named as the one who did."""
    known = decision.last is not None and same(decision.cell, decision.last.value)
    # Where a count is no order, the tool wrote it itself, beside a 库存增减 that it carried out.
    own_count = decision.path == INVENTORY and not known
    match decision.verdict:
        case Verdict.IN_SYNC:
            return _Record(cell=not known, remote=True)
        case Verdict.WINDOW_DRIFT:
            return _Record(remote=plan.window is None)
        case Verdict.STOCK_DRIFT | Verdict.OUT_OF_REACH:
            return _Record(cell=own_count, remote=True)
        case Verdict.KNOWN:
            return _Record(cell=own_count, remote=decision.own_form)
        case Verdict.SOLD_OUT:
            # The cell still waits to be carried out: with a last remote of its own it stays an edit, and is no
            # conflict, when the stock returns.
            return _Record(remote=not known)
        case Verdict.KEPT:
            # From now on the difference is known, and was left on purpose; but within a campaign it is a price that a
            # person set meanwhile.
            for_good = plan.window is None or decision.path != PRICE
            return _Record(cell=for_good, remote=for_good)
    return _Record()


def _another(previous: Baseline, item_id: str | None) -> bool:
    """The code means another item by now, of which nothing is remembered: not even that an earlier one is gone."""
    nothing = previous.item_id is None and not previous.deleted
    return item_id is not None and previous.item_id != item_id and not nothing


def _carried_out(plan: RowPlan, done: Sequence[Call]) -> tuple[Item, frozenset[Path]]:
    """Return what the item holds after the calls that worked, and the paths that they wrote."""
    held: Item = plan.remote
    written: frozenset[Path] = frozenset()
    # A status that nobody asked for only keeps the item as it was.
    asked = any(change.path == STATUS for change in plan.changes)
    for call in done:
        held = after(call, held)
        written |= touched(call) if asked or call.op is not Op.STATUS else frozenset()
    return held, written


def _unmanaged(seen: Iterable[Path], plan: RowPlan, cells: Iterable[Path]) -> Mapping[Path, Value | None]:
    """Return what the platform held at the paths that no cell manages.

    An undo, which compares no cells, knows nothing of what it left. A path that has a last cell waits for its next
    one: else a sale, or a drift, between two sheets of which only one has that column would never be told.
    """
    managed = {decision.path for decision in plan.decisions}
    return {path: plan.remote.get(path) for path in sorted({*seen, *plan.remote} - managed - {*cells})}


def _pending(plan: RowPlan, was: Baseline, written: Collection[Path]) -> bool:
    """Whether something is left; what an earlier row left, a row that lacks some of its cells can't have done."""
    if any(decision.verdict in (Verdict.SOLD_OUT, Verdict.LEFT) for decision in plan.decisions):
        return True
    if any(decision.verdict.changes and decision.path not in written for decision in plan.decisions):
        # The channel can't change it, and so it was left out.
        return True
    return was.pending and not {*was.cells} <= {decision.path for decision in plan.decisions}


def _ruled(plan: RowPlan, was: Baseline) -> LastRuling | None:
    """An undo asks no rules: as they said the same before, they don't take it back at once."""
    if plan.undoes is not None:
        return was.ruled
    return plan.ruling.remembered() if plan.ruling else None


def _refused(plan: RowPlan, ending: Result) -> bool:
    """Whether the platform said no to the ruling itself, so that `watch` doesn't ask it again every few minutes."""
    return ending is Result.FAILED and bool(plan.calls) and all(call.op is Op.STATUS for call in plan.calls)


def _deleted(plan: RowPlan, done: Sequence[Call], *, finished: bool) -> bool:
    asked = plan.row.cells.get(STATUS) == Status.DELETED
    return (finished and asked) or any(call.status is Status.DELETED for call in done)


def _still_held(plan: RowPlan, hold: Hold | None, sheet: str) -> Hold | None:
    """An applied 库存增减 is confirmed once its own cell is seen empty; a lost one only by a person's answer.

    An undo reads no cells, and so confirms nothing.
    """
    if hold is None or hold.unknown or plan.row.stock_change is not None or not plan.row.cells:
        return hold
    if hold.sheet == sheet:
        return None
    return hold if sheet in hold.cleared_in else replace(hold, cleared_in=(*hold.cleared_in, sheet))
