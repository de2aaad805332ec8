"""A `Call` → the platform's method for listings and SKUs, and what its answer says
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sync.call import Call, Op, Outcome, Reply
from sync.fields import PRICE, TITLE
from sync.gateway.channel_base import failed_reply, untrusted
from sync.gateway.protocol import Garbled, Success
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_fields import id_of
from sync.gateway.shop_schema import edit
from sync.item import Status, yuan
from sync.sku import is_sku, listing_of, sku_of

QUANTITY = "taobao.item.quantity.update"
SKU_QUANTITY = "taobao.skus.quantity.update"
SKU_PRICE = "taobao.item.sku.price.update"
FAST_UPDATE = "alibaba.item.edit.fastupdate"
DELETE = "alibaba.item.operate.delete"
LISTING, DELISTING = "taobao.item.update.listing", "taobao.item.update.delisting"
UPSHELF, DOWNSHELF = "alibaba.item.operate.upshelf", "alibaba.item.operate.downshelf"

SET, ADD = 1, 2
"""The `type` of a change of stock."""
EDITABLE = (TITLE, PRICE)
"""What an edit of a listing can change."""
Spelling = tuple[str, dict[str, object]]


def spelling(call: Call, *, operate: bool) -> Spelling:
    """Return the method and the parameters of one call that changes something.

    `operate`: by the newer names of up and down. Raises KeyError for what this channel can't do: the plan holds such
    a row back (`plan/out_of_reach.py`).
    """
    listing = listing_of(call.item_id or "")
    match call.op:
        case Op.STATUS:
            return _status(call, listing, operate=operate)
        case Op.STOCK if is_sku(call.item_id or ""):
            return SKU_QUANTITY, joined([call])
        case Op.STOCK:
            quantity = call.by if call.count is None else call.count
            return QUANTITY, {"num_iid": listing, "quantity": quantity, "type": kind_of(call)}
        case Op.MODIFY if is_sku(call.item_id or "") and call.values.keys() == {PRICE}:
            price = call.values[PRICE]
            params = {"properties": call.sku_properties, "price": yuan(price) if isinstance(price, int) else price}
            return SKU_PRICE, {"num_iid": listing, **params}
        case Op.MODIFY if _edits_listing(call):
            return FAST_UPDATE, {"item_id": listing, "schema": edit(call.values)}
    raise KeyError(call.op)


def joined(calls: Sequence[Call]) -> dict[str, object]:
    """Return the parameters of one change of several SKUs of a listing."""
    pairs = [f"{sku_of(call.item_id or '')}:{call.by if call.count is None else call.count}" for call in calls]
    listing = listing_of(calls[0].item_id or "")
    return {"num_iid": listing, "skuid_quantities": ";".join(pairs), "type": kind_of(calls[0])}


def kind_of(call: Call) -> int:
    """A count is sent as what should stand, so that sending it twice does no harm."""
    return ADD if call.count is None else SET


def outgoing(call: Call, *, operate: bool) -> OutgoingCall:
    """Return a call as the client sends it."""
    method, params = spelling(call, operate=operate)
    return as_sent(method, params, listing_of(call.item_id or ""))


def as_sent(method: str, params: Mapping[str, object], listing: str) -> OutgoingCall:
    """Return a call with its parameters as text."""
    return OutgoingCall(method, {name: str(value) for name, value in params.items()}, listing)


def reply_to(sent: OutgoingCall, call: Call, answer: CallAnswer) -> Reply:
    """Say what came of a call; an answer that doesn't name what was changed isn't believed."""
    if answer.success is None:
        return failed_reply(answer)
    try:
        ours = _names(sent.method, call, answer.success)
    except Garbled as garbled:
        return untrusted(str(garbled), answer.request_id)
    return Reply(Outcome.DONE, request_id=answer.request_id) if ours else untrusted("another item", answer.request_id)


def _status(call: Call, listing: str, *, operate: bool) -> Spelling:
    match call.status:
        case Status.ACTIVE if operate:
            return UPSHELF, {"item_id": listing, "quantity": call.count}
        case Status.ACTIVE:
            return LISTING, {"num_iid": listing, "num": call.count}
        case Status.INACTIVE if operate:
            return DOWNSHELF, {"item_id": listing}
        case Status.INACTIVE:
            return DELISTING, {"num_iid": listing}
        case Status.DELETED:
            return DELETE, {"item_id": listing}
    raise KeyError(call.status)


def _edits_listing(call: Call) -> bool:
    edits = bool(call.values) and not call.remove and call.values.keys() <= set(EDITABLE)
    return edits and not is_sku(call.item_id or "")


def _names(method: str, call: Call, success: Success) -> bool:
    """Whether an answer is about this call's item. Those of `operate` hold nothing but a text."""
    match method:
        case m if m in (UPSHELF, DOWNSHELF, DELETE):
            return success.fields.get("result") is not None
        case m if m == FAST_UPDATE:
            return success.id("item_id") == listing_of(call.item_id or "")
        case m if m == SKU_PRICE:
            sku = success.fields.get("sku")
            named = Success(sku).id("sku_id") if isinstance(sku, dict) else None
            return named == sku_of(call.item_id or "")
    return id_of(success) == listing_of(call.item_id or "")
