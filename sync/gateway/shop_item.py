"""The shop channel: ordinary listings and their SKUs, `taobao.item.*` and `alibaba.item.*`
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sync.call import Call, Op, Outcome, Reply
from sync.errors import GatewayDown
from sync.gateway import shop_calls
from sync.gateway.channel import News, Progress, Reading
from sync.gateway.channel_base import ChannelBase, send_concurrently
from sync.gateway.client import Client
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_joining import Joint, alone, joints
from sync.gateway.shop_messages import ShopMessages
from sync.gateway.shop_pages import ids_of_shop
from sync.gateway.shop_reading import BY_CODE, Question, by_id, of_item
from sync.gateway.shop_schema import EditGuard
from sync.item import Item
from sync.messages import say
from sync.sku import listing_of

Ended = Callable[[Sequence[str]], object]
"""Called with the names that were asked for just now."""


class ShopItems(ChannelBase):
    """Ordinary listings of one seller: a channel, and a catalogue too."""

    def __init__(self, client: Client, *, connections: int = 4, operate: bool = False) -> None:
        """See `ChannelBase`. `operate`: listings go up and down by the newer names of those calls."""
        super().__init__(client, connections=connections)
        self._operate = operate
        self._edits = EditGuard(client)
        self._by_id = by_id(self._edits.note_category)
        self._messages = ShopMessages(client)

    def spell(self, call: Call) -> tuple[str, Mapping[str, object]]:
        """See `Channel.spell`; of one call alone, though several may leave as one. Raises KeyError for what this
        channel can't do."""
        if call.op is Op.LOOK:
            asked = self._by_id.ask([listing_of(call.item_id or "")])
            return asked.method, dict(asked.params)
        return shop_calls.spelling(call, operate=self._operate)

    def read(self, item_ids: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        """Read listings and SKUs, twenty listings a call; see `Channel.read`."""
        meant = Counter(map(listing_of, item_ids))
        found = self._ask(self._by_id, [*meant], lambda ended: progress(sum(meant[one] for one in ended)))
        return {item_id: of_item(item_id, found[listing_of(item_id)]) for item_id in item_ids}

    def find(self, codes: Sequence[str]) -> Mapping[str, Reply]:
        """Look codes up, forty a call; see `Catalogue.find`."""
        found = self._ask(BY_CODE, [code for code in codes if "," not in code], lambda _: None)
        with_comma = Reply(Outcome.FAILED, error=say("shop.comma"))
        return {code: found.get(code, with_comma) for code in codes}

    def everything(self, reading: Reading, now: datetime) -> Mapping[str, Item]:
        """See `Catalogue.everything`. The platform's lists show no SKUs, so listings are read by their ids."""
        ids = ids_of_shop(self._client, self._connections, now)
        with reading(len(ids)) as progress:
            replies = self.read(ids, progress)
        found: dict[str, Item] = {}
        for item_id, reply in replies.items():
            if reply.outcome is not Outcome.DONE:
                raise GatewayDown(reply.error or say("gateway.garbled", reason="-"))
            if reply.item is not None:
                found |= {item_id: reply.item, **reply.skus}
        return found

    def take_news(self) -> News:
        """See `Messenger.take_news`."""
        return self._messages.take()

    def confirm_news(self, news: News) -> None:
        """See `Messenger.confirm_news`."""
        self._messages.confirm(news)

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        """See `Channel.send`. Looks leave together, and so do stocks of one listing's SKUs.

        Where the platform refuses counts of several SKUs, each goes again alone; moves never do. Raises ValueError
        for other calls of one listing.
        """
        joined = joints(dict(enumerate(calls)), self._by_id, operate=self._operate)
        replies = self._edits.refused(calls)
        replies |= self._exchange(calls, [one for one in joined if not replies.keys() & {*one.places}])
        for place in [place for one in joined if len(one.places) > 1 for place in one.places]:
            if replies[place].outcome is Outcome.FAILED and calls[place].is_count:
                # One after another, as several may be of one listing.
                replies |= self._exchange(calls, [alone(place, calls[place], operate=self._operate)])
        return [replies[place] for place in range(len(calls))]

    def _exchange(self, calls: Sequence[Call], joined: Sequence[Joint]) -> dict[int, Reply]:
        answers = self._client.send([one.sent for one in joined])
        return {
            place: reply
            for one, answer in zip(joined, answers, strict=True)
            for place, reply in self._replies(calls, one, answer).items()
        }

    def _replies(self, calls: Sequence[Call], joint: Joint, answer: CallAnswer) -> Mapping[int, Reply]:
        if not joint.look:
            return {place: shop_calls.reply_to(joint.sent, calls[place], answer) for place in joint.places}
        looked = self._each_alone(self._by_id, self._by_id.replies(joint.sent, answer))
        ids = {place: calls[place].item_id or "" for place in joint.places}
        return {place: of_item(item_id, looked[listing_of(item_id)]) for place, item_id in ids.items()}

    def _ask(self, question: Question, names: Sequence[str], ended: Ended) -> Mapping[str, Reply]:
        """Ask for as many names a call as there may be."""
        return self._each_alone(question, self._in_parts(question, names, question.most, ended))

    def _each_alone(self, question: Question, replies: Mapping[str, Reply]) -> Mapping[str, Reply]:
        """Where the platform refuses several, ask for each alone."""
        refused = [name for name, reply in replies.items() if reply.outcome is Outcome.FAILED]
        return {**replies, **self._in_parts(question, refused, 1, lambda _: None)}

    def _in_parts(self, question: Question, names: Sequence[str], most: int, ended: Ended) -> dict[str, Reply]:
        calls = [question.ask(names[start : start + most]) for start in range(0, len(names), most)]

        def told(part: Sequence[OutgoingCall]) -> None:
            ended([name for asked in part for name in question.names(asked)])

        parts = send_concurrently(self._client, self._connections, calls, question.replies, told)
        return {name: reply for part in parts for name, reply in part.items()}
