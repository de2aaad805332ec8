"""Changes → calls, in a safe order (docs/reference/calls.md#order-of-calls).

Nobody ever buys an item that is half-way between two states: what comes down comes down first, what goes up
goes up last, and a price changes before the item can be bought at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sync.call import Call, Op
from sync.fields import INVENTORY, SKU_PROPERTIES, STATUS
from sync.item import Item, Row, Status, number
from sync.plan.plan import Change, RowPlan
from sync.sku import is_sku

LEAST_AT_PUBLISH = 1
"""Units: publish makes an inventory under 1, or absent, 1 (docs/explanation/platform.md#publishing)."""


def to_publish(row: Row, item_id: str | None = None) -> tuple[Call, ...]:
    """Return the calls of a new item: id, publish, and what publish can't express put right afterwards.

    `item_id`: the id that an earlier, lost publish was given; it is used again.

    Publish makes the stock at least 1 and the status active (docs/explanation/platform.md#publishing). An item that
    is to be inactive is published with a stock of 1 and turned off before it gets its stock.
    """
    item: dict[str, object] = {path: cell for path, cell in row.cells.items() if path != STATUS}
    stock = row.cells.get(INVENTORY)
    inactive = row.cells.get(STATUS) == Status.INACTIVE
    published = LEAST_AT_PUBLISH
    if isinstance(stock, int):
        published = LEAST_AT_PUBLISH if inactive else max(stock, LEAST_AT_PUBLISH)
        item[INVENTORY] = published
    generated = () if item_id else (Call(Op.GENERATE),)
    calls = [*generated, Call(Op.PUBLISH, item_id, values=_values(item))]
    if inactive:
        calls.append(Call(Op.STATUS, item_id, status=Status.INACTIVE))
    if isinstance(stock, int) and stock != published:
        calls.append(Call(Op.STOCK, item_id, by=stock - published, count=stock))
    return tuple(calls)


def to_delete(item_id: str) -> tuple[Call, ...]:
    """Return the one call that deletes an item."""
    return (Call(Op.STATUS, item_id, status=Status.DELETED),)


def to_update(item_id: str, changes: Sequence[Change], remote: Item, *, moved: bool) -> tuple[Call, ...]:
    """Return the calls that carry out `changes` on an item that the platform holds.

    `moved`: the stock change comes from 库存增减, so it must never be repeated to reach a count.
    """
    by_path = {change.path: change for change in changes}
    status = by_path.get(STATUS)
    down = [Call(Op.STATUS, item_id, status=Status.INACTIVE)] if status and status.after == Status.INACTIVE else []
    up = list(_up(item_id, status, by_path.get(INVENTORY), remote))
    stock = list(_stock(item_id, by_path.get(INVENTORY), moved=moved))
    stays_off = not up and (bool(down) or remote.get(STATUS) == Status.INACTIVE)
    if stock and stays_off and remote.get(INVENTORY) == 0 and not is_sku(item_id):
        # Whether a raised stock turns the item on by itself is only assumed
        # (docs/explanation/platform.md#open-items), and a look right after it may be at an old copy.
        stock.append(Call(Op.STATUS, item_id, status=Status.INACTIVE))
    return (*down, *_modify(item_id, changes, remote), *stock, *up)


def of_plan(planned: RowPlan, changes: Sequence[Change]) -> tuple[Call, ...]:
    """Return the calls that carry out `changes` of a row's plan."""
    item_id, remote = planned.item_id or "", planned.remote
    moved = planned.row.stock_change is not None or planned.undoes is not None
    if planned.sku_stock is None:
        return to_update(item_id, changes, remote, moved=moved)
    calls = to_update(item_id, changes, {**remote, INVENTORY: planned.sku_stock}, moved=moved)
    up = any(change.path == STATUS and change.after == Status.ACTIVE for change in changes)
    down = any(call.status is Status.INACTIVE for call in calls)
    if (
        not up
        and (down or remote.get(STATUS) == Status.INACTIVE)
        and remote.get(INVENTORY) == 0
        and planned.sku_stock
    ):
        # As where an item's own stock is raised; the calls of the SKUs come between.
        return (*calls, Call(Op.STATUS, item_id, status=Status.INACTIVE))
    return calls


def _up(item_id: str, status: Change | None, stock: Change | None, remote: Item) -> Iterable[Call]:
    """A listing of the shop goes up with its stock stated (docs/explanation/platform.md#ordinary-listings), whatever
    that is by then."""
    if status and status.after == Status.ACTIVE:
        units = stock.after if stock else remote.get(INVENTORY)
        yield Call(Op.STATUS, item_id, status=Status.ACTIVE, count=number(units))


def _modify(item_id: str, changes: Iterable[Change], remote: Item) -> Iterable[Call]:
    rest = [change for change in changes if change.path not in (STATUS, INVENTORY)]
    values = {change.path: change.after for change in rest if change.after is not None}
    remove = tuple(change.path for change in rest if change.after is None)
    if values or remove:
        yield Call(Op.MODIFY, item_id, values=values, remove=remove, sku_properties=_properties(item_id, remote))


def _properties(item_id: str, remote: Item) -> str:
    """How the platform names an SKU; empty for what is none."""
    return str(remote.get(SKU_PROPERTIES, "")) if is_sku(item_id) else ""


def _stock(item_id: str, change: Change | None, *, moved: bool) -> Iterable[Call]:
    if change is None or not isinstance(change.after, int):
        return
    held = number(change.before) or 0
    if change.after != held:
        yield Call(Op.STOCK, item_id, by=change.after - held, count=None if moved else change.after)


def _values(item: dict[str, object]) -> Item:
    return {path: value for path, value in item.items() if isinstance(value, str | int | tuple)}
