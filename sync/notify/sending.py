"""Sends one message to each address, side by side, within a deadline.

Addresses hold tokens: nothing here prints, logs or raises one.
"""

from __future__ import annotations

import logging
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from sync.errors import Refusal
from sync.messages import say

LONGEST = 1_500
"""Characters of a message: what every robot takes in one piece."""


@dataclass(frozen=True)
class AddressResult:
    """What became of a message at one address."""

    service: str
    """The kind of address, such as `dingtalk`; never the address."""
    sent: bool


def send(urls: Sequence[str], title: str, body: str, timeout: float) -> tuple[AddressResult, ...]:
    """Send a message to every address; returns what became of each, after `timeout` seconds at the latest.

    Raises Refusal where the extra isn't installed.
    """
    services = [(_kind(url), _service(url)) for url in urls]
    fits = body if len(body) <= LONGEST else f"{body[: LONGEST - 1]}…"
    sent = [False] * len(services)

    def tell(at: int, service: Any) -> None:
        try:
            sent[at] = bool(service.notify(title=title, body=fits))
        except Exception:  # noqa: BLE001 - whatever a robot's library raises may quote its address
            sent[at] = False

    # A robot that hangs holds up nobody: the process may end while its thread still waits.
    threads = [
        threading.Thread(target=tell, args=(at, service), daemon=True)
        for at, (_, service) in enumerate(services)
        if service is not None
    ]
    deadline = monotonic() + timeout
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, deadline - monotonic()))
    return tuple(AddressResult(kind, sent[at]) for at, (kind, _) in enumerate(services))


def _kind(url: str) -> str:
    try:
        return urlsplit(url.strip()).scheme or "?"
    except ValueError:
        return "?"


def _service(url: str) -> Any:
    """Return Apprise's own object for an address; None: it knows no such kind, or the address isn't whole."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import apprise  # noqa: PLC0415 - only who has set an address needs it

            # It logs the addresses of what fails.
            logging.getLogger("apprise").disabled = True
            return apprise.Apprise.instantiate(url, suppress_exceptions=True)
    except ImportError:
        raise Refusal(say("notify.not_installed")) from None
