"""Moves of stock that can't be repeated, each in a request of its own, over real HTTP and with no limiter.

The plain way makes one move after another, over one connection and without a journal. Ours keeps each durable before
it leaves, and reads it back.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, process_time, sleep

from sync.apply.executor import Clock
from sync.apply.run import RunContext, apply
from sync.call import Call, Op, Outcome
from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.gateway.auth import FixedToken
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter
from sync.item import Item, Row, Status
from sync.plan.build import build
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Plan
from sync.plan.resolve import resolve
from sync.sandbox.server import Sandbox
from sync.state.journal import Origin
from sync.state.store import Store
from tests.bench.clock import seconds
from tests.bench.platform import IDS, platform
from tests.bench.ratio import Ratio
from tests.gateway.memory_ledger import MemoryLedger

MOVED = IDS[:2_000]
LATENCY = 0.04
"""Seconds that a request takes on its way."""
PEER = "one move after another"
SAMPLE = 20
"""The plain way is measured on one move in so many."""


def measured() -> Iterator[str | Ratio]:
    """Yield how long both take, and how much of ours is our own work."""
    with platform(LATENCY) as gateway:
        plain = seconds(lambda: _one_by_one(gateway)) * SAMPLE
    with platform(LATENCY) as gateway, tempfile.TemporaryDirectory() as folder:
        plan = _plan()
        began = process_time()
        ours = seconds(lambda: _our_way(gateway, Path(folder), plan))
        own = process_time() - began
    yield f"{len(MOVED)} moves over HTTP at {LATENCY * 1000:.0f} ms, no limiter:"
    yield f"  one after another {plain:6.2f} s"
    yield f"  ours              {ours:6.2f} s, {own:.2f} s of it processor time"
    yield Ratio(f"{len(MOVED):,} moves at {LATENCY * 1000:.0f} ms, times faster", PEER, plain / ours, 10, more=True)


def _one_by_one(gateway: str) -> None:
    channel = _channel(gateway)
    for item_id in MOVED[::SAMPLE]:
        (reply,) = channel.send([Call(Op.STOCK, item_id, by=1)])
        assert reply.outcome is Outcome.DONE


def _our_way(gateway: str, folder: Path, plan: Plan) -> None:
    store = Store(str(folder / "state.db"), "default")
    clock = Clock(lambda: datetime.now(UTC), sleep, monotonic)
    context = RunContext(store, _channel(gateway), clock, stop=threading.Event())
    assert apply(plan, Origin("weekly.xlsx"), context, allow_delete=False).finished
    store.close()


def _channel(gateway: str) -> OpenItems:
    credentials = Credentials(Sandbox.app_key, Sandbox.app_secret, FixedToken(Sandbox.session))
    return OpenItems(Client(gateway, credentials, Limiter({}, MemoryLedger())))


def _plan() -> Plan:
    rows = [Row(n + 2, f"A-{n}", item_id, {OUTER_ID: f"A-{n}"}, stock_change=1) for n, item_id in enumerate(MOVED)]
    options = Options("weekly.xlsx")
    found = {item_id: FoundItem(_held(n, item_id)) for n, item_id in enumerate(MOVED)}
    return build(resolve(rows, Memory(), options), found, options)


def _held(n: int, item_id: str) -> Item:
    keys: Item = {TITLE: "猫眼美甲", PRICE: 2000, INVENTORY: 10, STATUS: Status.ACTIVE}
    return {ITEM_ID: item_id, OUTER_ID: f"A-{n}", **keys}
