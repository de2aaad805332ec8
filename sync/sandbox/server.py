"""The platform over real HTTP, on this machine only: `with Sandbox() as sandbox:` and call `sandbox.gateway`."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from functools import partial
from itertools import count
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.gateway.protocol import envelope_name
from sync.sandbox.faults import Call, Faults, Late
from sync.sandbox.gate import Credentials, Rejected, Visit, admit
from sync.sandbox.kinds import Reply
from sync.sandbox.open_items import OPEN_ITEMS, Method
from sync.sandbox.shop import APP_KEY, Refused, Shop, utc_now
from sync.sandbox.wire import Wire

HOST = "127.0.0.1"
CREDENTIALS = Credentials(APP_KEY, "sandbox-secret-known-to-everyone", "sandbox-session-known-to-everyone")
"""No secrets: they open nothing but a sandbox."""


class Platform:
    """Answers calls: through the door, past the faults, to the method, into the envelope."""

    def __init__(
        self,
        shop: Shop,
        clock: Callable[[], datetime],
        faults: Faults,
        methods: Mapping[str, Method] = OPEN_ITEMS,
    ) -> None:
        self.shop = shop
        self.faults = faults
        self.late = Late()
        self.calls: Counter[str] = Counter()
        """Calls that came through the door, by method."""
        self._clock = clock
        self._methods = methods
        self._answers = count(1)

    def answer(self, params: Mapping[str, str]) -> Reply:
        """Carry out one call, and return its whole answer with the envelope."""
        try:
            admit(Visit(params, self._methods.keys(), CREDENTIALS, self._clock()))
            method = params["method"]
            self.calls[method] += 1
            # The shop of now: an effect that comes late must not meet another.
            carry_out = partial(self._carry_out, self.shop, params)
            return self.faults.answer(Call(method, self.shop, self._clock(), carry_out), self.late)
        except Rejected as rejected:
            return self.reject(rejected)

    def reject(self, rejected: Rejected) -> Reply:
        """Return the answer to a call that goes no further."""
        words = {"sub_code": rejected.sub_code, "sub_msg": rejected.sub_message}
        error = {"code": rejected.code, "msg": rejected.message} | {
            name: text for name, text in words.items() if text
        }
        return self._reply("error_response", error, success=False)

    def _carry_out(self, shop: Shop, params: Mapping[str, str]) -> Reply:
        name = params["method"]
        method = self._methods[name]
        fields: dict[str, object]
        try:
            for argument in method.required:
                if not params.get(argument):
                    raise Rejected(40, f"Missing required arguments:{argument}")
            fields = {"success": True, **method.handle(shop, params)}
        except Refused as refused:
            # A business rule's no stands inside a success envelope (TOP-PROTOCOL section 1).
            fields = {"success": False, "message": str(refused)}
        except Rejected as rejected:
            return self.reject(rejected)
        content = {"result": fields} if shop.assumptions.wrap_result else fields
        return self._reply(envelope_name(name), content, success=fields["success"] is True)

    def _reply(self, envelope: str, content: Mapping[str, object], *, success: bool) -> Reply:
        document = {envelope: {**content, **self._request_id()}}
        return Reply(json.dumps(document, ensure_ascii=False).encode(), success=success)

    def _request_id(self) -> dict[str, object]:
        return {"request_id": f"sandbox{next(self._answers):09d}"}

    @property
    def writes(self) -> int:
        """How many calls could change something: a preview makes none."""
        return sum(times for name, times in self.calls.items() if self._methods[name].writes)


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
        shop: Shop | None = None,
        port: int = 0,
        clock: Callable[[], datetime] = utc_now,
        faults: Faults | None = None,
    ) -> None:
        self._platform = Platform(shop or Shop(clock=clock), clock, faults or Faults())
        self._port = port

    @property
    def shop(self) -> Shop:
        """What the platform holds."""
        return self._platform.shop

    @shop.setter
    def shop(self, shop: Shop) -> None:
        self._platform.shop = shop

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
    def calls(self) -> Counter[str]:
        """Calls that came through the door since the start, by method; `clear()` it to count anew."""
        return self._platform.calls

    @property
    def writes(self) -> int:
        """How many of the calls could change something."""
        return self._platform.writes

    @property
    def gateway(self) -> str:
        """The address to call, ending in `/router/rest`."""
        return f"http://{HOST}:{self._port}/router/rest"

    def __enter__(self) -> Self:
        listener = socket.create_server((HOST, self._port))
        # Or each answer waits 40 ms: asyncio sets this by itself only on sockets that it made.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._port = listener.getsockname()[1]
        config = uvicorn.Config(
            application(self._platform),
            access_log=False,
            log_config=None,
            http=Wire,
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

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

    def wait(self) -> None:
        """Serve until Ctrl-C or SIGTERM; to be called by the main thread."""
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            with suppress(KeyboardInterrupt):
                while self._thread.is_alive():
                    time.sleep(1)
        finally:
            signal.signal(signal.SIGTERM, before)


def application(platform: Platform) -> Starlette:
    """Make the web application: the gateway, and a count of calls for whoever wants to know what a command did."""

    async def rest(request: Request) -> Response:
        wire: Wire = request.state.wire
        return await wire.answer(request, await _reply(platform, request))

    async def calls(request: Request) -> Response:
        return JSONResponse(dict(platform.calls))

    any_method = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(routes=[Route("/router/rest", rest, methods=any_method), Route("/sandbox/calls", calls)])


async def _reply(platform: Platform, request: Request) -> Reply:
    if request.method not in ("GET", "POST"):
        return platform.reject(Rejected(9, "Http Action Not Allowed"))
    try:
        return platform.answer(await _parameters(request))
    except UnicodeDecodeError:
        return platform.reject(Rejected(41, "Invalid arguments:not UTF-8"))
    except ClientDisconnect:
        # A client that was killed half-way through its own call waits for nothing.
        return Reply(dropped=True)


async def _parameters(request: Request) -> dict[str, str]:
    """Read the query string and the body as one set (TOP-PROTOCOL section 1); raises UnicodeDecodeError."""
    query = request.scope["query_string"].decode()
    body = (await request.body()).decode()
    pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    return dict(pairs + parse_qsl(body, keep_blank_values=True, errors="strict"))
