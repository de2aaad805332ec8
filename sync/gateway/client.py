"""The HTTP client: signs calls, sends them at the allowed pace, and reports what became of each."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic
from urllib.parse import urlencode

from sync.errors import Refusal
from sync.gateway import batch
from sync.gateway.credentials import Credentials
from sync.gateway.errors import NO_BATCHES, FailureKind, treat
from sync.gateway.log import LogLine
from sync.gateway.pace import Limiter, OnHold
from sync.gateway.protocol import Failure, Garbled, parse, without
from sync.gateway.received import Received, Unanswered
from sync.gateway.retry import CallAnswer, CircuitBreaker, Exchange, OutgoingCall, Sending
from sync.gateway.transport import FORM, Transport, check_address
from sync.item import clock_text
from sync.messages import Message, say

NO_ROUTE = (404, 405)
"""HTTP statuses for an address without anything behind it. A proxy may send them for a call that was executed."""
SHORTEST_ANNOUNCED = 5.0
"""Seconds: a shorter ban is over before anybody could read the message."""


class _NoBatchRoute(Exception):
    """The gateway has no batch route, and it does no harm to send every call of the request again, by itself."""


class Client:
    """Calls methods of one gateway for one seller. Safe to use from several threads."""

    def __init__(
        self,
        gateway: str,
        credentials: Credentials,
        limiter: Limiter,
        *,
        transport: Transport | None = None,
        batch_size: int = batch.MAX_CALLS,
        log: Callable[[LogLine], None] | None = None,
        notify: Callable[[Message], None] = lambda _: None,
        clock: Callable[[], float] = monotonic,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        """Prepare to call `gateway` (an address ending in `/router/rest`).

        `batch_size`: calls in one request at most. `notify` hears what a person should know while calls go on.
        `check` is asked just before a request leaves, and raises Refusal where it must not.
        Raises Refusal for plain HTTP to anywhere but this machine and the platform's own sandbox.
        """
        check_address(gateway)
        self._gateway = gateway
        self._credentials = credentials
        self._transport = transport or Transport()
        self._limiter = limiter
        self._log = log
        self._notify = notify
        self._breaker = CircuitBreaker(clock)
        self._check = check
        self._lock = Lock()
        self._announced_until = limiter.now()
        """The end of the latest ban that was announced."""
        self.batch_size = batch_size
        """Calls that may leave together; 1 once the gateway turned out to have no batch route."""
        self._batch_worked = False
        """Whether a batch was ever answered as one: then there is a batch route, whatever an answer says later."""

    def send(self, calls: Sequence[OutgoingCall]) -> list[CallAnswer]:
        """Carry calls out, as many as possible in one request; their answers come in the same order.

        No two of them may be for the same item: the platform may run the calls of a request at the same time.
        """
        sending = Sending(calls, self._breaker)
        try:
            while sending.unfinished:
                self._send_round(sending)
                self._limiter.sleep(sending.backoff())
        except OnHold as hold:
            return sending.close(hold.why)
        except Refusal as refusal:
            # The usage ledger and the lease stand in the state, which can fail too; nothing leaves uncounted.
            return sending.close(refusal.message)
        return sending.close(None)

    def abandon(self) -> None:
        """Let no further call leave, and end all pauses."""
        self._limiter.stop.set()

    def _send_round(self, sending: Sending) -> None:
        for group in sending.next_round():
            left = group
            while left:
                self._breaker.check()
                part = left[: self.batch_size]
                part = part[: self._limiter.admit([sending.calls[number].method for number in part])]
                with suppress(_NoBatchRoute):
                    sending.record(part, self._exchange(part, sending))
                    left = left[len(part) :]

    def _exchange(self, group: Sequence[int], sending: Sending) -> Exchange:
        """Send some calls in one request. Raises _NoBatchRoute."""
        calls = [sending.calls[number] for number in group]
        left_at = self._limiter.now()
        token = self._credentials.access.token()
        exchange = self._read(self._post(calls, token), calls, token)
        self._breaker.note(answered=not all(answer.in_doubt for answer in exchange.answers))
        self._log_calls(group, sending, exchange, left_at)
        return self._resolve(exchange, token, sending)

    def _post(self, calls: Sequence[OutgoingCall], token: str) -> Received | Unanswered:
        now = self._limiter.now()
        if len(calls) == 1:
            form = self._credentials.signed({"method": calls[0].method, **calls[0].params}, token, now)
            self._check()
            return self._transport.post(self._gateway, urlencode(form).encode(), FORM)
        body = batch.compose([(call.method, call.params) for call in calls])
        query = urlencode(self._credentials.signed({}, token, now, body))
        self._check()
        return self._transport.post(f"{batch.address(self._gateway)}?{query}", body.encode(), batch.CONTENT_TYPE)

    def _read(self, response: Received | Unanswered, calls: Sequence[OutgoingCall], token: str) -> Exchange:
        if isinstance(response, Unanswered):
            answer = CallAnswer(lost=response.why) if response.connected else CallAnswer(unsent=response.why)
            return Exchange((answer,) * len(calls), as_one=True)
        # The platform's own words go into sheets and reports, and they may echo what was sent.
        body = without((self._credentials.app_secret, token), response.body)
        if len(calls) == 1:
            return Exchange((self._answer(body, calls[0].method),), as_one=True)
        try:
            parts = batch.split(body, len(calls))
        except Garbled as garbled:
            return Exchange((self._answer_to_all(body, response.status, garbled, calls),) * len(calls), as_one=True)
        self._batch_worked = True
        return Exchange(tuple(self._answer(part, call.method) for part, call in zip(parts, calls, strict=True)))

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

    def _answer_to_all(self, body: bytes, status: int, garbled: Garbled, calls: Sequence[OutgoingCall]) -> CallAnswer:
        """Read the one answer to a whole batch: the platform refuses it, or it can't be trusted.

        Only a gateway's first batch can show that there is no batch route. If the gateway says so itself, nothing was
        executed; after a mere page that is unknown, so only readings go again at once. Raises _NoBatchRoute.
        """
        failure = _failure(body)
        no_route = status in NO_ROUTE if failure is None else failure.code in NO_BATCHES
        if no_route and not self._batch_worked:
            self._stop_batching()
            if failure is not None or all(call.repeatable for call in calls):
                raise _NoBatchRoute
        if failure is None or no_route:
            return CallAnswer(lost=say("gateway.garbled", reason=str(garbled)))
        return self._refused(failure)

    def _stop_batching(self) -> None:
        with self._lock:
            known, self.batch_size = self.batch_size == 1, 1
        if not known:
            self._notify(say("gateway.no_batches"))

    def _resolve(self, exchange: Exchange, token: str, sending: Sending) -> Exchange:
        """Do what lets refused calls pass: wait for a ban to end, or renew the token."""
        refusals = [answer.refused for answer in exchange.answers if answer.refused]
        resolved = set()
        if limits := [refused for refused in refusals if refused.kind is FailureKind.WAIT]:
            seconds = max(refused.wait or 0.0 for refused in limits)
            if not self._limiter.ban(seconds):
                return self._banned(exchange, seconds)
            self._announce_ban(seconds)
            resolved.add(FailureKind.WAIT)
        if any(refused.kind is FailureKind.SESSION for refused in refusals) and not sending.token_renewed:
            sending.token_renewed = True
            if self._credentials.access.renewed(token) is not None:
                resolved.add(FailureKind.SESSION)
        return replace(exchange, resolved=frozenset(resolved))

    def _banned(self, exchange: Exchange, seconds: float) -> Exchange:
        """Put into the answers when the ban ends, as it is too long to be waited for."""
        until = clock_text(self._limiter.now() + timedelta(seconds=seconds))
        message = say("gateway.banned", until=until)
        answers = (
            replace(answer, refused=replace(answer.refused, message=message))
            if answer.refused and answer.refused.kind is FailureKind.WAIT
            else answer
            for answer in exchange.answers
        )
        return replace(exchange, answers=tuple(answers))

    def _announce_ban(self, seconds: float) -> None:
        """Announce until when everything pauses: once for a ban, though several requests may report it."""
        now = self._limiter.now()
        until = now + timedelta(seconds=seconds)
        with self._lock:
            news = (until - max(now, self._announced_until)).total_seconds() >= SHORTEST_ANNOUNCED
            self._announced_until = until if news else self._announced_until
        if news:
            self._notify(say("gateway.waiting", until=clock_text(until, seconds=True)))

    def _log_calls(self, group: Sequence[int], sending: Sending, exchange: Exchange, left_at: datetime) -> None:
        if self._log is None:
            return
        now = self._limiter.now()
        for number, answer in zip(group, exchange.answers, strict=True):
            call = sending.calls[number]
            self._log(
                LogLine(
                    time=now.astimezone(UTC).isoformat(timespec="milliseconds"),
                    method=call.method,
                    item=call.item_id,
                    outcome=_outcome(answer),
                    seconds=round((now - left_at).total_seconds(), 3),
                    attempt=sending.attempts[number] + 1,
                    batch=len(group),
                    code=answer.refused.code if answer.refused else None,
                    request_id=answer.request_id,
                )
            )


def _failure(body: bytes) -> Failure | None:
    try:
        parsed = parse(body)
    except Garbled:
        return None
    return parsed if isinstance(parsed, Failure) else None


def _outcome(answer: CallAnswer) -> str:
    if answer.in_doubt:
        return "lost"
    if answer.unsent is not None:
        return "not sent"
    refused = answer.refused is not None or (
        answer.success and answer.success.fields.get("success") in (False, "false")
    )
    return "refused" if refused else "done"
