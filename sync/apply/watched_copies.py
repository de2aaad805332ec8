"""What the platform was last seen to hold of watched items, so that a tick reads only those that messages name
(docs/reference/rules.md#messages).

Messages get lost, so everything is read at the beginning, and once an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from sync.apply.run import RunContext
from sync.call import Outcome, Reply
from sync.errors import GatewayDown
from sync.gateway.channel import Messenger, News
from sync.messages import Message
from sync.sku import listing_of

FULL_EVERY = 3600.0
"""Seconds after which all is read again, whatever messages said."""


class WatchedCopies:
    """The last readings of watched items. For one watch, whose ticks come one after another."""

    def __init__(self, refused: Callable[[Message], object] = lambda _: None) -> None:
        """`refused` hears why messages can't be had; all is read then."""
        self._refused = refused
        self._copies: dict[str, Reply] = {}
        self._stale: dict[str, float] = {}
        """Listings that changed, and when that was last heard of."""
        self._read_all_at: float | None = None
        self._news = News()
        self._told: Message | None = None

    def read(self, item_ids: Sequence[str], context: RunContext) -> tuple[Mapping[str, Reply], Sequence[str]]:
        """Return what is known of items, and which of them were read just now."""
        now = context.clock.monotonic()
        # Before anything is read: what changes later is told by a later message.
        heard = self._hear(context, now)
        full = not heard or self._read_all_at is None or now - self._read_all_at >= FULL_EVERY
        wanted = [one for one in item_ids if full or one not in self._copies or listing_of(one) in self._stale]
        replies = context.channel.read(wanted, context.progress) if wanted else {}
        found = {one: replies.get(one) or self._copies[one] for one in item_ids}
        if context.stop.is_set():
            return found, wanted
        self._copies = {one: reply for one, reply in found.items() if reply.outcome is Outcome.DONE}
        if full and heard and len(self._copies) == len(item_ids):
            self._read_all_at = now
        # A reading right after a change may be an old copy: such a listing is read once more when that is over.
        watched = {listing_of(one) for one in self._copies}
        settled = now - context.pace.settle_after
        self._stale = {one: at for one, at in self._stale.items() if one in watched and at > settled}
        return found, wanted

    def note(self, replies: Mapping[str, Reply]) -> None:
        """Take note of a newer reading of some items."""
        self._copies |= {one: reply for one, reply in replies.items() if reply.outcome is Outcome.DONE}

    def changed(self, item_ids: Iterable[str | None], now: float) -> None:
        """Take note that a run has changed items: their last readings are worth nothing."""
        self._stale |= {listing_of(one): now for one in item_ids if one}

    def forget(self) -> None:
        """Have everything read the next time."""
        self._read_all_at = None

    @property
    def unconfirmed(self) -> bool:
        """Whether there are messages to be confirmed."""
        return bool(self._news.receipts)

    def confirm(self, context: RunContext) -> None:
        """Confirm the messages that were heard, now that what they caused is written down."""
        if isinstance(context.channel, Messenger):
            context.channel.confirm_news(self._news)
        self._news = News()

    def _hear(self, context: RunContext, now: float) -> bool:
        """Take the messages that wait; False: they can't be had, or don't say what changed."""
        if not isinstance(context.channel, Messenger):
            return False
        try:
            news = context.channel.take_news()
        except GatewayDown as down:
            if down.message != self._told and not context.stop.is_set():
                self._told = down.message
                self._refused(down.message)
            return False
        self._news = News(receipts=(*self._news.receipts, *news.receipts))
        self._stale |= dict.fromkeys(news.changed, now)
        self._told = None
        return not news.unclear
