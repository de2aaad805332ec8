"""The journal on against the journal off, over real HTTP (issue 3): every call durable before and after it leaves."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from time import monotonic, sleep
from typing import NamedTuple
from unittest.mock import patch

from sync.apply.executor import Clock
from sync.apply.run import RunContext, apply
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
from sync.state.journal import Entries, Journal, Origin
from sync.state.store import Store
from tests.bench.clock import in_turn
from tests.bench.databases import DATABASES, NewPlace
from tests.bench.platform import IDS, platform
from tests.bench.ratio import Ratio
from tests.gateway.memory_ledger import MemoryLedger

ROUNDS, CONNECTIONS = 7, 4


class Distance(NamedTuple):
    """How far away the platform is."""

    seconds: float
    """That each request takes on its way."""
    name: str
    most: float
    """What a run with its journal may take, for what it takes without."""


DISTANCES = (
    Distance(0.04, " at 40 ms", 1.15),
    # Then the run waits for nothing but its own work and the database's.
    Distance(0.0, "", 1.3),
)


def measured() -> Iterator[str | Ratio]:
    """Yield what the journal costs, at each distance, in each database."""
    plan = _plan()
    calls = plan.summary.calls
    yield f"{calls} calls over HTTP, no limiter, {CONNECTIONS} connections, medians of {ROUNDS}:"
    for distance in DISTANCES:
        with platform(distance.seconds) as gateway:
            for name, places in DATABASES.items():
                with places() as new_place:
                    yield from _costs(name, distance, partial(_apply, gateway, plan), new_place)


def _costs(name: str, distance: Distance, run: Callable[[str], object], new_place: NewPlace) -> Iterator[str | Ratio]:
    def on() -> None:
        run(new_place())

    def off() -> None:
        with patch.object(Journal, "write", _but_calls):
            on()

    with_journal, without = in_turn(ROUNDS, on, off)
    yield f"  {name}{distance.name}: journal on {with_journal:6.2f} s  off {without:6.2f} s"
    what, peer = f"a run with its journal{distance.name}, {name}", "the same without the journal"
    yield Ratio(what, peer, with_journal / without, distance.most)


_WRITE = Journal.write


def _but_calls(journal: Journal, entries: Entries, at: datetime) -> None:
    """Write down how rows ended, what is remembered of them and what was seen of their items, but no call."""
    looks = [one for one in entries.settled if one.no_news]
    if entries.ended or looks:
        _WRITE(journal, Entries(looks, entries.ended), at)


def _plan() -> Plan:
    rows = [Row(n + 2, f"A-{n}", item_id, {OUTER_ID: f"A-{n}", PRICE: 2500}) for n, item_id in enumerate(IDS)]
    meant = resolve(rows, Memory(), Options("weekly.xlsx"))
    found = {item_id: FoundItem(_held(n, item_id)) for n, item_id in enumerate(IDS)}
    return build(meant, found, Options("weekly.xlsx"))


def _held(n: int, item_id: str) -> Item:
    keys: Item = {TITLE: "猫眼美甲", PRICE: 2000, INVENTORY: 10, STATUS: Status.ACTIVE}
    return {ITEM_ID: item_id, OUTER_ID: f"A-{n}", **keys}


def _apply(gateway: str, plan: Plan, state: str) -> None:
    """Make the plan's calls; the platform doesn't mind that they were made before."""
    credentials = Credentials(Sandbox.app_key, Sandbox.app_secret, FixedToken(Sandbox.session))
    channel = OpenItems(Client(gateway, credentials, Limiter({}, MemoryLedger())), connections=CONNECTIONS)
    store = Store(state, "default")
    clock = Clock(lambda: datetime.now(UTC), sleep, monotonic)
    apply(plan, Origin("weekly.xlsx"), RunContext(store, channel, clock, stop=threading.Event()), allow_delete=False)
    store.close()
