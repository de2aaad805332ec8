"""The HTTP client: signs, paces, sends, waits when told to, and says honestly what became of a call."""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from time import sleep
from urllib.parse import urlsplit

import requests
from pyrate_limiter import Limiter, Rate
from tenacity import RetryCallState, Retrying, retry_if_result, stop_after_attempt, wait_exponential, wait_random
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from sync.gateway.errors import Kind, Treatment, treat
from sync.gateway.protocol import Failure, Garbled, SignMethod, Success, parse, sign, timestamp
from sync.messages import Message, Refusal, say

PLATFORM_SANDBOX = "gw.api.tbsandbox.com"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
ATTEMPTS = 4
"""How often a call is sent at most, where sending it again can do no harm."""
_BACKING_OFF = wait_exponential(multiplier=0.5, max=20) + wait_random(0, 1)


@dataclass(frozen=True)
class Credentials:
    """Who calls. Never shown: not in `repr`, not in an error."""

    app_key: str
    app_secret: str = field(repr=False)
    session: str = field(repr=False)
    sign_method: SignMethod = SignMethod.HMAC_SHA256


@dataclass(frozen=True)
class Answer:
    """What came of one call at the front door. Exactly one of the three tells."""

    success: Success | None = None
    refused: Treatment | None = None
    lost: Message | None = None
    """Sent, and no answer that can be trusted."""
    unreachable: bool = False
    """The connection was never made, so that nothing can have been executed."""
    request_id: str | None = None

    @property
    def may_repeat(self) -> bool:
        """Whether the call surely had no effect, and another try may pass."""
        return self.refused is not None and self.refused.kind is Kind.WAIT

    @property
    def worth_repeating(self) -> bool:
        """Whether another try may pass, if sending twice does no harm."""
        later = self.refused is not None and self.refused.kind in (Kind.WAIT, Kind.LATER)
        return later or (self.lost is not None and not self.unreachable)


