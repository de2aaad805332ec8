"""Runs the page on an address of this machine until it is stopped."""

from __future__ import annotations

import logging
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn
from starlette.types import ASGIApp

from sync.errors import Refusal
from sync.messages import say
from sync.service.authorizing import Authorizing
from sync.service.events import Event, Listener
from sync.service.local_jobs import LocalJobs
from sync.service.shop import Shop
from sync.web.access import PageAccess
from sync.web.address import PageAddress
from sync.web.app import make_app
from sync.web.connection import BoundedConnection
from sync.web.protection import protected
from sync.web.security import LONGEST_HEAD
from sync.web.site import Site
from sync.web.workbooks import own_workbook

CONNECTIONS = 256
"""Connections that are served at the same time; one more is told to come again."""


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    ready: Callable[[], object]

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready()


def listen(host: str, port: int) -> socket.socket:
    """Take an address; port 0: a free one. Raises OSError where it is taken, or not allowed."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, port), family=family)
    # Or each answer waits 40 ms: asyncio sets this by itself only on sockets that it made.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class Serving:
    """Pages on an address of this machine."""

    def __init__(
        self,
        app: ASGIApp,
        listener: socket.socket,
        access: PageAccess,
        tls: tuple[Path, Path] | None,
        closing: Sequence[Callable[[], object]],
    ) -> None:
        """`app`: behind all that protects it; `listener`: the address, already taken.

        `tls`: files with the certificate, and with its key. `closing`: what is let go of at the end. Raises Refusal
        for a certificate that can't be used.
        """
        self._listener, self._access, self._closing = listener, access, closing
        self._server = _Server(_config(app, access.address, tls))

    @property
    def url(self) -> str:
        """The address to open; with the one-time token, where the page has one."""
        return self._access.url

    def serve(self, ready: Callable[[], object]) -> None:
        """Serve until Ctrl-C, SIGTERM or `stop`. `ready` is called once the page can be opened."""
        self._server.ready = ready
        try:
            with _ended_by_signals():
                self._server.run([self._listener])
        finally:
            for close in self._closing:
                close()

    def stop(self) -> None:
        """End `serve`, from another thread."""
        self._server.should_exit = True


class PageServer(Serving):
    """A shop's page on an address of this machine."""

    def __init__(
        self,
        open_shop: Callable[[Listener], Shop],
        listener: socket.socket,
        host: str,
        sheet: Path | None = None,
        *,
        public: str = "",
        tls: tuple[Path, Path] | None = None,
        quits: bool = False,
        on_defect: Callable[[Exception], object] = lambda _: None,
    ) -> None:
        """`listener`: the address, already taken; `sheet`: the one of this machine that results go into.

        `public`: what people type where a proxy stands before the page. `tls`: files with the certificate, and with
        its key. `quits`: whether the page can be ended at the page. `on_defect`: told of what the program itself did
        wrong. Raises Refusal for wrong settings, for a state that can't be opened, and for an address that others
        reach where nobody has an account.
        """
        address = PageAddress(host, listener.getsockname()[1], public, tls is not None)
        with open_shop(_nobody) as shop:
            context = shop.context
            approval, lang, clock = context.profile.approval, context.said_language, context.clock
            folder = shop.jobs_folder

        def open_quietly() -> Shop:
            return open_shop(_nobody)

        people = open_shop(_nobody)
        access = PageAccess.open(people.context, address)
        jobs = LocalJobs(folder, open_shop, clock.now, on_defect)
        known: dict[str, Any] = {"sheet": sheet, "quit": self.stop if quits else None}
        results = partial(own_workbook, jobs, sheet)
        site = Site(open_quietly, jobs, Authorizing(open_quietly), lambda: approval, results, **known)
        app = protected(make_app(site, lang, on_defect), access)
        super().__init__(app, listener, access, tls, [jobs.close, people.close])


def _config(app: ASGIApp, address: PageAddress, tls: tuple[Path, Path] | None) -> uvicorn.Config:
    """Return how the page is served. Raises Refusal for a certificate that can't be used."""
    certificate, key = tls or (None, None)
    # What goes wrong is told by `on_defect`; without a handler, Python would write the traceback to the terminal.
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    config = uvicorn.Config(
        app,
        http=BoundedConnection,
        loop="asyncio",
        ws="none",
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        # A visitor's address is taken from the proxy where one was spoken of, and from nobody else.
        proxy_headers=bool(address.public),
        limit_concurrency=CONNECTIONS,
        h11_max_incomplete_event_size=LONGEST_HEAD,
        # An open stream must not hold the end back.
        timeout_graceful_shutdown=1,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    try:
        config.load()
    except OSError as error:
        raise Refusal(say("web.tls", reason=error.strerror or str(error))) from None
    return config


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Let SIGTERM end the page as Ctrl-C does: what is under way comes to a clean stop."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with suppress(KeyboardInterrupt):
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _nobody(_: Event) -> None:
    """Hear nothing."""
