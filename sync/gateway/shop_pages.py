"""The ids of all listings of a shop: what is on sale and what isn't, page by page
(docs/explanation/platform.md#ordinary-listings).

The platform shows 100 or 101 pages of a list; a longer one is read in slices of time. A list moves while it is read:
what is changed leaves its place. So what was last changed before the reading is read first, in slices that can only
lose items, and then what was changed since. A slice of one page is read at one moment; one of several that comes out
otherwise than the platform said is halved until it is right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.errors import GatewayDown
from sync.gateway.channel_base import failed_reply, send_concurrently
from sync.gateway.client import Client
from sync.gateway.protocol import Garbled, timestamp
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_fields import listings_of
from sync.item import SHOP_TIME
from sync.messages import Message, say

PAGE = 200
"""Items of a page, at most."""
ROUNDS = 3
"""How often a page is read that is shorter or longer than the platform said."""
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
            "fields": "num_iid",
            "order_by": "modified:desc",
            "page_no": str(number),
            "page_size": str(PAGE),
            "banner": self.banner,
            "start_modified": timestamp(self.since) if self.since else None,
            "end_modified": timestamp(self.until) if self.until else None,
        }
        return OutgoingCall(self.method, {name: text for name, text in asked.items() if text}, repeatable=True)

    def halves(self, now: datetime) -> tuple[Slice, Slice] | None:
        """Halve it in time, the older half first; None: it can't be halved."""
        since, until = self.since or OPENED, self.until or now + CLOCKS_APART
        if until - since < NARROWEST:
            return None
        middle = since + (until - since) / 2
        return replace(self, since=since, until=middle), replace(self, since=middle)


LISTS = (
    Slice(_ONSALE),
    # Public references of this method: its usual banner shows neither what is sold out nor what was taken off.
    *(Slice(_INVENTORY, banner) for banner in ("for_shelved", "sold_out", "violation_off_shelf")),
)


@dataclass(frozen=True)
class Page:
    """A page, and how many items its list holds in all."""

    total: int
    ids: frozenset[str]


def ids_of_shop(client: Client, connections: int, now: datetime) -> list[str]:
    """Return the ids of all listings, in their order; raises GatewayDown rather than leave one out."""
    return _ShopReader(client, connections, now).everything()


class _ShopReader:
    def __init__(self, client: Client, connections: int, now: datetime) -> None:
        self._client = client
        self._connections = connections
        self._now = now

    def everything(self) -> list[str]:
        edge = self._now - CLOCKS_APART
        found = self._lists([replace(one, until=edge) for one in LISTS])
        # From one list to another is a change, too.
        found |= self._lists([replace(one, since=edge) for one in LISTS])
        return sorted(found, key=int)

    def _lists(self, slices: Sequence[Slice]) -> set[str]:
        firsts = self._pages([one.call(1) for one in slices])
        return {item_id for one, first in zip(slices, firsts, strict=True) for item_id in self._slice(one, first)}

    def _slice(self, asked: Slice, first: Page) -> set[str]:
        """Return the ids of a slice, which is halved where it is too long, or moves while it is read."""
        halves = asked.halves(self._now)
        too_long = first.total > MOST_PAGES[asked.method] * PAGE
        if too_long and halves is None:
            raise GatewayDown(say("shop.crowded", at=timestamp(asked.since or OPENED)))
        # In one page nothing can hide between two pages; what can't be halved is read again, too.
        indivisible = halves is None or first.total <= PAGE
        if not too_long and (found := self._steady(asked, first, ROUNDS if indivisible else 1)) is not None:
            return found
        if halves is None or (indivisible and not too_long):
            raise GatewayDown(say("shop.moving"))
        return self._lists(halves)

    def _steady(self, asked: Slice, first: Page, rounds: int) -> set[str] | None:
        """Return the ids of a slice once it holds as many as the platform says; None: it never does."""
        for number in range(rounds):
            page = self._pages([asked.call(1)])[0] if number else first
            last = -(-page.total // PAGE)
            pages = [page, *self._pages([asked.call(number) for number in range(2, last + 1)])]
            found = set[str]().union(*(one.ids for one in pages))
            # Where an item left the list between two pages, the next page began one further on. More than the
            # platform said means that its number is wrong, and there may be still more.
            if len(found) == max(one.total for one in pages):
                return found
        return None

    def _pages(self, calls: Sequence[OutgoingCall]) -> list[Page]:
        return send_concurrently(
            self._client, self._connections, calls, lambda _, answer: _page(answer), lambda _: None
        )


def _page(answer: CallAnswer) -> Page:
    """Read a page; raises Refusal, as a list with a hole in it would pass for the whole."""
    if answer.success is None:
        raise GatewayDown(failed_reply(answer).error or _garbled("-"))
    try:
        listings, total = listings_of(answer.success), answer.success.fields.get("total_results")
    except Garbled as garbled:
        raise GatewayDown(_garbled(str(garbled))) from None
    if not re.fullmatch(r"[0-9]{1,18}", str(total)):
        raise GatewayDown(_garbled("no total"))
    return Page(int(str(total)), frozenset(listings))


def _garbled(reason: str) -> Message:
    return say("gateway.garbled", reason=reason)
