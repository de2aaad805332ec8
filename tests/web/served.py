"""A page that is served from this process, and who calls it as no browser would."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from urllib.parse import urlencode, urlsplit

import uvicorn
from starlette.types import ASGIApp

from sync.web.connection import BoundedConnection


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def cookie(self) -> str:
        """What the browser keeps, as it sends it back; empty: nothing."""
        return self.headers.get("set-cookie", "").partition(";")[0]


class Caller:
    """Sends requests to the page's port, with the headers that it is told."""

    def __init__(self, port: int, host: str = "") -> None:
        self.port = port
        self.host = host or f"127.0.0.1:{port}"
        self.scheme = "http"
        self.cookie = ""

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.host}"

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        """Send a form as a page of our own does."""
        body = urlencode(form or {}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded", "Origin": self.origin}
        return self.send("POST", path, body, {**kind, **headers})

    def send(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> Answer:
        """Send a request; `_` in a header's name is `-`, and an empty value leaves the header out."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"Host": self.host, "Cookie": self.cookie, **named}
        try:
            connection.request(method, path, body, {name: value for name, value in sent.items() if value})
            answer = connection.getresponse()
            lower = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, lower, answer.read().decode())
        finally:
            connection.close()

    def open(self, url: str) -> Answer:
        """Open an address as a browser does, and keep the cookie that comes."""
        parts = urlsplit(url)
        answer = self.get(f"{parts.path or '/'}?{parts.query}")
        self.cookie = answer.cookie or self.cookie
        return answer

    def raw(self, sent: bytes) -> bytes:
        """Send bytes, and return the first that come; none: the other side hung up."""
        with self.connected() as connection:
            try:
                connection.sendall(sent)
                return connection.recv(65_536)
            except ConnectionError:
                return b""

    def connected(self) -> socket.socket:
        """Return a connection to the page."""
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)


def free_port() -> socket.socket:
    """Return a socket that listens at a free port of this machine."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def serving(
    app: ASGIApp, listener: socket.socket, kind: type[BoundedConnection] = BoundedConnection
) -> Iterator[None]:
    """Serve a page until the end of `with`."""
    config = uvicorn.Config(
        app,
        http=kind,
        access_log=False,
        log_config=None,
        loop="asyncio",
        ws="none",
        lifespan="off",
        timeout_graceful_shutdown=1,
        h11_max_incomplete_event_size=16_384,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.002)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
