"""Other buyers, who lower the stock while a run goes on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from random import Random
from typing import NamedTuple

from sync.item import Status
from sync.sandbox import document as doc
from sync.sandbox.document import Refused
from sync.sandbox.gate import Rejected
from sync.sandbox.listing import ON_SALE, Listing, stocks_of
from sync.sandbox.listings import Listings
from sync.sandbox.shop import OpenItemShop
from sync.sandbox.spec import Moment, Trigger

MOST_UNITS = 3
"""Of one order."""


class Purchase(NamedTuple):
    """An order that was made."""

    call: int
    """The call's number, beside which it happened."""
    item_id: int
    units: int


class Sales:
    """Sells some of a random item right before or right after a call is carried out, when a trigger says so."""

    def __init__(self, triggers: tuple[Trigger, ...] = (), seed: int = 0) -> None:
        self.made: list[Purchase] = []
        """In the order in which they happened."""
        self._triggers = triggers
        self._seed = seed

    @contextmanager
    def around(self, shop: OpenItemShop, moment: Moment) -> Iterator[None]:
        """Let buyers in before or after what is done inside."""
        if not self._triggers:
            yield
            return
        # Not the faults' own dice, or a sale would only ever come along with a fault.
        dice = Random(f"sales {self._seed} {moment.number}")  # noqa: S311
        due = any(trigger.strikes(moment, dice) for trigger in self._triggers)
        before = dice.random() < 0.5
        if due and before:
            self._sell(shop, moment, dice)
        try:
            yield
        finally:
            if due and not before:
                self._sell(shop, moment, dice)

    def _sell(self, shop: OpenItemShop, moment: Moment, dice: Random) -> None:
        wares = _wares(shop)
        if not wares:
            return
        item_id, in_stock, sell = dice.choice(wares)
        units = dice.randint(1, min(in_stock, MOST_UNITS))
        try:
            sell(item_id, units)
        except (Refused, Rejected):
            # Someone else was quicker.
            return
        self.made.append(Purchase(moment.number, item_id, units))


Ware = tuple[int, int, Callable[[int, int], None]]
"""Something that a buyer can have: its id, the units there are, and what sells it."""


def _wares(shop: OpenItemShop) -> list[Ware]:
    """Open items first, as they were alone once: the same dice still sell the same of them."""
    items = [
        (int(str(doc.system(item)["itemId"])), doc.units(item), shop.sell)
        for item in shop.documents()
        if doc.system(item)["status"] == Status.ACTIVE
    ]
    listings = [
        ware
        for listing in shop.listings.documents()
        if listing["approve_status"] == ON_SALE
        for ware in _of_listing(shop.listings, listing)
    ]
    return [ware for ware in (*items, *listings) if ware[1] > 0]


def _of_listing(listings: Listings, listing: Listing) -> list[Ware]:
    """A listing's SKUs are wares of their own; of one without any, the listing itself is."""
    return [
        (listing["num_iid"], units, partial(listings.sell, sku_id=sku_id))
        for sku_id, units in stocks_of(listing).items()
    ]
