"""Trouble on request: which calls meet a fault of `kinds.py`, and what came of it.

`Sandbox(faults=Faults("drop-after@publish:2"))`: the words are those of `--faults` and stand in `spec.py`.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from typing import NamedTuple

from sync.sandbox.kinds import BAN, KINDS, NOTHING, SESSION_EXPIRED, Effect, Kind, Reply, Scene
from sync.sandbox.sales import Sales
from sync.sandbox.shop import Shop
from sync.sandbox.spec import Moment, read


class Happened(NamedTuple):
    """A call that met a fault."""

    call: int
    """Its number among the calls that came through the door, from 1."""
    method: str
    kind: str
    took_effect: bool | None
    """Whether the shop did what it was asked; None: that is still to come."""


@dataclass(frozen=True)
class Call:
    """A call that came through the door."""

    method: str
    shop: Shop
    now: datetime
    carry_out: Callable[[], Reply]
    """Does what is asked, or says the shop's no, and returns the right answer."""


class Late:
    """Calls that their clients have given up on, and that are carried out all the same."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: list[Callable[[], None]] = []

    def hold(self, effect: Callable[[], None], seconds: float | None) -> None:
        """Let `effect` happen in so many seconds, or only when told to (None). For the server's own thread."""
        with self._lock:
            self._held.append(effect)
        if seconds is not None:
            asyncio.get_running_loop().call_later(seconds, self._happen, effect)

    def release(self) -> int:
        """Let all that is held happen now, in the order it came, and return how many that was."""
        with self._lock:
            held, self._held = self._held, []
            for effect in held:
                effect()
            return len(held)

    def _happen(self, effect: Callable[[], None]) -> None:
        with self._lock:
            if effect in self._held:
                self._held.remove(effect)
                effect()


class Faults:
    """Decides by seed, or by script, which calls go wrong and how; keeps the list of those that did.

    Counts calls from when it is made. A ban is over when its seconds have passed on the server's clock; an expired
    session stays so until the sandbox is given other faults.
    """

    def __init__(self, spec: str = "", *, late: float | None = None) -> None:
        """Read `spec`; raises BadSpec. `late`: seconds until a late effect, where `spec` doesn't say."""
        told = read(spec)
        self.happened: list[Happened] = []
        """In the order of the calls; with those during a ban, and after a session expired."""
        self._seed = int(told.settings.get("seed", 0))
        self.sales = Sales(told.sales, self._seed)
        self._triggers = told.faults
        self._delay = told.settings.get("delay", 60.0)
        self._late = told.settings.get("late", late)
        self._ban = timedelta(seconds=told.settings.get("ban-for", 5))
        self._banned_until: datetime | None = None
        self._expired = False
        self._calls: Counter[str] = Counter()

    def answer(self, call: Call, late: Late) -> Reply:
        """Carry `call` out, or not, or leave it to `late`, and return what its client gets.

        Raises Rejected where that is an `error_response`.
        """
        self._calls[call.method] += 1
        moment = Moment(self._calls.total(), call.method, self._calls[call.method])
        with self.sales.around(call.shop, moment):
            kind = self._met(moment, call.now)
            if kind is None:
                return call.carry_out()
            right = self._effect(kind, moment, call, late)
            return kind.answer(Scene(right, self._delay, self._ban_left(call.now)))

    def _met(self, moment: Moment, now: datetime) -> Kind | None:
        """What lasts goes before what is drawn."""
        if self._expired:
            return KINDS[SESSION_EXPIRED]
        if self._ban_left(now) > 0:
            return KINDS[BAN]
        drawn = self._drawn(moment)
        if drawn == BAN:
            self._banned_until = now + self._ban
        self._expired = drawn == SESSION_EXPIRED
        return KINDS[drawn] if drawn else None

    def _drawn(self, moment: Moment) -> str | None:
        """New dice for each call, so that its fault doesn't depend on the calls that ran beside it."""
        dice = Random(f"{self._seed} {moment.number}")  # noqa: S311
        struck = [trigger for trigger in self._triggers if trigger.strikes(moment, dice)]
        scripted = [trigger for trigger in struck if trigger.at]
        return dice.choice(dice.choice(scripted or struck).words) if struck else None

    def _effect(self, kind: Kind, moment: Moment, call: Call, late: Late) -> Reply:
        place = len(self.happened)
        self.happened.append(Happened(moment.number, call.method, kind.name, None))

        def settle(took_effect: bool) -> None:
            self.happened[place] = self.happened[place]._replace(took_effect=took_effect)

        match kind.effect:
            case Effect.NOW:
                right = call.carry_out()
                settle(right.success)
                return right
            case Effect.LATE:
                late.hold(lambda: settle(call.carry_out().success), self._late)
            case Effect.NEVER:
                settle(took_effect=False)
        return NOTHING

    def _ban_left(self, now: datetime) -> int:
        """Whole seconds, upwards: who waits for them has waited long enough."""
        return math.ceil((self._banned_until - now).total_seconds()) if self._banned_until else 0
