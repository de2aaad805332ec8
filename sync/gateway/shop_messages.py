"""The platform's messages of listings, `taobao.tmc.*`: which of them changed (docs/explanation/platform.md#messages).

All of it is *assumed* from SDKs: a message may get lost, come twice, or late. So messages only say what to read.
"""

from __future__ import annotations

from collections.abc import Mapping

from sync.errors import GatewayDown
from sync.gateway.channel import News
from sync.gateway.channel_base import failed_reply
from sync.gateway.client import Client
from sync.gateway.protocol import Garbled, Success, read_json
from sync.gateway.retry import OutgoingCall
from sync.messages import say

PERMIT, CONSUME = "taobao.tmc.user.permit", "taobao.tmc.messages.consume"
CONFIRM = "taobao.tmc.messages.confirm"
OF_LISTINGS = "taobao_item_"
"""How the topics of listings begin. Others are somebody else's, and are left for them."""
TOPICS = tuple(
    f"{OF_LISTINGS}Item{what}"
    for what in ("Add", "Upshelf", "Downshelf", "Delete", "Update", "StockChanged", "ZeroStock")
)
A_CALL = 200
"""Messages that one call takes, at most."""
MOST_CALLS = 50
"""Calls that take messages at one time; what is left comes the next time."""


class ShopMessages:
    """The messages of one seller's listings."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._permitted = False

    def take(self) -> News:
        """Take all messages that wait; raises GatewayDown where they can't be had."""
        if not self._permitted:
            self._ask(OutgoingCall(PERMIT, {"topics": ",".join(TOPICS)}, repeatable=True))
            self._permitted = True
        told: list[tuple[str | None, str | None]] = []
        for _ in range(MOST_CALLS):
            messages = self._taken()
            told += [_read(message) for message in messages if _is_of_listing(message)]
            if len(messages) < A_CALL:
                break
        changed = dict.fromkeys(listing for _, listing in told if listing)
        receipts = dict.fromkeys(number for number, _ in told if number)
        return News(tuple(changed), tuple(receipts), unclear=any(listing is None for _, listing in told))

    def confirm(self, news: News) -> None:
        """Have the platform forget messages; one whose confirmation gets lost comes again, which does no harm."""
        calls = [
            OutgoingCall(CONFIRM, {"s_message_ids": ",".join(news.receipts[start : start + A_CALL])}, repeatable=True)
            for start in range(0, len(news.receipts), A_CALL)
        ]
        self._client.send(calls)

    def _taken(self) -> list[object]:
        success = self._ask(OutgoingCall(CONSUME, {"quantity": str(A_CALL)}, repeatable=True))
        listed = success.fields.get("messages") or {}
        inner = listed.get("tmc_message", []) if isinstance(listed, dict) else None
        messages = [inner] if isinstance(inner, dict) else inner
        if not isinstance(messages, list):
            raise GatewayDown(say("gateway.garbled", reason="no list of messages"))
        return messages

    def _ask(self, call: OutgoingCall) -> Success:
        (answer,) = self._client.send([call])
        if answer.success is None:
            raise GatewayDown(failed_reply(answer).error or say("gateway.garbled", reason="-"))
        return answer.success


def _is_of_listing(message: object) -> bool:
    return isinstance(message, dict) and str(message.get("topic")).startswith(OF_LISTINGS)


def _read(message: object) -> tuple[str | None, str | None]:
    """Return a message's number, and the listing that it is of; None: it doesn't say."""
    fields = message if isinstance(message, dict) else {}
    content = fields.get("content")
    try:
        said = content if isinstance(content, dict) else read_json(str(content))
    except Garbled:
        said = {}
    return _id(fields, "id"), _id(said, "num_iid")


def _id(fields: Mapping[str, object], name: str) -> str | None:
    try:
        return Success(fields).id(name)
    except Garbled:
        return None
