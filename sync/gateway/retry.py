"""What goes again, how often, and in what company: one `send` on its way until each of its calls has its answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from time import monotonic

from sync.gateway.errors import FailureKind, Treatment
from sync.gateway.pace import OnHold
from sync.gateway.protocol import Success
from sync.messages import Message, say

ATTEMPTS = 4
"""How often a call is sent at most, where sending it again can do no harm; more only while it travels in company."""
BANS = 20
"""How often a call is turned away by a limit at most: others may be calling as the same application."""
RETRIES = 100
"""Requests that a run may send again; each one that is answered earns half of another, up to as many."""
SILENCES = 20
"""So many requests in a row without an answer that can be trusted, and the gateway is taken to be down."""
PROBE = 30.0
"""Seconds after which one request finds out whether a gateway that was taken to be down is back."""


@dataclass(frozen=True)
class OutgoingCall:
    """One call as the client carries it: spelt, but not yet signed."""

    method: str
    params: Mapping[str, str]
    item_id: str | None = None
    repeatable: bool = False
    """Sending it twice does no harm (a read), so a lost one is sent again."""


@dataclass(frozen=True)
class CallAnswer:
    """What came of one errand. At most one of the four tells; none: a person asked to stop before it left."""

    success: Success | None = None
    refused: Treatment | None = None
    lost: Message | None = None
    """Sent, and no answer that can be trusted."""
    unsent: Message | None = None
    """It never left or never arrived, and no further one will."""
    request_id: str | None = None

    @property
    def silent(self) -> bool:
        """Whether nobody knows what became of the call."""
        return self.lost is not None or (self.refused is not None and self.refused.executed)

    @property
    def limited(self) -> bool:
        """Whether it was too early, and nobody said by how much."""
        return self.refused is not None and self.refused.kind is FailureKind.WAIT and self.refused.wait is None

    @property
    def closing(self) -> Message | None:
        """Why no further call will pass."""
        if self.refused is not None and self.refused.kind in (
            FailureKind.WAIT,
            FailureKind.SESSION,
            FailureKind.STOP,
        ):
            return self.refused.message
        return self.unsent


@dataclass(frozen=True)
class Exchange:
    """What came of one request."""

    answers: tuple[CallAnswer, ...]
    """One for each of its calls."""
    whole: bool = False
    """They were answered, or lost, all as one."""
    passes_now: frozenset[FailureKind] = frozenset()
    """Kinds of refusal whose reason has been dealt with: a ban that will be waited for, a token that was renewed."""


class Trouble:
    """How much trouble a client bears before it gives up. Safe to use from several threads."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
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

    def grant(self) -> bool:
        """Take one of the retries that are left; False: none is."""
        with self._lock:
            if self._retries < 1:
                return False
            self._retries -= 1
            return True

    def check(self) -> None:
        """Raise Held if the gateway is taken to be down; but let one request through from time to time."""
        with self._lock:
            if self._silences < SILENCES:
                return
            if self._clock() < self._probe_at:
                raise OnHold(say("gateway.silent", times=SILENCES))
            self._probe_at = self._clock() + PROBE


class Sending:
    """Errands on their way, in rounds: each sends the groups that are due, and fills those of the next."""

    def __init__(self, errands: Sequence[OutgoingCall], trouble: Trouble) -> None:
        self.errands = errands
        self.tries = [0] * len(errands)
        """How often each was sent."""
        self.weary = False
        """Whether a pause is due before the next round, of a length that nobody told us."""
        self.renewed = False
        """Whether the access token was exchanged on the way: that helps once or never."""
        self._trouble = trouble
        self._answers = [CallAnswer()] * len(errands)
        self._open = set(range(len(errands)))
        self._due: list[list[int]] = [list(self._open)]

    @property
    def under_way(self) -> bool:
        """Whether another round is due."""
        return bool(self._due)

    def round(self) -> list[list[int]]:
        """Return the groups that are due, each to be sent together, by their places among the errands."""
        due, self._due, self.weary = self._due, [], False
        return due

    def take(self, group: Sequence[int], post: Exchange) -> None:
        """Take what came of a group. Raises Held if an answer says that no further call will pass."""
        again = []
        for place, answer in zip(group, post.answers, strict=True):
            self._answers[place] = answer
            self.tries[place] += 1
            if self._goes_again(place, post, company=len(group) > 1):
                again.append(place)
            else:
                self._open.discard(place)
        self._send_again(again, apart=post.whole and not post.passes_now)
        closing = [self._answers[place].closing for place in group if place not in again]
        if why := next((message for message in closing if message), None):
            raise OnHold(why)

    def close(self, why: Message | None) -> list[CallAnswer]:
        """Return all answers; what still waits for one stands as if it had never left, and no harm is done by that.

        For it either surely had no effect, or may be sent twice.
        """
        for place in self._open:
            self._answers[place] = CallAnswer(unsent=why)
        return self._answers

    def _goes_again(self, place: int, post: Exchange, *, company: bool) -> bool:
        answer, refused = self._answers[place], self._answers[place].refused
        if answer.silent:
            tired = self.tries[place] >= ATTEMPTS and not (post.whole and company)
            return self.errands[place].repeatable and not tired
        if refused is None:
            return False
        if post.whole and company and refused.kind is FailureKind.ROW:
            # One of them is to blame, and none was executed.
            return True
        most = BANS if refused.kind is FailureKind.WAIT and not answer.limited else ATTEMPTS
        return refused.again and refused.kind in post.passes_now and self.tries[place] < most

    def _send_again(self, places: list[int], *, apart: bool) -> None:
        half = (len(places) + 1) // 2 if apart else len(places)
        for group in (places[:half], places[half:]):
            if group and self._granted(group):
                self._due.append(group)

    def _granted(self, group: list[int]) -> bool:
        """Whether a group may go again. What was lost needs leave; what was refused surely costs nobody anything."""
        answers = [self._answers[place] for place in group]
        self.weary = self.weary or any(answer.silent or answer.limited for answer in answers)
        if not any(answer.silent for answer in answers) or self._trouble.grant():
            return True
        self._open.difference_update(group)
        return False
