"""A shop that keeps a shop: everything that ever happened to an item, by whom, in which order."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import RLock
from typing import NamedTuple

from sync.sandbox.document import Document, units
from sync.sandbox.shop import OpenItemShop, Refused, utc_now

SALE, HAND = "a sale", "somebody on the platform"
LATE = " (late)"
"""Ends the name of a run whose call took effect after its client had given up on it."""


class Event(NamedTuple):
    """One change of one item."""

    tick: int
    """Its place among all events of the shop, from 1."""
    who: str
    before: Document | None
    after: Document | None
    """None: there is no such item, before it was published or after it was deleted."""

    @property
    def moved(self) -> int:
        """Units by which the stock rose."""
        return _units(self.after) - _units(self.before)


class HistoryShop(OpenItemShop):
    """The sandbox's shop, unchanged in what it does."""

    def __init__(self, clock: Callable[[], datetime] = utc_now) -> None:
        super().__init__(clock=clock)
        self.who = HAND
        """Whose calls these are; to be set by whoever starts a run."""
        self.tick = 0
        self._one_by_one = RLock()
        self._held: dict[int, Document] = {}
        self._events: defaultdict[int, list[Event]] = defaultdict(list)
        self._looks: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)

    def events(self, item_id: int, since: int = 0, until: int | None = None) -> list[Event]:
        """What happened to an item after tick `since`, up to and with `until`."""
        with self._one_by_one:
            last = self.tick if until is None else until
            return [event for event in self._events[item_id] if since < event.tick <= last]

    def at(self, item_id: int, tick: int) -> Document | None:
        """What stood under an id once everything up to `tick` had happened; None: nothing."""
        with self._one_by_one:
            events = self._events[item_id]
            place = bisect_left([event.tick for event in events], tick + 1)
            return events[place - 1].after if place else None

    def last_met(self, item_id: int, who: str, since: int, until: int) -> int:
        """The tick at which the run called `who` last looked at an item, or made a call for it that came in time."""
        with self._one_by_one:
            met = [tick for tick, looked in self._looks[item_id] if looked == who and since <= tick <= until]
            met += [event.tick for event in self.events(item_id, since, until) if event.who == who]
            return max(met, default=since)

    @property
    def everything(self) -> Mapping[int, list[Event]]:
        """All events by item."""
        return self._events

    @contextmanager
    def by(self, who: str) -> Iterator[None]:
        """Write down what happens inside as done by `who`; for one thread at a time."""
        before, self.who = self.who, who
        try:
            yield
        finally:
            self.who = before

    def publish(self, item_json: str) -> int:
        with self._one_by_one:
            item_id = super().publish(item_json)
            self._note(item_id)
            return item_id

    def modify(self, item_id: int, item_json: str, delete_paths: str = "") -> None:
        with self._noting(item_id):
            super().modify(item_id, item_json, delete_paths)

    def set_status(self, item_id: int, status: int) -> None:
        with self._noting(item_id):
            super().set_status(item_id, status)

    def incr(self, item_id: int, num: int) -> None:
        with self._noting(item_id):
            super().incr(item_id, num)

    def decr(self, item_id: int, num: int) -> None:
        with self._noting(item_id):
            super().decr(item_id, num)

    def sell(self, item_id: int, units: int) -> None:
        with self._one_by_one, self.by(SALE):
            super().sell(item_id, units)

    def read(self, item_id: int) -> Document:
        with self._one_by_one:
            # Whoever is shown an old copy has not met what stands now.
            if self._peek(item_id, late=True) == self._peek(item_id):
                self._looks[item_id].append((self.tick, self.who))
            return super().read(item_id)

    def load(self, documents: Iterable[Mapping[str, object]]) -> None:
        with self._one_by_one:
            super().load(documents)
            for document in self.documents():
                item_id = document["_sys"]["itemId"]  # type: ignore[index]
                self._note(item_id)

    @contextmanager
    def _noting(self, item_id: int) -> Iterator[None]:
        with self._one_by_one:
            yield
            self._note(item_id)
            # Who is told yes has met the item, also where there was nothing left to change.
            self._looks[item_id].append((self.tick, self.who))

    def _note(self, item_id: int) -> None:
        before, after = self._held.get(item_id), self._peek(item_id)
        if before == after:
            return
        self.tick += 1
        self._events[item_id].append(Event(self.tick, self.who, before, after))
        if after is None:
            del self._held[item_id]
        else:
            self._held[item_id] = after

    def _peek(self, item_id: int, *, late: bool = False) -> Document | None:
        try:
            return super().read(item_id) if late else super().get(item_id)
        except Refused:
            return None


def _units(document: Document | None) -> int:
    return units(document) if document else 0
