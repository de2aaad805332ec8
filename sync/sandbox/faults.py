"""Which calls meet a fault of `fault_catalog.py`, and what came of it.

Example: `Sandbox(faults=Faults("drop-after@publish:2"))`. The words are those of `--faults`; see `spec.py`.
"""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from threading import Lock
from typing import NamedTuple

from sync.sandbox import fault_catalog as catalog
from sync.sandbox.fault_catalog import KINDS, NOTHING, AnswerParts, CannedReply, Effect, FaultKind, Reach
from sync.sandbox.gate import Rejected
from sync.sandbox.sales import Sales
from sync.sandbox.shop import OpenItemShop
from sync.sandbox.spec import Moment, read


class Happened(NamedTuple):
    """A call that met a fault."""

    call: int
    """Its number among the admitted calls, from 1."""
    method: str
    kind: str
    took_effect: bool | None
    """Whether the shop did what it was asked; None: that is still to come."""


@dataclass(frozen=True)
class IncomingCall:
    """A call that was admitted."""

    method: str
    shop: OpenItemShop
    now: datetime
    carry_out: Callable[[], CannedReply]
    """Does what is asked, or says the shop's no, and returns the right answer."""
    reject: Callable[[Rejected], CannedReply]
    """Makes the answer of an error."""


@dataclass(frozen=True)
class RequestOutcome:
    """What came of the calls of one request."""

    replies: Sequence[CannedReply]
    """Each call's own answer, in the order of the calls."""
    spoilers: Sequence[FaultKind]
    """Faults of the request's answer as a whole."""
    delay: float
    """Seconds that a slow answer is withheld."""
    ban: int
    """Seconds until the ban ends."""

    def spoil(self, right: CannedReply, parts: Sequence[bytes] = (), separator: bytes = b"") -> CannedReply:
        """Return what the client gets instead of `right`, which joins the `parts` of a batch.

        Raises Rejected where the request is refused as a whole.
        """
        reply = right
        for kind in self.spoilers:
            base = reply if kind.effect is Effect.NOW else NOTHING
            reply = kind.spoil(AnswerParts(base, self.delay, self.ban, parts, separator))
        return reply


class Late:
    """Calls that are carried out after their clients have given up on them."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._held: list[Callable[[], None]] = []

    def hold(self, effect: Callable[[], None], seconds: float | None) -> None:
        """Let `effect` happen in so many seconds, or only on `release` (None). For the server's own thread."""
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
        plan = read(spec)
        self.happened: list[Happened] = []
        """In the order of the calls; with those during a ban, and after a session expired."""
        self._seed = int(plan.settings.get("seed", 0))
        self.sales = Sales(plan.sales, self._seed)
        self.no_batch = bool(plan.settings.get("no-batch", 0))
        """Whether the platform has no batch route."""
        self.turned = plan.turned
        """Assumptions that stand otherwise than the shop's own."""
        self._triggers = plan.faults
        self._delay = plan.settings.get("delay", 60.0)
        self._late = plan.settings.get("late", late)
        self._ban = timedelta(seconds=plan.settings.get("ban-for", 5))
        self._banned_until: datetime | None = None
        self._expired = False
        self._calls: Counter[str] = Counter()

    def answer(self, calls: Sequence[IncomingCall], late: Late, *, batch: bool = False) -> RequestOutcome:
        """Carry out the calls of one request, or not, or leave them to `late`.

        A batch's calls may run at the same time (docs/explanation/platform.md#batches). Their order is random here,
        to catch a client that relies on it.
        """
        moments = [self._count(call) for call in calls]
        kinds = self._meet(calls, moments, batch=batch)
        replies = [NOTHING] * len(calls)
        for index in self._order(moments):
            replies[index] = self._reply(kinds[index], moments[index], calls[index], late)
        spoilers = [kind for kind in kinds if kind is not None and kind.reach is not Reach.CALL]
        ban = self._ban_left(calls[0].now) if calls else 0
        # A fault of the whole batch was met by each of its calls, and yet happened once.
        return RequestOutcome(replies, list(dict.fromkeys(spoilers)), self._delay, ban)

    def _count(self, call: IncomingCall) -> Moment:
        self._calls[call.method] += 1
        return Moment(self._calls.total(), call.method, self._calls[call.method])

    def _order(self, moments: Sequence[Moment]) -> Sequence[int]:
        order = list(range(len(moments)))
        if len(order) > 1:
            Random(f"order {self._seed} {moments[0].number}").shuffle(order)  # noqa: S311
        return order

    def _meet(
        self, calls: Sequence[IncomingCall], moments: Sequence[Moment], *, batch: bool
    ) -> Sequence[FaultKind | None]:
        met = [self._met(moment, call.now, batch=batch) for call, moment in zip(calls, moments, strict=True)]
        whole = [kind for kind in met if kind is not None and kind.reach is Reach.BATCH]
        return whole[:1] * len(calls) if whole else met

    def _met(self, moment: Moment, now: datetime, *, batch: bool) -> FaultKind | None:
        """A ban or an expired session that lasts goes before a fault that is drawn."""
        if self._expired:
            return KINDS[catalog.SESSION_EXPIRED]
        if self._ban_left(now) > 0:
            return KINDS[catalog.BAN]
        drawn = self._drawn(moment, batch=batch)
        if drawn in (catalog.BAN, catalog.BATCH_BAN):
            self._banned_until = now + self._ban
        self._expired = drawn == catalog.SESSION_EXPIRED
        return KINDS[drawn] if drawn else None

    def _drawn(self, moment: Moment, *, batch: bool) -> str | None:
        """New dice for each call, so that its fault doesn't depend on the calls that ran beside it."""
        if not self._triggers:
            return None
        dice = Random(f"{self._seed} {moment.number}")  # noqa: S311
        struck = [trigger for trigger in self._triggers if trigger.strikes(moment, dice)]
        if not batch:
            struck = [trigger for trigger in struck if KINDS[trigger.words[0]].reach is not Reach.BATCH]
        scripted = [trigger for trigger in struck if trigger.at]
        return dice.choice(dice.choice(scripted or struck).words) if struck else None

    def _reply(self, kind: FaultKind | None, moment: Moment, call: IncomingCall, late: Late) -> CannedReply:
        """Carry one call out, or not; return its own answer."""
        with self.sales.around(call.shop, moment):
            if kind is None:
                return call.carry_out()
            right = self._effect(kind, moment, call, late)
        if kind.reach is not Reach.CALL:
            return right
        try:
            return kind.spoil(AnswerParts(right, self._delay, self._ban_left(call.now)))
        except Rejected as rejected:
            return call.reject(rejected)

    def _effect(self, kind: FaultKind, moment: Moment, call: IncomingCall, late: Late) -> CannedReply:
        index = len(self.happened)
        self.happened.append(Happened(moment.number, call.method, kind.name, None))

        def settle(took_effect: bool) -> None:
            self.happened[index] = self.happened[index]._replace(took_effect=took_effect)

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
        """Return whole seconds, rounded up: a client that waits for them has waited long enough."""
        return math.ceil((self._banned_until - now).total_seconds()) if self._banned_until else 0
