"""One HTTP exchange: what was sent is answered, lost, or never left. Nothing here knows what a call is."""

from __future__ import annotations

import logging
import re
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProxyError, SSLError

from sync.messages import Message, Refusal, say

FORM = "application/x-www-form-urlencoded;charset=utf-8"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
PLATFORM_SANDBOX = "gw.api.tbsandbox.com"
LONGEST_ANSWER = 32 * 1024 * 1024
"""Bytes. Twenty items of the largest kind are far below it; what is longer is no answer of the platform's."""
_PIECE = 64 * 1024


@dataclass(frozen=True)
class Answered:
    """Something came back, be it the platform's answer or a proxy's page."""

    status: int
    body: bytes


@dataclass(frozen=True)
class Unanswered:
    """No answer that is whole."""

    why: Message
    connected: bool
    """False: the connection was never made, so that nothing can have been executed."""


class _TooSlow(Exception):
    """The answer was still coming in when its time was over."""


class Wire:
    """Sends requests over connections that are kept alive. Safe to use from several threads."""

    def __init__(self, timeout: float = 30.0, clock: Callable[[], float] = monotonic) -> None:
        """`timeout`: seconds, to connect, until the answer begins, and from then on until it is whole."""
        self._timeout = timeout
        self._clock = clock
        self._local = threading.local()

    def post(self, address: str, body: bytes, content_type: str) -> Answered | Unanswered:
        """Send `body`, and wait for the answer; follows no redirects, and raises nothing."""
        try:
            with self._session(address).post(
                address,
                data=body,
                timeout=self._timeout,
                allow_redirects=False,
                headers={"Content-Type": content_type},
                stream=True,
            ) as response:
                return Answered(response.status_code, self._body(response))
        except requests.RequestException as error:
            return _no_answer(error)
        except (ValueError, OSError, HTTPError, _TooSlow):
            # Such as a redirect to an address that is none: requests reads it even where it isn't followed.
            return Unanswered(say("gateway.lost"), connected=True)

    def _body(self, response: requests.Response) -> bytes:
        """Read the body piece by piece: a time-out of requests' own holds for each piece, and no size does."""
        until = self._clock() + self._timeout
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > LONGEST_ANSWER or self._clock() > until:
                raise _TooSlow
        return bytes(body)

    def _session(self, address: str) -> requests.Session:
        """A session is one thread's own: requests doesn't promise that it may be shared."""
        if not hasattr(self._local, "session"):
            session = requests.Session()
            # A proxy of the environment can't reach this machine's own sandbox.
            session.trust_env = urlsplit(address).hostname not in LOOPBACK
            self._local.session = session
        return self._local.session  # type: ignore[no-any-return]


def check_address(gateway: str) -> None:
    """Raise Refusal for what is no gateway's address, such as one without `/router/rest`: batches go beside it.

    Also for plain HTTP to anywhere but this machine and the platform's own sandbox.
    """
    with suppress(ValueError):
        address = urlsplit(gateway)
        schemes = ("https", "http") if address.hostname in (*LOOPBACK, PLATFORM_SANDBOX) else ("https",)
        # Asking for the port is what checks it.
        in_form = gateway.endswith("/router/rest") and not (address.query or address.fragment)
        if in_form and address.hostname and address.scheme in schemes and address.port != 0:
            return
    shown = re.sub(r"//.*@", "//", gateway.split("?", maxsplit=1)[0])
    raise Refusal(say("gateway.address", gateway=shown))


def _no_answer(error: requests.RequestException) -> Unanswered:
    """An exception's own text may hold the address with all parameters, so none of it is passed on."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else None
    if isinstance(error, requests.ConnectTimeout) or isinstance(reason, NewConnectionError | ProxyError):
        return Unanswered(say("gateway.unreachable"), connected=False)
    if isinstance(reason, SSLError) and _distrusts(reason):
        return Unanswered(say("gateway.certificate"), connected=False)
    return Unanswered(say("gateway.lost"), connected=True)


def _distrusts(error: SSLError) -> bool:
    """Whether the certificate was refused, so before anything was sent; encryption can also break down later."""
    return any(isinstance(cause, ssl.SSLCertVerificationError) for cause in error.args)


def _without_query(record: logging.LogRecord) -> bool:
    """A batch's token and signature ride in the address, which urllib3 writes into its own log."""
    if isinstance(record.args, tuple):
        record.args = tuple(part.split("?")[0] if isinstance(part, str) else part for part in record.args)
    return True


for _name in ("urllib3.connectionpool", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_without_query)
