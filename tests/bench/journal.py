"""The journal on against the journal off, over real HTTP (issue 3): every call durable before and after it leaves."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from time import sleep
from unittest.mock import patch

from sync.apply.executor import Clock
from sync.apply.run import Workplace, apply
from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE, STATUS, TITLE
from sync.gateway.auth import FixedToken
from sync.gateway.client import Client, Credentials
from sync.gateway.open_item import OpenItems
from sync.item import Item, Row, Status
from sync.plan.build import Options, build, resolve
from sync.plan.identity import Found, Memory
from sync.plan.plan import Plan
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import Shop
from sync.state.journal import Journal, Origin
from sync.state.store import Store
from tests.bench.clock import in_turn

ROWS, ROUNDS = 5_000, 3
CONNECTIONS = 4
FIRST_ID = 7_627_361_738_101


def measured() -> Iterator[str]:
    """Yield what the journal costs."""
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as folder:
        plan = _plan()
        calls = plan.summary.calls
        places = count()

        def on() -> None:
            _apply(sandbox, plan, Path(folder) / f"{next(places)}.db")

        def off() -> None:
            with patch.object(Journal, "write", _nothing):
                on()

        with_journal, without = in_turn(ROUNDS, on, off)
    yield f"{calls} calls over HTTP, no limiter, {CONNECTIONS} connections, medians of {ROUNDS}:"
    ratio = with_journal / without
    yield f"  journal on {with_journal:6.2f} s  off {without:6.2f} s  ratio {ratio:.2f} (at most 1.3)"


def _nothing(*_: object) -> None:
    """A journal that writes nothing down."""


def _plan() -> Plan:
    rows = [Row(n + 2, f"A-{n}", str(FIRST_ID + n), {OUTER_ID: f"A-{n}", PRICE: 2500}) for n in range(ROWS)]
    meant = resolve(rows, Memory(), Options("weekly.xlsx"))
    found = {str(FIRST_ID + n): Found(_held(n)) for n in range(ROWS)}
    return build(meant, found, Options("weekly.xlsx"))


def _held(n: int) -> Item:
    keys: Item = {TITLE: "猫眼美甲", PRICE: 2000, INVENTORY: 10, STATUS: Status.ACTIVE}
    return {ITEM_ID: str(FIRST_ID + n), OUTER_ID: f"A-{n}", **keys}


def _documents() -> Sequence[dict[str, object]]:
    held: dict[str, object] = {"title": "猫眼美甲", "price": 20.0, "inventory": 10, "status": 1}
    return [{"_sys": {"itemId": FIRST_ID + n, "outerId": f"A-{n}", **held}} for n in range(ROWS)]


def _apply(sandbox: Sandbox, plan: Plan, state: Path) -> None:
    sandbox.shop = Shop()
    sandbox.shop.load(_documents())
    credentials = Credentials(sandbox.app_key, sandbox.app_secret, FixedToken(sandbox.session))
    channel = OpenItems(Client(sandbox.gateway, credentials), connections=CONNECTIONS)
    store = Store(str(state), "default")
    clock = Clock(lambda: datetime.now(UTC), sleep)
    apply(plan, Origin("weekly.xlsx"), Workplace(store, channel, clock, stop=threading.Event()), allow_delete=False)
    store.close()
