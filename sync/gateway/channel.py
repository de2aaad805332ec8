"""What a channel can do: a kind of item and its API family, behind one shape."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from sync.call import Call, Reply
from sync.item import Item

Progress = Callable[[int], None]
"""Called with how many calls have just ended."""
Reading = Callable[[int], AbstractContextManager[Progress]]
"""Called with how many items will be read, and shows how far that is."""


class Channel(Protocol):
    """A kind of item, read and changed through the gateway."""

    def spell(self, call: Call) -> tuple[str, Mapping[str, object]]:
        """Return the platform's method and business parameters of a call, as people and journals read them."""

    def read(self, item_ids: Sequence[str], progress: Progress) -> Mapping[str, Reply]:
        """Read items, side by side: for each id a `DONE` reply (its item None: no such item) or a failed one."""

    def send(self, calls: Sequence[Call]) -> Sequence[Reply]:
        """Carry out calls for different items, together where the gateway can; the replies in the calls' order.

        Never raises for what the gateway or the network does. A reply `NOT_SENT` that isn't fatal: somebody
        asked to stop before the call left.
        """


@runtime_checkable
class Catalogue(Protocol):
    """A shop that can be searched and listed. Open items can't be (docs/explanation/platform.md#open-items)."""

    def find(self, codes: Sequence[str]) -> Mapping[str, Reply]:
        """Look codes up: for each a `DONE` reply with the ids that were `found`, be it none, or a failed one."""

    def everything(self, reading: Reading, now: datetime) -> Mapping[str, Item]:
        """Return all items of the shop, by id; raises GatewayDown rather than leave one out."""


@dataclass(frozen=True)
class News:
    """What the platform's messages say."""

    changed: tuple[str, ...] = ()
    """The ids of listings that changed in any way."""
    receipts: tuple[str, ...] = ()
    """The numbers of these messages: they come again until they are confirmed."""
    unclear: bool = False
    """Whether one of them doesn't say which listing it is of: any may have changed."""


@runtime_checkable
class Messenger(Protocol):
    """A channel that tells what changed. Messages may get lost (docs/explanation/platform.md#messages)."""

    def take_news(self) -> News:
        """Take all messages that wait; raises GatewayDown where they can't be had."""

    def confirm_news(self, news: News) -> None:
        """Have the platform forget messages, once what they caused is written down."""
