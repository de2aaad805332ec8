"""The address that the browser is sent back to after a login: a small server on this machine, for one visit."""

from __future__ import annotations

import hmac
import os
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Self
from urllib.parse import parse_qs, urlsplit

from sync.errors import GatewayDown, Refusal
from sync.gateway.authority import LONGEST_WORDS, words_of
from sync.messages import Message, say

HOSTS = ("127.0.0.1", "localhost")
_PAGE = """<!doctype html><html lang="zh"><meta charset="utf-8"><title>itemsync</title>
<body style="font: 1.2em sans-serif; max-width: 34em; margin: 4em auto"><p>{zh}</p><p lang="en">{en}</p></body></html>
"""
_POLL = 0.5
"""Seconds for which it waits at a time: on Windows, a longer wait can't be interrupted by Ctrl-C."""


class Callback:
    """Listens at the call-back address of a login. Only this machine can reach it."""

    def __init__(self, redirect: str, state: str) -> None:
        """`redirect`: the registered call-back address; port 0 takes a free one. `state`: what must come back.

        Raises Refusal for an address at which this machine can't listen.
        """
        try:
            self._address = urlsplit(redirect)
            port = self._address.port
        except ValueError:
            port = None
        if port is None or self._address.scheme != "http" or self._address.hostname not in HOSTS:
            raise Refusal(say("auth.redirect", address=redirect))
        self._port = port
        self._state = state
        self.arrived: SimpleQueue[str | Message] = SimpleQueue()
        """Codes and refusals that visits brought."""

    @property
    def redirect(self) -> str:
        """The address for the authorization server, with the port that was taken."""
        return self._address._replace(netloc=f"{self._address.hostname}:{self._port}").geturl()

    def __enter__(self) -> Self:
        try:
            self._server = _Server((HOSTS[0], self._port), self)
        except (OSError, OverflowError):
            raise Refusal(say("auth.port", address=self.redirect)) from None
        self._port = self._server.server_port
        self._thread = Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait(self, seconds: float) -> str:
        """Return the code that the browser brings. Raises GatewayDown if the seller says no, or no visit comes."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0:
            try:
                arrived = self.arrived.get(timeout=min(left, _POLL))
            except Empty:
                continue
            if isinstance(arrived, Message):
                raise GatewayDown(arrived)
            return arrived
        raise GatewayDown(say("auth.nobody_came"))

    def answer(self, target: str) -> tuple[HTTPStatus, Message, str | Message | None]:
        """Return the page for a visit, and the code or the refusal that it brings; None: it brings neither."""
        visited = urlsplit(target)
        if (visited.path or "/") != (self._address.path or "/"):
            return HTTPStatus.NOT_FOUND, say("auth.page.elsewhere"), None
        said = {name: values[0] for name, values in parse_qs(visited.query).items()}
        if not hmac.compare_digest(said.get("state", "").encode(), self._state.encode()):
            return HTTPStatus.BAD_REQUEST, say("auth.page.stranger"), None
        if code := said.get("code"):
            return HTTPStatus.OK, say("auth.page.done"), code
        return HTTPStatus.OK, say("auth.page.denied"), say("auth.denied", words=words_of(said)[:LONGEST_WORDS] or "-")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    # On Windows it would let another program listen at our address.
    allow_reuse_address = os.name == "posix"

    def __init__(self, address: tuple[str, int], callback: Callback) -> None:
        self.callback = callback
        super().__init__(address, _Visit)


class _Visit(BaseHTTPRequestHandler):
    server: _Server
    # A browser may open a connection beforehand, and say nothing on it.
    timeout = 10

    def do_GET(self) -> None:
        """Show the page first, and then hand over what the visit brought: the program may end at once."""
        status, words, arrived = self.server.callback.answer(self.path)
        page = _PAGE.format(zh=escape(words.words("zh")), en=escape(words.words("en"))).encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/html;charset=utf-8")
        self.send_header("Content-Length", str(len(page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.end_headers()
        self.wfile.write(page)
        if arrived is not None:
            self.server.callback.arrived.put(arrived)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the address holds the code."""
