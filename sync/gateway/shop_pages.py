"""All listings of a shop: what is on sale and what isn't, page by page
(docs/explanation/platform.md#ordinary-listings).

The platform shows 100 or 101 pages of a list; a longer one is read in slices of time. A list moves while it is read:
what is changed goes to the front. So pages are read latest first, and what was changed meanwhile is read once more at
the end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sync.errors import GatewayDown
from sync.gateway.channel import Progress, Reading
from sync.gateway.channel_base import failed_reply, send_concurrently
from sync.gateway.client import Client
from sync.gateway.protocol import Garbled, timestamp
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_fields import FIELDS, items_of
from sync.item import SHOP_TIME, Item
from sync.messages import Message, say

PAGE = 200
"""Items of a page, at most."""
ROUNDS = 3
"""How often a list is read that comes out shorter or longer than the platform said."""
OPENED = datetime(2003, 5, 10, tzinfo=SHOP_TIME)
"""Taobao's own beginning: nothing on it was changed before."""
CLOCKS_APART = timedelta(minutes=10)
"""As far as our clock may be from the platform's, or it would refuse our calls
(docs/explanation/platform.md#one-call)."""
NARROWEST = timedelta(seconds=2)
"""A slice that can't be halved: times have no fractions."""

_ONSALE, _INVENTORY = "taobao.items.onsale.get", "taobao.items.inventory.get"
MOST_PAGES = {_ONSALE: 100, _INVENTORY: 101}
"""`page_no` times `page_size` is 20,000 at most of what is on sale; of what isn't, `page_no` is 101."""


@dataclass(frozen=True)
class Slice:
    """A part of one list: what was last modified between two moments. *Assumed:* both belong to it."""

    method: str
    banner: str | None = None
    """Which of those that aren't on sale: the list leaves some out unless asked for their banner."""
    since: datetime | None = None
    until: datetime | None = None

    def call(self, number: int) -> OutgoingCall:
        """Return the call for page `number`, counted from 1."""
        asked = {
            "fields": FIELDS,
            "order_by": "modified:desc",
            "page_no": str(number),
            "page_size": str(PAGE),
            "banner": self.banner,
            "start_modified": timestamp(self.since) if self.since else None,
            "end_modified": timestamp(self.until) if self.until else None,
        }
        return OutgoingCall(self.method, {name: text for name, text in asked.items() if text}, repeatable=True)

    def halves(self, now: datetime) -> tuple[Slice, Slice]:
        """Halve it in time, the older half first; raises Refusal if that can't be done."""
        since, until = self.since or OPENED, self.until or now + CLOCKS_APART
        if until - since < NARROWEST:
            raise GatewayDown(say("shop.crowded", at=timestamp(since)))
        middle = since + (until - since) / 2
        return Slice(self.method, self.banner, since, middle), Slice(self.method, self.banner, middle, self.until)


LISTS = (
    Slice(_ONSALE),
    # Public references of this method: its usual banner shows neither what is sold out nor what was taken off.
    *(Slice(_INVENTORY, banner) for banner in ("for_shelved", "sold_out", "violation_off_shelf")),
)


@dataclass(frozen=True)
class Page:
    """A page, and how many items its list holds in all."""

    total: int
    items: Mapping[str, Item]


def whole_shop(client: Client, connections: int, reading: Reading, now: datetime) -> Mapping[str, Item]:
    """Return all items of the shop, by id and in its order; see `Catalogue.everything`."""
    return _ShopReader(client, connections, now).everything(reading)


class _ShopReader:
    def __init__(self, client: Client, connections: int, now: datetime) -> None:
        self._client = client
        self._connections = connections
        self._now = now

    def everything(self, reading: Reading) -> Mapping[str, Item]:
        totals = [page.total for page in self._pages([one.call(1) for one in LISTS])]
        found: dict[str, Item] = {}
        with reading(sum(totals)) as progress:
            for one in LISTS:
                found |= self._slice(one, progress)
        for one in LISTS:
            # From one list to another is a change, too.
            found |= self._slice(Slice(one.method, one.banner, since=self._now - CLOCKS_APART))
        return dict(sorted(found.items(), key=lambda item: int(item[0])))

    def _slice(self, asked: Slice, progress: Progress = lambda _: None) -> Mapping[str, Item]:
        first = self._first(asked)
        if first.total > MOST_PAGES[asked.method] * PAGE:
            older, newer = asked.halves(self._now)
            return {**self._slice(older, progress), **self._slice(newer, progress)}
        for _ in range(ROUNDS):
            progress(len(first.items))
            numbers = range(2, -(-first.total // PAGE) + 1)
            pages = [first, *self._pages([asked.call(number) for number in numbers], progress)]
            found = {item_id: item for page in pages for item_id, item in page.items.items()}
            # Where an item left the list between two pages, the next page began one further on. More than the
            # platform said means that its number is wrong, and there may be still more.
            if len(found) == max(page.total for page in pages):
                return found
            first = self._first(asked)
        raise GatewayDown(say("shop.moving"))

    def _first(self, asked: Slice) -> Page:
        (page,) = self._pages([asked.call(1)])
        return page

    def _pages(self, calls: Sequence[OutgoingCall], progress: Progress = lambda _: None) -> list[Page]:
        def read(_: OutgoingCall, answer: CallAnswer) -> Page:
            page = _page(answer)
            progress(len(page.items))
            return page

        return send_concurrently(self._client, self._connections, calls, read, lambda _: None)


def _page(answer: CallAnswer) -> Page:
    """Read a page; raises Refusal, as a list with a hole in it would pass for the whole."""
    if answer.success is None:
        raise GatewayDown(failed_reply(answer).error or _garbled("-"))
    try:
        items, total = items_of(answer.success), answer.success.fields.get("total_results")
    except Garbled as garbled:
        raise GatewayDown(_garbled(str(garbled))) from None
    if not re.fullmatch(r"[0-9]{1,18}", str(total)):
        raise GatewayDown(_garbled("no total"))
    return Page(int(str(total)), items)


def _garbled(reason: str) -> Message:
    return say("gateway.garbled", reason=reason)
