"""Other buyers, who lower the stock while a run goes on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import NamedTuple

from sync.item import Status
from sync.sandbox import document as doc
from sync.sandbox.document import Refused
from sync.sandbox.shop import Shop
from sync.sandbox.spec import Moment, Trigger

MOST_UNITS = 3
"""Of one order."""


class Sale(NamedTuple):
    """An order that was made."""

    call: int
    """The call's number, beside which it happened."""
    item_id: int
    units: int


class Sales:
    """Sells some of a random item right before or right after a call is carried out, when a trigger says so."""

    def __init__(self, triggers: tuple[Trigger, ...] = (), seed: int = 0) -> None:
        self.made: list[Sale] = []
        """In the order in which they happened."""
        self._triggers = triggers
        self._seed = seed

    @contextmanager
    def around(self, shop: Shop, moment: Moment) -> Iterator[None]:
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

    def _sell(self, shop: Shop, moment: Moment, dice: Random) -> None:
        wares = [document for document in shop.documents() if _sellable(document)]
        if not wares:
            return
        ware = dice.choice(wares)
        item_id, units = doc.system(ware)["itemId"], dice.randint(1, min(doc.units(ware), MOST_UNITS))
        assert isinstance(item_id, int)  # noqa: S101
        try:
            shop.sell(item_id, units)
        except Refused:
            # Someone else was quicker.
            return
        self.made.append(Sale(moment.number, item_id, units))


def _sellable(document: doc.Document) -> bool:
    return doc.system(document).get("status") == Status.ACTIVE and doc.units(document) > 0
