"""The open-item channel: `taobao.open.item.*` (docs/explanation/platform.md#open-items)."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from sync.call import Call, Op, Outcome, Reply
from sync.fields import ITEM_ID, TITLE
from sync.gateway.channel import Progress
from sync.gateway.channel_base import ChannelBase, failed_reply, send_concurrently, untrusted
from sync.gateway.errors import busy
from sync.gateway.protocol import Garbled, Success, read_json
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.messages import say
from sync.values import flatten, nest

METHODS: Mapping[Op, str] = {
    Op.GENERATE: "taobao.open.item.id.generate",
    Op.PUBLISH: "taobao.open.item.publish",
    Op.MODIFY: "taobao.open.item.modify",
    Op.STATUS: "taobao.open.item.status.modify",
    Op.LOOK: "taobao.open.item.get",
}
INCREASE = "taobao.open.item.inventory.incr"
DECREASE = "taobao.open.item.inventory.decr"

NOT_FOUND = ("不存在", "找不到该商品", "已删除", "not exist", "not found", "deleted")
"""How the platform says that there is no such item. No document names a code for it, so any other words count as a
failed reading, and nothing is done about an item that merely couldn't be read."""


class OpenItems(ChannelBase):
    """Open items, as many calls a request as the client allows."""

    def spell(self, call: Call) -> tuple[str, Mapping[str, object]]:
        """Return the platform's method and business parameters of a call; ids are strings, counts numbers."""
        return _method(call), _params(call)

    def read(self, item_ids: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        """See `Channel.read`."""
        calls = [self._outgoing(Call(Op.LOOK, item_id)) for item_id in item_ids]
        replies = send_concurrently(
            self._client,
            self._connections,
            calls,
            lambda sent, answer: self._reply(Call(Op.LOOK, sent.item_id), answer),
            lambda part: progress(len(part)),
        )
        return dict(zip(item_ids, replies, strict=True))

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        """See `Channel.send`. Raises ValueError for two calls for one item."""
        item_ids = [call.item_id for call in calls if call.item_id]
        if len(set(item_ids)) < len(item_ids):
            raise ValueError("two calls for one item at the same time")
        answers = self._client.send([self._outgoing(call) for call in calls])
        return [self._reply(call, answer) for call, answer in zip(calls, answers, strict=True)]

    def _outgoing(self, call: Call) -> OutgoingCall:
        params = {name: str(value) for name, value in _params(call).items()}
        return OutgoingCall(_method(call), params, call.item_id, repeatable=call.op in (Op.LOOK, Op.GENERATE))

    def _reply(self, call: Call, answer: CallAnswer) -> Reply:
        if answer.success is None:
            return failed_reply(answer)
        try:
            return _inside(call, answer.success)
        except Garbled as garbled:
            return untrusted(str(garbled), answer.request_id)


def _method(call: Call) -> str:
    if call.op is Op.STOCK:
        return INCREASE if call.by > 0 else DECREASE
    return METHODS[call.op]


def _params(call: Call) -> dict[str, object]:
    # An item without an id yet is this row's new one: the journal and the preview show the gap as it is.
    item_id = {"item_id": call.item_id or ""}
    match call.op:
        case Op.GENERATE:
            return {}
        case Op.PUBLISH:
            values = {**call.values, ITEM_ID: call.item_id} if call.item_id else call.values
            return {"item_json": _json(nest(values))}
        case Op.MODIFY:
            edits: dict[str, object] = {**item_id, "json": _json(nest(call.values))}
            return {**edits, "delete_paths": ",".join(call.remove)} if call.remove else edits
        case Op.STATUS if call.status is not None:
            return {**item_id, "status": int(call.status)}
        case Op.STOCK:
            return {**item_id, "num": abs(call.by)}
    return dict(item_id)


def _json(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


def _inside(call: Call, success: Success) -> Reply:
    """Read the answer's own fields. The platform can also say no inside a success
    (docs/explanation/platform.md#one-call)."""
    said = success.success
    words = success.fields.get("message")
    if said is False:
        text = words if isinstance(words, str) and words else "-"
        if call.writes and busy(text):
            later = say("gateway.later", words=text, code="success=false")
            return Reply(Outcome.UNKNOWN, error=later, error_code="success=false", request_id=success.request_id)
        if call.op is Op.LOOK and any(sign in text.lower() for sign in NOT_FOUND):
            return Reply(Outcome.DONE, request_id=success.request_id)
        error = say("gateway.refused", words=text, code="success=false")
        return Reply(Outcome.FAILED, error=error, error_code="success=false", request_id=success.request_id)
    if said is None:
        return untrusted("neither yes nor no", success.request_id)
    if call.op is Op.LOOK:
        return _item(call, success)
    if call.op in (Op.GENERATE, Op.PUBLISH):
        return _new_id(call, success)
    return Reply(Outcome.DONE, request_id=success.request_id)


def _item(call: Call, success: Success) -> Reply:
    text = success.fields.get("item")
    document = read_json(text) if isinstance(text, str) else text
    if not isinstance(document, dict):
        return untrusted("no item", success.request_id)
    item = flatten(document)
    if TITLE not in item:
        # Every item has one: it is required to publish, and can't be removed.
        return untrusted("an item without a title", success.request_id)
    if item.get(ITEM_ID, call.item_id) != call.item_id:
        return untrusted("another item", success.request_id)
    return Reply(Outcome.DONE, item=item, request_id=success.request_id)


def _new_id(call: Call, success: Success) -> Reply:
    item_id = success.id("item_id")
    if item_id is None:
        return untrusted("no item id", success.request_id)
    return Reply(Outcome.DONE, item_id=item_id, request_id=success.request_id)
