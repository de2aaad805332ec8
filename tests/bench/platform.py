"""A sandbox in a process of its own, so that it takes no time from the client that is measured."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection

import requests
from starlette.types import Receive, Scope, Send

from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop

ITEMS = 5_000
FIRST_ID = 7_627_361_738_101
IDS = [str(FIRST_ID + n) for n in range(ITEMS)]
"""What the shop holds: an item for each."""


@contextmanager
def platform(latency: float = 0.0, items: int = ITEMS) -> Iterator[str]:
    """Run a sandbox with so many `items`; yields its gateway. `latency`: seconds that each request takes at least."""
    here, there = get_context("spawn").Pipe()
    process = get_context("spawn").Process(target=_serve, args=(there, latency, items), daemon=True)
    process.start()
    there.close()
    try:
        yield str(here.recv())
    finally:
        here.close()
        process.join()


def _serve(pipe: Connection, latency: float, items: int) -> None:
    shop = OpenItemShop()
    held = {"title": "猫眼美甲", "category": ["丽人", "美甲"], "price": 20.0, "inventory": 10, "status": 1}
    shop.load({"_sys": {"itemId": FIRST_ID + n, "outerId": f"A-{n}", **held}} for n in range(items))
    sandbox = Sandbox(shop)
    served = sandbox._web.asgi

    async def far_away(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(latency)
        await served(scope, receive, send)

    setattr(sandbox._web, "asgi", far_away)  # noqa: B010
    with sandbox:
        pipe.send(sandbox.gateway)
        pipe.poll(None)


def requests_made(gateway: str) -> int:
    """Return how many requests reached the sandbox."""
    counted = requests.get(gateway.replace("/router/rest", "/sandbox/requests"), timeout=30).json()
    return int(sum(counted.values()))