class Client:
    """Calls methods of one gateway for one seller. Safe to use from several threads."""

    def __init__(
        self,
        gateway: str,
        credentials: Credentials,
        *,
        timeout: float = 30.0,
        calls_per_second: float | None = None,
        patience: float = 120.0,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pause: Callable[[float], None] = sleep,
    ) -> None:
        """Prepare to call `gateway` (an address ending in `/router/rest`).

        `timeout`: seconds to wait for an answer. `calls_per_second`: the application's limit, None for no limit.
        `patience`: the longest ban, in seconds, that is waited for. Raises Refusal for plain HTTP to anywhere but
        this machine and the platform's own sandbox.
        """
        _check_address(gateway)
        self._gateway = gateway
        self._credentials = credentials
        self._timeout = timeout
        self._patience = patience
        self._now = now
        self._pause = pause
        self._limiter = _limiter(calls_per_second)
        self._banned_until = now()
        self._local = threading.local()

    def call(self, method: str, params: Mapping[str, str], *, repeatable: bool) -> Answer:
        """Carry out one call. `repeatable`: sending it twice does no harm (a read), so a lost one is sent again."""
        tries = Retrying(
            sleep=self._pause,
            stop=stop_after_attempt(ATTEMPTS),
            wait=_wait,
            retry=retry_if_result(lambda answer: self._again(answer, repeatable=repeatable)),
            retry_error_callback=_last_answer,
        )
        return tries(self._once, method, params)

    def _again(self, answer: Answer, *, repeatable: bool) -> bool:
        told = answer.refused.wait if answer.refused else None
        if told is not None and told > self._patience:
            return False
        return answer.worth_repeating if repeatable else answer.may_repeat

    def _once(self, method: str, params: Mapping[str, str]) -> Answer:
        # A ban is for all calls: whoever runs into it stops the other threads too (TOP-PROTOCOL section 3).
        if (banned := (self._banned_until - self._now()).total_seconds()) > 0:
            self._pause(banned)
        if self._limiter is not None:
            self._limiter.try_acquire("calls")
        try:
            response = self._session().post(
                self._gateway,
                data=self._signed(method, params),
                timeout=self._timeout,
                allow_redirects=False,
                headers={"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"},
            )
            parsed = parse(self._without_secrets(response.content))
        except requests.RequestException as error:
            return _no_answer(error)
        except (ValueError, HTTPError):
            # Such as a redirect to an address that is none: requests reads it even where it isn't followed.
            return Answer(lost=say("gateway.lost"))
        except Garbled as garbled:
            return Answer(lost=say("gateway.garbled", reason=str(garbled)))
        if isinstance(parsed, Failure):
            refused = treat(parsed)
            if refused.wait is not None and refused.wait <= self._patience:
                self._banned_until = self._now() + timedelta(seconds=refused.wait)
            return Answer(refused=refused, request_id=parsed.request_id)
        return Answer(success=parsed, request_id=parsed.request_id)

    def _without_secrets(self, body: bytes) -> bytes:
        """The platform's own words go into sheets and reports, and they may echo what was sent."""
        for secret in (self._credentials.app_secret, self._credentials.session):
            body = body.replace(secret.encode(), b"***") if secret else body
        return body

    def _signed(self, method: str, params: Mapping[str, str]) -> dict[str, str]:
        public = {
            "method": method,
            "app_key": self._credentials.app_key,
            "session": self._credentials.session,
            "timestamp": timestamp(self._now()),
            "format": "json",
            "v": "2.0",
            "sign_method": self._credentials.sign_method.value,
        }
        both = {**public, **params}
        return {**both, "sign": sign(both, self._credentials.app_secret, self._credentials.sign_method)}

    def _session(self) -> requests.Session:
        """A session is one thread's own: requests doesn't promise that it may be shared."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            # A proxy of the environment can't reach this machine's own sandbox.
            session.trust_env = urlsplit(self._gateway).hostname not in LOOPBACK
            self._local.session = session
        return self._local.session  # type: ignore[no-any-return]


def _check_address(gateway: str) -> None:
    with suppress(ValueError):
        address = urlsplit(gateway)
        schemes = ("https", "http") if address.hostname in (*LOOPBACK, PLATFORM_SANDBOX) else ("https",)
        # Asking for the port is what checks it.
        if address.hostname and address.scheme in schemes and address.port != 0:
            return
    shown = re.sub(r"//.*@", "//", gateway.split("?", maxsplit=1)[0])
    raise Refusal(say("gateway.address", gateway=shown))


def _limiter(calls_per_second: float | None) -> Limiter | None:
    if calls_per_second is None:
        return None
    # A steady flow: one call every so many milliseconds, rather than a second's worth at once.
    # By default each wait is 50 ms longer than needed, so that nobody would ever get more than 20 calls a second.
    return Limiter(Rate(1, max(1, round(1000 / calls_per_second))), buffer_ms=0)


def _wait(state: RetryCallState) -> float:
    answer: Answer | None = state.outcome.result() if state.outcome else None
    if answer is not None and answer.refused is not None and answer.refused.wait is not None:
        return answer.refused.wait
    return _BACKING_OFF(state)


def _last_answer(state: RetryCallState) -> Answer:
    answer: Answer = state.outcome.result() if state.outcome else Answer(lost=say("gateway.lost"))
    return answer


def _no_answer(error: requests.RequestException) -> Answer:
    """An exception's own text may hold the address with all parameters, so none of it is passed on."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError | ProxyError):
        return Answer(lost=say("gateway.unreachable"), unreachable=True)
    if isinstance(reason, SSLError) and _distrusts(reason):
        return Answer(lost=say("gateway.certificate"), unreachable=True)
    return Answer(lost=say("gateway.lost"))


def _distrusts(error: SSLError) -> bool:
    """Whether the certificate was refused, so before anything was sent; encryption can also break down later."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)
