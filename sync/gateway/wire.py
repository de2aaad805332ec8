"""One HTTP exchange by requests, whose loading takes longer than many a command: only `transport` knows it."""

from __future__ import annotations

import logging
import re
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

import requests
from requests.utils import get_environ_proxies, select_proxy
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    MaxRetryError,
    NewConnectionError,
    ProxyError,
    SSLError,
)

from sync.address import LOOPBACK
from sync.gateway.deadline import Adapter, Deadline
from sync.gateway.received import Received, Unanswered
from sync.messages import Message, say

LONGEST_ANSWER = 32 * 1024 * 1024
"""Bytes. Twenty of the largest items are far shorter, so a longer answer isn't the platform's."""
_PIECE = 64 * 1024


class _TooLong(Exception):
    """The answer is longer than any of the platform's."""


_TROUBLE = (requests.RequestException, ValueError, OSError, HTTPError, _TooLong)
"""Everything that an exchange can raise, over any network and with any server."""


class _Session(requests.Session):
    def get_redirect_target(self, resp: requests.Response) -> None:
        """Follow no redirect; where one leads, requests would read its body whole, however long."""


class _PerThread(threading.local):
    """What each thread has for itself: requests doesn't promise that a session may be shared."""

    session: requests.Session | None = None

    def __init__(self, clock: Callable[[], float]) -> None:
        self.deadline = Deadline(clock)


class Wire:
    """See `transport.Transport`."""

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._timeout = timeout
        self._own = _PerThread(clock)

    def post(self, address: str, body: bytes, content_type: str) -> Received | Unanswered:
        """See `Transport.post`."""
        self._own.deadline.start(self._timeout)
        try:
            with self._session(address).post(
                address,
                data=body,
                timeout=self._timeout,
                allow_redirects=False,
                headers={"Content-Type": content_type},
                stream=True,
            ) as response:
                return Received(response.status_code, self._body(response))
        except _TROUBLE as error:
            return self._no_answer(error, address)

    def server_time(self, address: str) -> datetime | None:
        """See `Transport.server_time`."""
        self._own.deadline.start(self._timeout)
        with suppress(*_TROUBLE, OverflowError):
            with self._session(address).head(address, timeout=self._timeout, allow_redirects=False) as response:
                said = parsedate_to_datetime(response.headers.get("Date", ""))
            return said if said.tzinfo else said.replace(tzinfo=UTC)
        return None

    def _body(self, response: requests.Response) -> bytes:
        """Read the body piece by piece, as nobody limits its size."""
        body = bytearray()
        while piece := response.raw.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > LONGEST_ANSWER:
                raise _TooLong
        return bytes(body)

    def _session(self, address: str) -> requests.Session:
        if self._own.session is None:
            session = _Session()
            # A proxy of the environment can't reach this machine's own sandbox.
            session.trust_env = not _local(address)
            for scheme in ("http://", "https://"):
                session.mount(scheme, Adapter(self._own.deadline))
            self._own.session = session
        return self._own.session

    def _no_answer(self, error: Exception, address: str) -> Unanswered:
        """An exception's own text may hold the address with all parameters, so none of it is passed on."""
        cause = error.args[0] if error.args else None
        reason = cause.reason if isinstance(cause, MaxRetryError) else None
        if isinstance(reason, SSLError) and _distrusts(reason):
            return Unanswered(say("gateway.certificate"), connected=False)
        never_connected = isinstance(reason, NewConnectionError | ConnectTimeoutError | ProxyError)
        if self._own.deadline.nothing_left or never_connected or isinstance(error, requests.ConnectTimeout):
            return Unanswered(say("gateway.unreachable", then=_way(address)), connected=False)
        return Unanswered(say("gateway.lost"), connected=True)


def _local(address: str) -> bool:
    return urlsplit(address).hostname in LOOPBACK


def _way(address: str) -> Message:
    """Say what to check where an address can't be reached: the environment's proxy, if it goes through one."""
    proxies = {} if _local(address) else get_environ_proxies(address)
    proxy = select_proxy(address, proxies)
    if not proxy:
        return say("gateway.unreachable.direct")
    # Without its password, whatever signs that may have.
    scheme, host = re.findall(r"^([a-z0-9+.-]+://)?(?:.*@)?([^/?#]*)", proxy, re.IGNORECASE | re.DOTALL)[0]
    return say("gateway.unreachable.proxy", proxy=scheme + host)


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
