"""The shop channel: ordinary listings, `taobao.item.*` (docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sync.call import Call, Op, Outcome, Reply
from sync.fields import OUTER_ID
from sync.gateway.channel import Progress, Reading
from sync.gateway.channel_base import ChannelBase, failed_reply, send_concurrently, untrusted
from sync.gateway.protocol import Garbled, Success
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_fields import FIELDS, id_of, items_of
from sync.gateway.shop_pages import whole_shop
from sync.item import Item, Status
from sync.messages import say

LISTING = "taobao.item.update.listing"
DELISTING = "taobao.item.update.delisting"
QUANTITY = "taobao.item.quantity.update"

SET, ADD = 1, 2
"""The `type` of `quantity.update`."""
STATUS_METHODS: Mapping[Status | None, str] = {Status.ACTIVE: LISTING, Status.INACTIVE: DELISTING}
"""Nothing here deletes, edits or publishes: the plan holds such a row back (`plan/out_of_reach.py`)."""


@dataclass(frozen=True)
class Question:
    """A call that asks for many items by their names, which hold no comma."""

    method: str
    parameter: str
    most: int
    """Names that a call can take."""
    read: Callable[[Sequence[str], Success], Mapping[str, Reply]]

    def ask(self, names: Sequence[str]) -> OutgoingCall:
        """Return the call that asks for `names`."""
        item_id = names[0] if len(names) == 1 else None
        return OutgoingCall(
            self.method, {"fields": FIELDS, self.parameter: ",".join(names)}, item_id, repeatable=True
        )

    def names(self, asked: OutgoingCall) -> Sequence[str]:
        """Return what a call asks for."""
        return asked.params[self.parameter].split(",")

    def replies(self, asked: OutgoingCall, answer: CallAnswer) -> Mapping[str, Reply]:
        """Read the answer: a reply for each name."""
        names = self.names(asked)
        if answer.success is None:
            return dict.fromkeys(names, failed_reply(answer))
        try:
            return self.read(names, answer.success)
        except Garbled as garbled:
            return dict.fromkeys(names, untrusted(str(garbled), answer.request_id))


def _looked(item_ids: Sequence[str], success: Success) -> Mapping[str, Reply]:
    """Ids that no item has are left out silently."""
    items = items_of(success)
    if not items.keys() <= set(item_ids):
        raise Garbled("another item")
    return {
        item_id: Reply(Outcome.DONE, item=items.get(item_id), request_id=success.request_id) for item_id in item_ids
    }


def _searched(codes: Sequence[str], success: Success) -> Mapping[str, Reply]:
    found: dict[str, list[str]] = {code: [] for code in codes}
    for item_id, item in items_of(success).items():
        code = item.get(OUTER_ID)
        # A code that is only like one of ours, in its case or its spaces, is not ours.
        if isinstance(code, str) and code in found:
            found[code].append(item_id)
    return {code: Reply(Outcome.DONE, found=tuple(ids), request_id=success.request_id) for code, ids in found.items()}


BY_ID = Question("taobao.items.seller.list.get", "num_iids", 20, _looked)
BY_CODE = Question("taobao.items.custom.get", "outer_id", 40, _searched)
METHODS: Mapping[Op, str] = {Op.LOOK: BY_ID.method, Op.STOCK: QUANTITY}
"""Beside `STATUS_METHODS`."""


class ShopItems(ChannelBase):
    """Ordinary listings of one seller: a channel, and a catalogue too."""

    def spell(self, call: Call) -> tuple[str, Mapping[str, object]]:
        """See `Channel.spell`. Raises KeyError for what this channel can't do."""
        return _method(call), _params(call)

    def read(self, item_ids: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        """Read items, twenty a call; see `Channel.read`."""
        return self._ask(BY_ID, item_ids, progress)

    def find(self, codes: Sequence[str]) -> Mapping[str, Reply]:
        """Look codes up, forty a call; see `Catalogue.find`."""
        found = self._ask(BY_CODE, [code for code in codes if "," not in code], lambda _: None)
        with_comma = Reply(Outcome.FAILED, error=say("shop.comma"))
        return {code: found.get(code, with_comma) for code in codes}

    def everything(self, reading: Reading, now: datetime) -> Mapping[str, Item]:
        """See `Catalogue.everything`."""
        return whole_shop(self._client, self._connections, reading, now)

    def _ask(self, question: Question, names: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        """Ask for as many names a call as there may be; where the platform refuses several, for each alone."""
        replies = self._in_parts(question, names, question.most, progress)
        refused = [name for name in names if replies[name].outcome is Outcome.FAILED]
        return {**replies, **self._in_parts(question, refused, 1, lambda _: None)}

    def _in_parts(self, question: Question, names: Sequence[str], most: int, progress: Progress) -> dict[str, Reply]:
        calls = [question.ask(names[start : start + most]) for start in range(0, len(names), most)]

        def ended(part: Sequence[OutgoingCall]) -> None:
            progress(sum(len(question.names(asked)) for asked in part))

        parts = send_concurrently(self._client, self._connections, calls, question.replies, ended)
        return {name: reply for part in parts for name, reply in part.items()}

    def _outgoing(self, call: Call) -> OutgoingCall:
        if call.op is Op.LOOK:
            return BY_ID.ask([call.item_id or ""])
        return OutgoingCall(_method(call), {name: str(value) for name, value in _params(call).items()}, call.item_id)

    def _reply(self, call: Call, answer: CallAnswer) -> Reply:
        if answer.success is None:
            return failed_reply(answer)
        if call.op is Op.LOOK:
            return BY_ID.replies(self._outgoing(call), answer)[call.item_id or ""]
        try:
            changed = id_of(answer.success)
        except Garbled as garbled:
            return untrusted(str(garbled), answer.request_id)
        if changed != call.item_id:
            return untrusted("another item", answer.request_id)
        return Reply(Outcome.DONE, request_id=answer.request_id)


def _method(call: Call) -> str:
    return STATUS_METHODS[call.status] if call.op is Op.STATUS else METHODS[call.op]


def _params(call: Call) -> dict[str, object]:
    item_id = {"num_iid": call.item_id or ""}
    match call.op:
        case Op.LOOK:
            return dict(BY_ID.ask([call.item_id or ""]).params)
        case Op.STATUS if call.status is Status.ACTIVE:
            return {**item_id, "num": call.count}
        case Op.STOCK if call.count is not None:
            # As a count that should stand, so that sending it twice does no harm.
            return {**item_id, "quantity": call.count, "type": SET}
        case Op.STOCK:
            return {**item_id, "quantity": call.by, "type": ADD}
    return dict(item_id)
