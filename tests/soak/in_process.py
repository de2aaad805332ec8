"""The real client without a network: its wire hands every request to the sandbox's platform, in this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from io import BytesIO
from time import monotonic
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import requests
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from sync.gateway.auth import FixedToken
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.pace import Limiter
from sync.gateway.transport import Transport
from sync.gateway.wire import Wire
from sync.sandbox.fault_catalog import CannedReply
from sync.sandbox.faults import Faults, Late
from sync.sandbox.platform import Platform
from sync.sandbox.server import Sandbox
from tests.gateway.memory_ledger import MemoryLedger
from tests.soak.history_shop import LATE, HistoryShop

GATEWAY = "http://127.0.0.1:9/router/rest"
CREDENTIALS = Credentials(Sandbox.app_key, Sandbox.app_secret, FixedToken(Sandbox.session))
LONGEST = 30.0
"""Seconds that a request may take by the real clock, which plays no part here."""


class LateCall(NamedTuple):
    """A call that its client has given up on, and that will be carried out all the same."""

    who: str
    method: str
    item_id: str
    effect: Callable[[], None]


class LateCalls(Late):
    """As `Late`, but it knows whose calls these were."""

    def __init__(self, shop: HistoryShop) -> None:
        super().__init__()
        self._shop = shop
        self.params: Mapping[str, str] = {}
        """The call that is being answered."""
        self.held: list[LateCall] = []

    def hold(self, effect: Callable[[], None], seconds: float | None) -> None:
        params = self.params
        self.held.append(LateCall(self._shop.who, params["method"], params.get("item_id", ""), effect))

    def let_happen(self, who: str | None = None) -> None:
        """Let the calls of the run `who` take effect now, those of all runs if None."""
        now = [one for one in self.held if who in (None, one.who)]
        self.held = [one for one in self.held if one not in now]
        for one in now:
            with self._shop.by(one.who + LATE):
                one.effect()


class PlatformAdapter(BaseAdapter):
    """Carries requests to a platform; what a wire does to a client, it does by raising."""

    def __init__(self, shop: HistoryShop, clock: Callable[[], datetime], point: Callable[[str], None]) -> None:
        """`point` is told of each moment at which the process could die."""
        super().__init__()
        self.platform = Platform(shop, clock, Faults())
        self.late = self.platform.late = LateCalls(shop)
        self.cut = False
        """True: there is no way to the platform."""
        self._point = point

    def send(self, request: requests.PreparedRequest, *_: object, **__: object) -> requests.Response:
        body = request.body
        text = body.decode() if isinstance(body, bytes) else body or ""
        query = dict(parse_qsl(urlsplit(request.url or "").query, keep_blank_values=True))
        # A 库存增减 leaves alone, so whatever of a batch comes late is none.
        params = {"method": "batch"} if query else dict(parse_qsl(text, keep_blank_values=True))
        self._point("before " + params["method"])
        if self.cut:
            raise requests.ConnectTimeout
        self.late.params = params
        reply = self.platform.answer_batch(query, text) if query else self.platform.answer(params)
        self._point("after " + params["method"])
        if reply.dropped:
            raise requests.ConnectionError
        if reply.withheld:
            raise requests.ReadTimeout
        return _response(request, reply)

    def close(self) -> None:
        pass


class InProcessWire(Wire):
    """A wire whose every request goes to a `PlatformAdapter`."""

    def __init__(self, adapter: PlatformAdapter) -> None:
        super().__init__(LONGEST, monotonic)
        self._carrier = requests.Session()
        self._carrier.trust_env = False
        self._carrier.mount("http://", adapter)

    def _session(self, _: str) -> requests.Session:
        return self._carrier


class InProcessTransport(Transport):
    """Sends everything over an `InProcessWire`."""

    def __init__(self, adapter: PlatformAdapter) -> None:
        super().__init__(LONGEST)
        self._in_process = InProcessWire(adapter)

    @property
    def _wire(self) -> Wire:
        return self._in_process


def client(
    adapter: PlatformAdapter, now: Callable[[], datetime], pause: Callable[[float], None], batch_size: int
) -> Client:
    """Return the real client: signatures, retries, bans and all, over a `PlatformAdapter`."""
    limiter = Limiter({}, MemoryLedger(), now=now, monotonic=lambda: now().timestamp(), pause=pause)
    return Client(GATEWAY, CREDENTIALS, limiter, transport=InProcessTransport(adapter), batch_size=batch_size)


def _response(request: requests.PreparedRequest, reply: CannedReply) -> requests.Response:
    response = requests.Response()
    response.status_code = reply.status
    response.raw = HTTPResponse(BytesIO(reply.body), preload_content=False)
    response.request = request
    return response
