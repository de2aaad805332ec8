"""Runs the page on an address of this machine until it is stopped."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import uvicorn

from sync.service.events import Event, Listener
from sync.service.local_jobs import LocalJobs
from sync.service.shop import Shop
from sync.web.app import make_app
from sync.web.site import Site


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


class PageServer:
    """A shop's page on an address of this machine."""

    def __init__(
        self, open_shop: Callable[[Listener], Shop], listener: socket.socket, host: str, sheet: Path | None = None
    ) -> None:
        """`listener`: the address, already taken; `sheet`: the one of this machine that results go into.

        Raises Refusal for wrong settings, and for a state that can't be opened.
        """
        self._listener = listener
        port = listener.getsockname()[1]
        self.url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
        with open_shop(_nobody) as shop:
            folder, lang, clock = shop.jobs_folder, shop.context.said_language, shop.context.clock
        self._jobs = LocalJobs(folder, open_shop, clock.now)
        app = make_app(Site(lambda: open_shop(_nobody), self._jobs, lang, sheet))
        # An open stream must not hold the end back.
        quiet: dict[str, Any] = {"access_log": False, "log_config": None, "server_header": False}
        config = uvicorn.Config(app, loop="asyncio", ws="none", lifespan="off", timeout_graceful_shutdown=1, **quiet)
        self._server = _Server(config)

    def serve(self, ready: Callable[[], object]) -> None:
        """Serve until Ctrl-C, SIGTERM or `stop`. `ready` is called once the page can be opened."""
        self._server.ready = ready
        try:
            with _ended_by_signals():
                self._server.run([self._listener])
        finally:
            self._jobs.close()

    def stop(self) -> None:
        """End `serve`, from another thread."""
        self._server.should_exit = True


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
