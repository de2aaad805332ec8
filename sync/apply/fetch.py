"""Looks at items of the platform, without a plan: for `pull`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sync.call import Outcome
from sync.errors import GatewayDown
from sync.fields import STATUS
from sync.gateway.channel import Channel, Progress
from sync.item import Item, Status
from sync.messages import Message, say


@dataclass(frozen=True)
class FetchedItems:
    """What the platform says of some ids, each in one of three."""

    held: Mapping[str, Item]
    gone: tuple[str, ...]
    """Ids that the platform doesn't know, or whose item it deleted."""
    unreadable: Mapping[str, Message]
    """Why an item couldn't be read this time."""


def look(item_ids: Sequence[str], channel: Channel, progress: Progress) -> FetchedItems:
    """Read the items of `item_ids`; raises GatewayDown if the gateway can't be reached or refuses."""
    held: dict[str, Item] = {}
    gone: list[str] = []
    unreadable: dict[str, Message] = {}
    for item_id, reply in channel.read(item_ids, progress).items():
        if reply.fatal and reply.error:
            raise GatewayDown(reply.error)
        if reply.outcome is not Outcome.DONE:
            unreadable[item_id] = reply.error or say("gateway.garbled", reason="-")
        elif reply.item is None or reply.item.get(STATUS) == Status.DELETED:
            gone.append(item_id)
        else:
            held |= {item_id: reply.item, **reply.skus}
    return FetchedItems(held, tuple(gone), unreadable)
