"""Which calls for listings leave as one: looks, and the stocks of one listing's SKUs
(docs/reference/calls.md#listings)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from sync.call import Call, Op
from sync.gateway import shop_calls
from sync.gateway.retry import OutgoingCall
from sync.gateway.shop_reading import Question
from sync.sku import MOST_SKUS, is_sku, listing_of

Part = TypeVar("Part")


@dataclass(frozen=True)
class Joint:
    """Some calls of one `send`, by their places in it, and the one call that they leave as."""

    places: Sequence[int]
    sent: OutgoingCall
    look: bool = False


def joints(calls: Mapping[int, Call], by_id: Question, *, operate: bool) -> list[Joint]:
    """Join calls; raises ValueError where two for one listing would leave at the same time."""
    found = [*_looks(calls, by_id), *_stocks(calls), *_alone(calls, operate=operate)]
    listings = [one for joint in found for one in dict.fromkeys(_listing(calls[place]) for place in joint.places)]
    skus = [call.item_id for call in calls.values() if call.op is not Op.LOOK]
    if len(set(listings)) < len(listings) or len(set(skus)) < len(skus):
        raise ValueError("two calls for one item at the same time")
    return found


def alone(place: int, call: Call, *, operate: bool) -> Joint:
    """Return a call that changes something as one of its own."""
    return Joint((place,), shop_calls.outgoing(call, operate=operate))


def _looks(calls: Mapping[int, Call], by_id: Question) -> Iterator[Joint]:
    places: dict[str, list[int]] = {}
    for place, call in calls.items():
        if call.op is Op.LOOK:
            places.setdefault(_listing(call), []).append(place)
    for part in _parts([*places], by_id.most):
        yield Joint([place for one in part for place in places[one]], by_id.ask(part), look=True)


def _stocks(calls: Mapping[int, Call]) -> Iterator[Joint]:
    places: dict[tuple[str, int], list[int]] = {}
    for place, call in calls.items():
        if _of_sku_stock(call):
            places.setdefault((_listing(call), shop_calls.kind_of(call)), []).append(place)
    for (listing, _), of_one in places.items():
        for part in _parts(of_one, MOST_SKUS):
            params = shop_calls.joined([calls[place] for place in part])
            yield Joint(part, shop_calls.as_sent(shop_calls.SKU_QUANTITY, params, listing))


def _alone(calls: Mapping[int, Call], *, operate: bool) -> Iterator[Joint]:
    for place, call in calls.items():
        if call.op is not Op.LOOK and not _of_sku_stock(call):
            yield alone(place, call, operate=operate)


def _of_sku_stock(call: Call) -> bool:
    return call.op is Op.STOCK and is_sku(call.item_id or "")


def _listing(call: Call) -> str:
    return listing_of(call.item_id or "")


def _parts(whole: Sequence[Part], most: int) -> list[Sequence[Part]]:
    return [whole[start : start + most] for start in range(0, len(whole), most)]
