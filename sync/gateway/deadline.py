"""HTTP connections with one deadline over a whole request: to connect, to send, for the headers and for the body.

A time-out of requests' own begins anew with every piece that comes in, so that an answer that drips, or an endless
`100 Continue`, would hold its caller for ever.
"""

from __future__ import annotations

import io
import socket
from collections.abc import Callable
from contextlib import suppress
from http.client import HTTPResponse
from time import monotonic
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ConnectTimeoutError
from urllib3.util.connection import allowed_gai_family

_PIECE = 16 * 1024
"""Bytes that are sent between two checks of the deadline."""


class Deadline:
    """The end of one request's time, and what is known of it so far. One thread's own."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._until = clock()
        self.nothing_left = False
        """Whether surely nothing of the request has left this machine."""

    def start(self, seconds: float) -> None:
        """Begin a request that may take so many seconds."""
        self._until = self._clock() + seconds
        self.nothing_left = False

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError if none are."""
        left = self._until - self._clock()
        if left <= 0:
            raise TimeoutError("the request's time is over")
        return left


class Adapter(HTTPAdapter):
    """Requests' own way to the network, over connections that keep a deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """See the base class."""
        super().init_poolmanager(*args, **kwargs)
        _keep_deadlines(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> ProxyManager:
        """See the base class. What goes through a SOCKS proxy keeps to requests' own time-outs."""
        manager: ProxyManager = super().proxy_manager_for(proxy, **kwargs)
        if not proxy.lower().startswith("socks"):
            _keep_deadlines(manager)
        return manager

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> ConnectionPool:
        """See the base class."""
        self._deadline.nothing_left = True
        pool = super().get_connection_with_tls_context(*args, **kwargs)
        if isinstance(pool, _Pool):
            pool.deadline = self._deadline
        else:
            self._deadline.nothing_left = False
        return pool


class _Connection(HTTPConnection):
    deadline: Deadline

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.deadline.nothing_left = False
        for start in range(0, len(data), _PIECE):
            self.sock.settimeout(self.deadline.left())
            super().send(data[start : start + _PIECE])

    def response_class(self, sock: socket.socket, *args: Any, **kwargs: Any) -> HTTPResponse:  # type: ignore[override]
        response = HTTPResponse(sock, *args, **kwargs)
        response.fp = io.BufferedReader(_Incoming(response.fp.detach(), sock, self.deadline))
        return response

    def _new_conn(self) -> socket.socket:
        """Connect to the first of the host's addresses that answers; each has its share of the time that is left."""
        self.timeout = self._left() / _addresses(self._dns_host, self.port)
        connected = super()._new_conn()
        try:
            connected.settimeout(self._left())
        except ConnectTimeoutError:
            # Its caller has given the request up, so nothing of it may leave.
            connected.close()
            raise
        return connected

    def _left(self) -> float:
        try:
            return self.deadline.left()
        except TimeoutError as over:
            raise ConnectTimeoutError(self, str(over)) from None


def _addresses(host: str, port: int) -> int:
    """Return how many addresses a host has; 1 where they can't be found, as urllib3 then says why."""
    with suppress(OSError, UnicodeError):
        return len(socket.getaddrinfo(host, port, allowed_gai_family(), socket.SOCK_STREAM)) or 1
    return 1


class _TlsConnection(_Connection, HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        finally:
            # A proxy may have been asked to connect; the request itself leaves only after that.
            self.deadline.nothing_left = True


class _Incoming(io.RawIOBase):
    """What comes in over a socket, each piece within the time that is left."""

    def __init__(self, raw: io.RawIOBase, sock: socket.socket, deadline: Deadline) -> None:
        self._raw = raw
        self._sock = sock
        self._deadline = deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(self._deadline.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection
    deadline: Deadline

    def _new_conn(self) -> Any:
        connection = super()._new_conn()
        connection.deadline = self.deadline  # type: ignore[attr-defined]
        return connection


class _TlsPool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


def _keep_deadlines(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}
