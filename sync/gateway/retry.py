"""Which calls are sent again, how often, and together with which others, until each has its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import inf
from random import random
from threading import Lock
from time import monotonic

from sync.gateway.errors import FailureKind, Treatment
from sync.gateway.pace import OnHold
from sync.gateway.protocol import Success
from sync.messages import Message, say

ATTEMPTS = 4
"""How often a call is sent at most, where sending it again does no harm."""
BANS = 20
"""How often a call is turned away by a limit at most: others may be calling as the same application."""
RETRIES = 100
"""Requests that a run may send again; each one that is answered earns half of another, up to as many."""
SILENCES = 20
"""After so many requests in a row without an answer that can be trusted, the gateway counts as down."""
PROBE = 30.0
"""Seconds after which one request tries whether a gateway that counts as down is back."""
LONGEST_BACKOFF = 20.0
"""Seconds, and up to one more by chance."""


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """One call as the platform names it, not yet signed."""

    method: str
    params: Mapping[str, str]
    item_id: str | None = None
    repeatable: bool = False
    """Sending it twice does no harm (a read), so a lost one is sent again."""


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What came of one call. At most one of the first four is set; none: a person asked to stop before it left."""

    success: Success | None = None
    refused: Treatment | None = None
    lost: Message | None = None
    """Sent, and no answer that can be trusted."""
    unsent: Message | None = None
    """It never left or never arrived, and no further one will."""
    request_id: str | None = None

    @property
    def in_doubt(self) -> bool:
        """Whether nobody knows if the call was executed."""
        return self.lost is not None or (self.refused is not None and self.refused.kind is FailureKind.LATER)

    @property
    def limited_for_unknown_time(self) -> bool:
        """Whether a limit refused it, and the platform didn't say for how long."""
        return self.refused is not None and self.refused.kind is FailureKind.WAIT and self.refused.wait is None

    @property
    def stops_all(self) -> Message | None:
        """Why no further call will pass; None: one may."""
        if self.refused is not None and self.refused.kind not in (FailureKind.LATER, FailureKind.ROW):
            return self.refused.message
        return self.unsent


@dataclass(frozen=True, slots=True)
class Exchange:
    """What came of one request."""

    answers: tuple[CallAnswer, ...]
    """One for each of its calls."""
    as_one: bool = False
    """Its calls were refused or lost all together."""
    resolved: frozenset[FailureKind] = frozenset()
    """Reasons for a no that hold no more: a limit that will be waited for, a token that was renewed."""


def attempts_allowed(call: OutgoingCall, answer: CallAnswer, exchange: Exchange) -> float:
    """Return how often a call may be sent in all, now that this came of it."""
    refused = answer.refused
    kind = refused.kind if refused else None
    batch_failed = exchange.as_one and len(exchange.answers) > 1
    table = (
        (answer.in_doubt and not call.repeatable, 1),
        # A batch that failed as one goes again in halves, so no call goes on for ever.
        (answer.in_doubt and batch_failed, inf),
        (answer.in_doubt, ATTEMPTS),
        # One of its calls is to blame, and none was executed.
        (kind is FailureKind.ROW and batch_failed, inf),
        (kind not in exchange.resolved, 1),
        (kind is FailureKind.WAIT and not answer.limited_for_unknown_time, BANS),
        (True, ATTEMPTS),
    )
    return next(most for holds, most in table if holds)


class CircuitBreaker:
    """A budget of retries, and a stop after many requests without an answer. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """`clock`: seconds."""
        self._clock = clock
        self._lock = Lock()
        self._retries = float(RETRIES)
        self._silences = 0
        self._probe_at = 0.0

    def note(self, *, answered: bool) -> None:
        """Take note of a request's fate."""
        with self._lock:
            self._silences = 0 if answered else self._silences + 1
            self._probe_at = self._clock() + PROBE
            self._retries = min(RETRIES, self._retries + 0.5) if answered else self._retries

    def take_retry(self) -> bool:
        """Take one of the retries that are left; False: none is."""
        with self._lock:
            if self._retries < 1:
                return False
            self._retries -= 1
            return True

    def check(self) -> None:
        """Raise OnHold if the gateway counts as down; but let one request through every `PROBE` seconds."""
        with self._lock:
            if self._silences < SILENCES:
                return
            if self._clock() < self._probe_at:
                raise OnHold(say("gateway.silent", times=SILENCES))
            self._probe_at = self._clock() + PROBE


class Sending:
    """Calls on their way, in rounds: each round sends the groups that are due, and fills those of the next."""

    def __init__(self, calls: Sequence[OutgoingCall], breaker: CircuitBreaker) -> None:
        self.calls = calls
        self.attempts = [0] * len(calls)
        """How often each was sent."""
        self.token_renewed = False
        """Whether the access token was exchanged on the way: that helps once or never."""
        self._breaker = breaker
        self._answers = [CallAnswer()] * len(calls)
        self._open = set(range(len(calls)))
        self._due: list[list[int]] = [list(self._open)]
        self._rounds = 0
        self._needs_backoff = False
        """Whether a pause is due before the next round whose length is ours to choose."""

    @property
    def unfinished(self) -> bool:
        """Whether another round is due."""
        return bool(self._due)

    def next_round(self) -> list[list[int]]:
        """Return the groups that are due, each to be sent together, by their numbers among the calls."""
        due, self._due, self._needs_backoff = self._due, [], False
        self._rounds += 1
        return due

    def backoff(self) -> float:
        """Return the seconds to wait before the next round. What a limit said is waited for elsewhere."""
        return min(LONGEST_BACKOFF, 0.25 * 2**self._rounds) + random() if self._needs_backoff else 0.0  # noqa: S311

    def record(self, group: Sequence[int], exchange: Exchange) -> None:
        """Record what came of a group. Raises OnHold if an answer says that no further call will pass."""
        again = []
        for number, answer in zip(group, exchange.answers, strict=True):
            self._answers[number] = answer
            self.attempts[number] += 1
            if self.attempts[number] < attempts_allowed(self.calls[number], answer, exchange):
                again.append(number)
        self._open.difference_update(set(group) - set(again))
        in_halves = exchange.as_one and not exchange.resolved
        half = (len(again) + 1) // 2 if in_halves else len(again)
        for part in filter(None, (again[:half], again[half:])):
            self._send_again(part)
        stops = [self._answers[number].stops_all for number in group if number not in again]
        if why := next(filter(None, stops), None):
            raise OnHold(why)

    def close(self, why: Message | None) -> list[CallAnswer]:
        """Return all answers. A call that would have gone again counts as never sent.

        That does no harm: it surely had no effect, or may be sent twice.
        """
        for number in self._open:
            self._answers[number] = CallAnswer(unsent=why)
        return self._answers

    def _send_again(self, group: list[int]) -> None:
        """Let a group go again, if it surely wasn't executed, or a retry is left."""
        answers = [self._answers[number] for number in group]
        in_doubt = any(answer.in_doubt for answer in answers)
        if in_doubt and not self._breaker.take_retry():
            self._open.difference_update(group)
            return
        self._needs_backoff |= in_doubt or any(answer.limited_for_unknown_time for answer in answers)
        self._due.append(group)
