"""One HTTP exchange: a request is answered, lost, or never left. Nothing here knows what a call is."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from time import monotonic
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from sync.address import LOOPBACK
from sync.errors import Refusal
from sync.gateway.received import Received, Unanswered
from sync.messages import say

if TYPE_CHECKING:
    from sync.gateway.wire import Wire

FORM = "application/x-www-form-urlencoded;charset=utf-8"
PLATFORM_SANDBOX = "gw.api.tbsandbox.com"


class Transport:
    """Sends requests over connections that are kept alive. Safe to use from several threads."""

    def __init__(self, timeout: float = 30.0, clock: Callable[[], float] = monotonic) -> None:
        """`timeout`: seconds that a whole request may take, from connecting to its answer's last byte."""
        self._timeout, self._clock = timeout, clock

    def post(self, address: str, body: bytes, content_type: str) -> Received | Unanswered:
        """Send `body`, and wait for the answer; follows no redirects, and raises nothing."""
        return self._wire.post(address, body, content_type)

    def server_time(self, address: str) -> datetime | None:
        """Return the time of the server at `address`, by its HTTP header; None: it says none, or can't be reached."""
        return self._wire.server_time(address)

    @cached_property
    def _wire(self) -> Wire:
        # A plan of which nothing changed asks the platform nothing.
        from sync.gateway.wire import Wire  # noqa: PLC0415

        return Wire(self._timeout, self._clock)


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
