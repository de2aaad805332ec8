"""Listings read by their ids or found by their codes, many a call
(docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from sync.call import Outcome, Reply
from sync.fields import OUTER_ID
from sync.gateway.channel_base import failed_reply, untrusted
from sync.gateway.protocol import Garbled, Success
from sync.gateway.retry import CallAnswer, OutgoingCall
from sync.gateway.shop_fields import FIELDS, Listing, listings_of
from sync.sku import is_sku, listing_of

Note = Callable[[str, str], object]


@dataclass(frozen=True)
class Question:
    """A call that asks for many items by their names, which hold no comma."""

    method: str
    parameter: str
    most: int
    """Names that a call can take."""
    fields: str
    read: Callable[[Sequence[str], Success], Mapping[str, Reply]]

    def ask(self, names: Sequence[str]) -> OutgoingCall:
        """Return the call that asks for `names`."""
        item_id = names[0] if len(names) == 1 else None
        params = {"fields": self.fields, self.parameter: ",".join(names)}
        return OutgoingCall(self.method, params, item_id, repeatable=True)

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


def of_item(item_id: str, of_listing: Reply) -> Reply:
    """Return what the reading of a listing says of it, or of one of its SKUs."""
    if of_listing.outcome is not Outcome.DONE or not is_sku(item_id):
        return of_listing
    return Reply(Outcome.DONE, item=of_listing.skus.get(item_id), request_id=of_listing.request_id)


def listings_meant(item_ids: Sequence[str]) -> list[str]:
    """Return the listings that ids of listings and of SKUs mean, each once."""
    return [*dict.fromkeys(map(listing_of, item_ids))]


def _looked(note: Note, ids: Sequence[str], success: Success) -> Mapping[str, Reply]:
    """Ids that no item has are left out silently."""
    found = listings_of(success)
    if not found.keys() <= set(ids):
        raise Garbled("another item")
    for one, listing in found.items():
        note(one, listing.category)
    return {one: _reply(found.get(one), success.request_id) for one in ids}


def _reply(listing: Listing | None, request_id: str | None) -> Reply:
    if listing is None:
        return Reply(Outcome.DONE, request_id=request_id)
    return Reply(Outcome.DONE, item=listing.item, skus=listing.skus, request_id=request_id)


def _searched(codes: Sequence[str], success: Success) -> Mapping[str, Reply]:
    found: dict[str, list[str]] = {code: [] for code in codes}
    for item_id, listing in listings_of(success).items():
        code = listing.item.get(OUTER_ID)
        # A code that is only like one of ours, in its case or its spaces, is not ours.
        if isinstance(code, str) and code in found:
            found[code].append(item_id)
    return {code: Reply(Outcome.DONE, found=tuple(ids), request_id=success.request_id) for code, ids in found.items()}


def by_id(note: Note) -> Question:
    """Return the question for listings by their ids; `note` hears which category each is in."""
    return Question("taobao.items.seller.list.get", "num_iids", 20, FIELDS, partial(_looked, note))


BY_CODE = Question("taobao.items.custom.get", "outer_id", 40, "num_iid,outer_id", _searched)
