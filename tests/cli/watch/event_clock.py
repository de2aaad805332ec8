"""A clock that only rests move, what happens meanwhile, and a shop that writes down who turned what on and off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

import pytest

from sync.apply.executor import Clock
from sync.item import SHOP_TIME, Status
from sync.sandbox.document import Refused, system
from sync.sandbox.shop import OpenItemShop
from sync.service.context import Context
from tests.cli.small_shop import item_id

MONDAY = datetime(2026, 11, 23, tzinfo=SHOP_TIME)


class StatusChange(NamedTuple):
    """A status call that the platform carried out."""

    at: datetime
    code: str
    status: Status

    def __str__(self) -> str:
        """As a table of tests has it: `Tue 09:30 A-5 on`."""
        return f"{self.at:%a %H:%M} {self.code} {'on' if self.status is Status.ACTIVE else 'off'}"


class RecordingShop(OpenItemShop):
    """The sandbox's shop, with a record of the status calls that came through the gateway."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock=clock)
        self.turns: list[StatusChange] = []
        self.refused: set[str] = set()
        """Codes whose status the platform won't change."""
        self._now = clock

    def set_status(self, item_id: int, status: int) -> None:
        code = str(system(self.get(item_id))["outerId"])
        if code in self.refused:
            raise Refused("商品不允许操作")
        super().set_status(item_id, status)
        self.turns.append(StatusChange(self._now().astimezone(SHOP_TIME), code, Status(status)))

    def turn_by_hand(self, code: str, status: Status) -> None:
        """What a person does on the platform's own pages."""
        super().set_status(item_id(code), status)


class EventClock:
    """Days that pass in rests only."""

    def __init__(self, start: datetime = MONDAY) -> None:
        self.at = start
        self.stop_at = start + timedelta(days=7)
        self._events: list[tuple[datetime, Callable[[], object]]] = []

    def now(self) -> datetime:
        return self.at

    def last(self, **span: float) -> None:
        """End every watch after a while, such as `hours=9`."""
        self.stop_at = self.at + timedelta(**span)

    def happen(self, day: int, time: str, do: Callable[[], object]) -> None:
        """Let something happen on a day (0: the first) at a time such as `10:20`."""
        hours, minutes = map(int, time.split(":"))
        midnight = self.at.replace(hour=0, minute=0, second=0)
        self._events.append((midnight + timedelta(days=day, hours=hours, minutes=minutes), do))
        self._events.sort(key=lambda event: event[0])

    def rest(self, context: Context, seconds: float) -> None:
        """Let `seconds` pass, with all that happens in them."""
        until = self.at + timedelta(seconds=seconds)
        while self._events and self._events[0][0] <= until:
            self.at, do = self._events.pop(0)
            do()
        self.at = max(self.at, until)
        if self.at >= self.stop_at:
            context.stop.set()

    def monotonic(self) -> float:
        """The same time, in seconds."""
        return self.at.timestamp()

    def begin(self, patch: pytest.MonkeyPatch) -> None:
        """Make them the time of every command."""
        clock = property(lambda context: Clock(self.now, lambda seconds: self.rest(context, seconds), self.monotonic))
        patch.setattr(Context, "clock", clock)
