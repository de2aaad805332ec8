"""The HTTP client: signs, paces, sends, waits when told to, and says honestly what became of each call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from urllib.parse import urlencode

from tenacity import RetryCallState, Retrying, retry_if_result, stop_never, wait_exponential, wait_random

from sync.errors import Refusal
from sync.gateway import batch
from sync.gateway.auth import Access
from sync.gateway.errors import NO_BATCHES, FailureKind, treat
from sync.gateway.log import LogLine
from sync.gateway.pace import Limiter, OnHold
from sync.gateway.protocol import Failure, Garbled, SignMethod, parse, sign, timestamp, without
from sync.gateway.retry import CallAnswer, Exchange, OutgoingCall, Sending, Trouble
from sync.gateway.transport import FORM, Received, Transport, Unanswered, check_address
from sync.item import clock_text
from sync.messages import Message, say

NO_ROUTE = (404, 405)
"""HTTP statuses that say that there is nothing at an address. A proxy says them of what was executed, too."""
WORTH_TELLING = 5.0
"""Seconds: a shorter ban is over before anybody has read of it."""
_BACKING_OFF = wait_exponential(multiplier=0.5, max=20) + wait_random(0, 1)


@dataclass(frozen=True)
class Credentials:
    """Who calls. Never shown: not in `repr`, not in an error."""

    app_key: str
    app_secret: str = field(repr=False)
    access: Access = field(repr=False)
    sign_method: SignMethod = SignMethod.HMAC_SHA256
    given_by: str = ""
    """The variable or setting that gave the access token; empty: a login did."""


class _NoBatches(Exception):
    """The gateway has no batch route, and it does no harm to send every call of the request again, by itself."""


class Client:
    """Calls methods of one gateway for one seller. Safe to use from several threads."""

    def __init__(
        self,
        gateway: str,
        credentials: Credentials,
        *,
        wire: Transport | None = None,
        limiter: Limiter | None = None,
        batch_size: int = batch.MOST,
        log: Callable[[LogLine], None] | None = None,
        tell: Callable[[Message], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """Prepare to call `gateway` (an address ending in `/router/rest`).

        `batch_size`: calls in one request at most. `tell`: told what a person should know while calls go on.
        Raises Refusal for plain HTTP to anywhere but this machine and the platform's own sandbox.
        """
        check_address(gateway)
        self._gateway = gateway
        self._credentials = credentials
        self._wire = wire or Transport()
        self._limiter = limiter or Limiter()
        self._log = log
        self._tell = tell
        self._trouble = Trouble(clock)
        self._telling = Lock()
        self._told_until = self._limiter.now()
        """The end of the latest ban that a person was told of."""
        self.batch_size = batch_size
        """Calls that may leave together; 1 once the gateway turned out to have no batch route."""
        self._batch_worked = False
        """Whether a batch was ever answered as one: then there is a route, whatever is said of it afterwards."""

    def send(self, errands: Sequence[OutgoingCall]) -> list[CallAnswer]:
        """Carry errands out, as many as possible in one request; their answers come in the same order.

        No two of them may be for the same item: the platform may run the calls of a request at the same time.
        """
        sending = Sending(errands, self._trouble)
        tries = Retrying(
            sleep=self._limiter.rest,
            stop=stop_never,
            wait=_wait,
            retry=retry_if_result(lambda sent: sent.under_way),
        )
        try:
            tries(self._round, sending)
        except OnHold as held:
            return sending.close(held.why)
        except Refusal as refusal:
            # The ledger stands in the state, which can fail too; nothing leaves uncounted.
            return sending.close(refusal.message)
        return sending.close(None)

    def abandon(self) -> None:
        """Let no further call leave, and end all pauses."""
        self._limiter.stop.set()

    def _round(self, sending: Sending) -> Sending:
        for group in sending.round():
            left = group
            while left:
                self._trouble.check()
                part = left[: self.batch_size]
                part = part[: self._limiter.admit([sending.errands[place].method for place in part])]
                with suppress(_NoBatches):
                    sending.take(part, self._post(part, sending))
                    left = left[len(part) :]
        return sending

    def _post(self, places: Sequence[int], sending: Sending) -> Exchange:
        """Send some errands in one request. Raises _NoBatches."""
        errands = [sending.errands[place] for place in places]
        left_at = self._limiter.now()
        token = self._credentials.access.token()
        post = self._read(self._exchange(errands, token), errands, token)
        self._trouble.note(answered=not all(answer.silent for answer in post.answers))
        self._write_down(places, sending, post, left_at)
        return self._deal_with(post, token, sending)

    def _exchange(self, errands: Sequence[OutgoingCall], token: str) -> Received | Unanswered:
        if len(errands) == 1:
            form = self._signed({"method": errands[0].method, **errands[0].params}, token)
            return self._wire.post(self._gateway, urlencode(form).encode(), FORM)
        body = batch.compose([(errand.method, errand.params) for errand in errands])
        query = urlencode(self._signed({}, token, body))
        return self._wire.post(f"{batch.address(self._gateway)}?{query}", body.encode(), batch.CONTENT_TYPE)

    def _signed(self, params: Mapping[str, str], token: str, body: str = "") -> dict[str, str]:
        public = {
            "app_key": self._credentials.app_key,
            "session": token,
            "timestamp": timestamp(self._limiter.now()),
            "format": "json",
            "v": "2.0",
            "sign_method": self._credentials.sign_method.value,
        }
        both = {**public, **params}
        return {**both, "sign": sign(both, self._credentials.app_secret, self._credentials.sign_method, body)}

    def _read(self, exchange: Received | Unanswered, errands: Sequence[OutgoingCall], token: str) -> Exchange:
        if isinstance(exchange, Unanswered):
            answer = CallAnswer(lost=exchange.why) if exchange.connected else CallAnswer(unsent=exchange.why)
            return Exchange((answer,) * len(errands), whole=True)
        body = self._without_secrets(exchange.body, token)
        if len(errands) == 1:
            return Exchange((self._answer(body, errands[0].method),), whole=True)
        try:
            parts = batch.split(body, len(errands))
        except Garbled as garbled:
            return Exchange((self._as_one(body, exchange.status, garbled, errands),) * len(errands), whole=True)
        self._batch_worked = True
        return Exchange(tuple(self._answer(part, errand.method) for part, errand in zip(parts, errands, strict=True)))

    def _answer(self, body: bytes, method: str) -> CallAnswer:
        try:
            parsed = parse(body, method)
        except Garbled as garbled:
            return CallAnswer(lost=say("gateway.garbled", reason=str(garbled)))
        if isinstance(parsed, Failure):
            return self._refused(parsed)
        return CallAnswer(success=parsed, request_id=parsed.request_id)

    def _refused(self, failure: Failure) -> CallAnswer:
        treatment = treat(failure)
        if treatment.kind is FailureKind.SESSION and self._credentials.given_by:
            # A new login wouldn't help: what gave the token is stronger.
            given = say("gateway.session.given", name=self._credentials.given_by)
            message = say(treatment.message.code, **{**treatment.message.args, "then": given})
            treatment = replace(treatment, message=message)
        return CallAnswer(refused=treatment, request_id=failure.request_id)

    def _as_one(self, body: bytes, status: int, garbled: Garbled, errands: Sequence[OutgoingCall]) -> CallAnswer:
        """Read what answers a batch as one: the platform refuses it, or it can't be trusted. Raises _NoBatches.

        That there is no route is believed of a gateway's first batch only. The gateway itself knows that it executed
        nothing; of a mere page nobody does, so only readings go again at once.
        """
        failure = _failure(body)
        no_route = status in NO_ROUTE if failure is None else failure.code in NO_BATCHES
        if no_route and not self._batch_worked:
            self._go_single()
            if failure is not None or all(errand.repeatable for errand in errands):
                raise _NoBatches
        if failure is None or no_route:
            return CallAnswer(lost=say("gateway.garbled", reason=str(garbled)))
        return self._refused(failure)

    def _go_single(self) -> None:
        with self._telling:
            told, self.batch_size = self.batch_size == 1, 1
        if not told:
            self._tell(say("gateway.no_batches"))

    def _deal_with(self, post: Exchange, token: str, sending: Sending) -> Exchange:
        """Do what lets refused calls pass: wait as told, or renew the token."""
        refusals = [answer.refused for answer in post.answers if answer.refused]
        dealt_with = set()
        if limits := [refused for refused in refusals if refused.kind is FailureKind.WAIT]:
            told = max(refused.wait or 0.0 for refused in limits)
            if not self._limiter.ban(told):
                return self._banned(post, told)
            self._tell_of_ban(told)
            dealt_with.add(FailureKind.WAIT)
        if any(refused.kind is FailureKind.SESSION for refused in refusals) and not sending.renewed:
            sending.renewed = True
            if self._credentials.access.renewed(token) is not None:
                dealt_with.add(FailureKind.SESSION)
        return replace(post, passes_now=frozenset(dealt_with))

    def _banned(self, post: Exchange, seconds: float) -> Exchange:
        """Put into the answers when the ban ends, as it is too long to be waited for."""
        until = clock_text(self._limiter.now() + timedelta(seconds=seconds))
        message = say("gateway.banned", until=until)
        return replace(
            post,
            answers=tuple(
                replace(answer, refused=replace(answer.refused, message=message))
                if answer.refused and answer.refused.kind is FailureKind.WAIT
                else answer
                for answer in post.answers
            ),
        )

    def _tell_of_ban(self, seconds: float) -> None:
        """Say until when everything pauses: once, though each request that is under way hears of the same ban."""
        now = self._limiter.now()
        until = now + timedelta(seconds=seconds)
        with self._telling:
            news = (until - max(now, self._told_until)).total_seconds() >= WORTH_TELLING
            self._told_until = until if news else self._told_until
        if news:
            self._tell(say("gateway.waiting", until=clock_text(until, seconds=True)))

    def _without_secrets(self, body: bytes, token: str) -> bytes:
        """The platform's own words go into sheets and reports, and they may echo what was sent."""
        return without((self._credentials.app_secret, token), body)

    def _write_down(self, places: Sequence[int], sending: Sending, post: Exchange, left_at: datetime) -> None:
        if self._log is None:
            return
        now = self._limiter.now()
        for place, answer in zip(places, post.answers, strict=True):
            errand = sending.errands[place]
            self._log(
                LogLine(
                    time=now.astimezone(UTC).isoformat(timespec="milliseconds"),
                    method=errand.method,
                    item=errand.item_id,
                    outcome=_outcome(answer),
                    seconds=round((now - left_at).total_seconds(), 3),
                    attempt=sending.tries[place] + 1,
                    batch=len(places),
                    code=answer.refused.code if answer.refused else None,
                    request_id=answer.request_id,
                )
            )


def _wait(state: RetryCallState) -> float:
    """Back off after what was lost; for a ban, the limiter waits."""
    weary = state.outcome is not None and state.outcome.result().weary
    return _BACKING_OFF(state) if weary else 0.0


def _failure(body: bytes) -> Failure | None:
    try:
        parsed = parse(body)
    except Garbled:
        return None
    return parsed if isinstance(parsed, Failure) else None


def _outcome(answer: CallAnswer) -> str:
    if answer.silent:
        return "lost"
    if answer.unsent is not None:
        return "not sent"
    said_no = answer.success is not None and answer.success.fields.get("success") in (False, "false")
    return "refused" if said_no or answer.refused is not None else "done"
