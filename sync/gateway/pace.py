"""How fast calls may leave: rate limits and daily quotas, of the application and of each method.

The platform counts by application and method (docs/explanation/platform.md#quotas), so all processes that call as one
application count together: in a `UsageLedger`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from threading import Event, Lock
from time import monotonic
from typing import NamedTuple, Protocol

from sync.gateway.batch import MAX_CALLS
from sync.limits import RateLimit, Reservation
from sync.messages import Message, say

USED = 0.98
"""The share of a limit that is used: calls never leave on the microsecond, and a ban costs more than what is left."""
FRESH = 1.0
"""Seconds after which a reservation isn't used any more: others have planned the time since for theirs."""


class Charge(NamedTuple):
    """Calls that are to be counted against today's quota of one name: a method, or "" for all calls together."""

    name: str
    calls: int
    most: int
    """The quota."""


class UsageLedger(Protocol):
    """What all processes of one application have called. `name`: a method, or "" for all calls together."""

    def reserve(self, name: str, cost: int, longest: int, now: Callable[[], datetime]) -> Reservation:
        """Reserve the next place in the flow of `name` for calls that take `cost` of its time.

        `longest`: the cost of the most calls that leave together. Both in microseconds. `now`: the time, where the
        ledger has no clock of its own.
        """

    def spend(self, charges: Sequence[Charge], now: datetime) -> bool:
        """Count calls against today's quotas, all of them or none; False: of one, not enough is left."""

    def spent(self, name: str, now: datetime) -> int:
        """Return how many calls of today's quota are used."""


def batch_size(most: int, limit: RateLimit) -> int:
    """Return how many calls may leave in one request, of the `most` that are asked for.

    A fifth of a second's calls at most, so that no second ever exceeds its limit by more than one small batch.
    """
    a_second = limit.calls_per_second
    return most if a_second is None else max(1, min(most, int(a_second / 5)))


class OnHold(Exception):
    """No call may leave now."""

    def __init__(self, why: Message | None) -> None:
        """`why`: for staff; None: they asked to stop."""
        super().__init__(why.code if why else "stop")
        self.why = why


class Limiter:
    """Lets calls leave one request after another, when all limits allow it. Safe to use from several threads."""

    def __init__(
        self,
        limits: Mapping[str, RateLimit],
        ledger: UsageLedger,
        *,
        patience: float = 120.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = monotonic,
        stop: Event | None = None,
        pause: Callable[[float], object] | None = None,
    ) -> None:
        """`limits`: by method, the application's own under "". `patience`: seconds of the longest ban to wait for.

        `monotonic`: seconds by a clock that nobody sets, by which a ban ends.
        `stop` asks to let no further call leave, and ends a pause unless `pause` has another way of waiting.
        """
        self.now = now
        self.stop = stop or Event()
        self._pause = pause or self.stop.wait
        self._patience = patience
        self._ledger = ledger
        # The application's limit comes last: a call that has waited for its method's limit leaves at once.
        own = sorted(limits.items(), reverse=True)
        self._flows = [_Flow(name, limit) for name, limit in own if limit.calls_per_second]
        self._quotas = {name: limit.calls_per_day for name, limit in own if limit.calls_per_day is not None}
        self._monotonic = monotonic
        self._banned_until = monotonic()
        self._turn = Lock()

    def admit(self, methods: Sequence[str]) -> int:
        """Wait until the first of these calls may leave together; return how many, at least 1, and count them.

        Raises OnHold if none may before long: the day's quota is used up, or somebody asked to stop.
        """
        # One thread at a time: one that waits for a second limit would use the first one's permission too late.
        with self._turn:
            self.sleep(0)
            fitting = _first(methods, {flow.name: flow.burst for flow in self._flows})
            concerned = {flow: calls for flow in self._flows if (calls := _count(fitting, flow.name))}
            due: dict[_Flow, float] = {}
            while True:
                self.sleep(self._banned_until - self._monotonic())
                oldest = self._monotonic() - FRESH
                without = next((flow for flow in concerned if due.get(flow, oldest - 1) < oldest), None)
                if without is None:
                    return self._spend(fitting)
                due[without] = self._reserved(without, concerned[without])

    def _reserved(self, flow: _Flow, calls: int) -> float:
        """Wait until so many calls may leave by one limit; return when that was, by the clock that nobody sets."""
        while True:
            asked = self._monotonic()
            place = self._ledger.reserve(flow.name, calls * flow.spacing, flow.burst * flow.spacing, self.now)
            self.sleep(place.wait)
            if place.granted:
                # From the question on, as nobody knows how long the answer was under way.
                return asked + place.wait

    def ban(self, seconds: float) -> bool:
        """Let no call leave for so long; False: that is longer than `patience`."""
        if seconds > self._patience:
            return False
        self._banned_until = max(self._banned_until, self._monotonic() + seconds)
        return True

    def sleep(self, seconds: float) -> None:
        """Wait; raises OnHold if somebody asked to stop."""
        if seconds > 0 and not self.stop.is_set():
            self._pause(seconds)
        if self.stop.is_set():
            raise OnHold(None)

    def _spend(self, methods: Sequence[str]) -> int:
        """Count as many of the first calls as the day's quotas still hold; raises OnHold if that is none."""
        while True:
            now = self.now()
            # A quota that was lowered since may be overdrawn; calls that it doesn't count go on all the same.
            left = {name: max(0, most - self._ledger.spent(name, now)) for name, most in self._quotas.items()}
            fitting = _first(methods, left)
            if not fitting:
                full = next(name for name in left if _count(methods[:1], name) > left[name])
                raise OnHold(_used_up(full, self._quotas[full]))
            charges = [Charge(name, _count(fitting, name), most) for name, most in self._quotas.items()]
            # False: another process was faster, so try again with what is left.
            if self._ledger.spend([charge for charge in charges if charge.calls], now):
                return len(fitting)


class _Flow:
    """The steady flow of one limit: a call every so many microseconds."""

    def __init__(self, name: str, limit: RateLimit) -> None:
        self.name = name
        self.burst = batch_size(MAX_CALLS, limit)
        """Calls that leave together at most."""
        self.spacing = round(1_000_000 / ((limit.calls_per_second or 1) * USED))
        """Microseconds of each call."""


def _count(methods: Sequence[str], name: str) -> int:
    return len(methods) if name == "" else sum(method == name for method in methods)


def _first(methods: Sequence[str], most: Mapping[str, int]) -> Sequence[str]:
    """Return the longest beginning in which no name has more than its most."""
    for calls in range(len(methods), 0, -1):
        if all(_count(methods[:calls], name) <= limit for name, limit in most.items()):
            return methods[:calls]
    return ()


def _used_up(name: str, most: int) -> Message:
    return say("gateway.quota.method", most=most, method=name) if name else say("gateway.quota", most=most)
