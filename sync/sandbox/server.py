"""The platform over real HTTP, on this machine only: `with Sandbox() as sandbox:` and call `sandbox.gateway`."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Self

import uvicorn

from sync.sandbox.connection import Connection
from sync.sandbox.faults import Faults
from sync.sandbox.limits import SandboxLimit
from sync.sandbox.platform import CREDENTIALS, Platform
from sync.sandbox.shop import OpenItemShop, utc_now
from sync.sandbox.web import REST, Web

HOST = "127.0.0.1"


class Sandbox:
    """A running platform: made ready on entering `with`, stopped on leaving it.

    Raises OSError on entering if `port` is taken or not allowed; port 0 takes a free one. A shop that is given stays
    the giver's to close. `shop` and `faults` may be exchanged while the server runs.
    """

    app_key = CREDENTIALS.app_key
    app_secret = CREDENTIALS.app_secret
    session = CREDENTIALS.session

    def __init__(
        self,
        shop: OpenItemShop | None = None,
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        faults: Faults | None = None,
        limits: Mapping[str, SandboxLimit] | None = None,
    ) -> None:
        """Prepare; `limits`: of calls, by method, `ALL_CALLS` for the application's own."""
        self._platform = Platform(shop or OpenItemShop(clock=clock), clock, faults or Faults(), limits or {})
        self._web = Web(self._platform)
        self._port = port
        self.requests = self._web.requests
        """HTTP requests to the gateway since the start, by path (`total()` of them); `clear()` it to count anew."""
        self.calls = self._platform.calls
        """Admitted calls since the start, by method; `clear()` it to count anew."""
        self.authority = self._platform.authority
        """Who hands out tokens, on what terms (`authority.terms`), and how many it was asked for."""

    @property
    def shop(self) -> OpenItemShop:
        """What the platform holds."""
        return self._platform.shop

    @shop.setter
    def shop(self, shop: OpenItemShop) -> None:
        self._platform.shop = shop

    @property
    def sellers(self) -> dict[str, OpenItemShop]:
        """Other sellers' shops, by the session that each gave the application; they share its limits."""
        return self._platform.sellers

    @property
    def faults(self) -> Faults:
        """What goes wrong, and what did (`faults.happened`, `faults.sales.made`)."""
        return self._platform.faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._platform.faults = faults

    def release_late(self) -> int:
        """Let all effects that are still withheld happen now; return how many that was."""
        return self._platform.late.release()

    @property
    def writes(self) -> int:
        """How many of the calls could change something."""
        return self._platform.writes

    @property
    def gateway(self) -> str:
        """The address to call, ending in `/router/rest`."""
        return self.origin + REST

    @property
    def port(self) -> int:
        """Where it listens; before entering, what was asked for."""
        return self._port

    @property
    def origin(self) -> str:
        """Where everything stands: the gateway, and the authorization server's `/authorize` and `/token`."""
        return f"http://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        listener = socket.create_server((HOST, self._port))
        # Or each answer waits 40 ms: asyncio sets this by itself only on sockets that it made.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            self._web.asgi,
            access_log=False,
            log_config=None,
            http=Connection,
            loop="asyncio",
            ws="none",
            lifespan="off",
            # A client that keeps a connection open must not keep the server open.
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, args=([listener],), daemon=True)
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            time.sleep(0.002)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()

    def wait(self, ready: Callable[[], object]) -> None:
        """Serve until Ctrl-C or SIGTERM; for the main thread. `ready` is called once these end it cleanly."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with suppress(KeyboardInterrupt):
                ready()
                while self._thread.is_alive():
                    time.sleep(1)
        finally:
            signal.signal(signal.SIGTERM, before)
