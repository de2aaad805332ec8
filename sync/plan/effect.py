"""What a call that worked leaves behind: the one place that says what the platform will then hold."""

from __future__ import annotations

from sync.call import Call, Op
from sync.fields import INVENTORY, STATUS
from sync.item import Item, Status, number
from sync.plan.order import LEAST_AT_PUBLISH
from sync.sku import is_sku


def after(call: Call, item: Item) -> Item:
    """Return `item` as the platform holds it once `call` worked.

    A stock of 0 turns the item inactive (docs/explanation/platform.md#stock); whether a raised one turns it on again
    is not known, so it is taken to stay as it is.
    """
    match call.op:
        case Op.PUBLISH:
            filled_in = {INVENTORY: LEAST_AT_PUBLISH, STATUS: Status.ACTIVE}
            return {**filled_in, **call.values}
        case Op.MODIFY:
            kept = {path: value for path, value in item.items() if path not in call.remove}
            return {**kept, **call.values}
        case Op.STATUS if call.status is not None:
            return {**item, STATUS: call.status}
        case Op.STOCK:
            stock = stock_after(call, item)
            # An SKU without stock leaves its listing on sale, as long as another one has some.
            off = stock == 0 and not is_sku(call.item_id or "")
            return {**item, INVENTORY: stock, **({STATUS: Status.INACTIVE} if off else {})}
    return item


def stock_after(call: Call, item: Item) -> int:
    """Return the units that stand once a stock call worked on `item`."""
    if call.count is not None:
        return call.count
    return (number(item.get(INVENTORY)) or 0) + call.by


def touched(call: Call) -> frozenset[str]:
    """Return the paths that a call sets or removes, as far as they were asked for."""
    match call.op:
        case Op.PUBLISH:
            return frozenset((*call.values, INVENTORY, STATUS))
        case Op.MODIFY:
            return frozenset((*call.values, *call.remove))
        case Op.STATUS:
            return frozenset((STATUS,))
        case Op.STOCK:
            return frozenset((INVENTORY,))
    return frozenset()
