"""Our client against the plain way, over real HTTP and with no limiter: 5,000 reads, and 2,000 changes read back.

The plain way, as an article shows it (docs/explanation/platform.md#sources): for each call a signed `requests.post`,
one after another. It is measured on one call in twenty, and reads nothing back.
"""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator, Mapping
from cProfile import Profile
from datetime import UTC, datetime
from pathlib import Path
from pstats import Stats
from time import monotonic, process_time, sleep

import requests

from sync.apply.executor import Clock
from sync.apply.run import RunContext, apply
from sync.fields import OUTER_ID, PRICE
from sync.gateway.auth import FixedToken
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter
from sync.gateway.protocol import SignMethod, sign, timestamp
from sync.item import Row
from sync.plan.build import build
from sync.plan.identity import FoundItem, Memory
from sync.plan.options import Options
from sync.plan.plan import Plan
from sync.plan.resolve import resolve
from sync.sandbox.server import Sandbox
from sync.state.journal import Origin
from sync.state.store import Store
from tests.bench.clock import seconds
from tests.bench.platform import IDS, platform, requests_made
from tests.bench.ratio import Ratio
from tests.gateway.memory_ledger import MemoryLedger

READS, CHANGES = len(IDS), 2_000
CHANGED = IDS[:CHANGES]
TOP_PLACES = 8
PEER = "a signed request for each, one after another"
LATENCY = 0.04
"""Seconds that a request takes on its way."""
SAMPLE = 20
"""The plain way takes five minutes else."""


def measured() -> Iterator[str | Ratio]:
    """Yield how long both take, how many requests ours are, and where its time goes."""
    with platform(LATENCY) as gateway:
        seed = seconds(lambda: _the_plain_way(gateway)) * SAMPLE
    with platform(LATENCY) as gateway:
        began = process_time()
        ours = seconds(lambda: _our_way(gateway))
        own = process_time() - began
        requests_sent = requests_made(gateway)
    with platform(LATENCY) as gateway:
        profile = Profile()
        profile.runcall(_our_way, gateway)
    calls = READS + CHANGES
    yield f"{READS} items read and {CHANGES} changed over HTTP at {LATENCY * 1000:.0f} ms, no limiter:"
    yield f"  the plain way {seed:6.2f} s, {calls} requests"
    yield f"  ours           {ours:6.2f} s, {requests_sent} requests, {own:.2f} s of it processor time"
    yield Ratio(f"{calls:,} calls at {LATENCY * 1000:.0f} ms, times faster", PEER, seed / ours, 25, more=True)
    yield from _where_the_time_goes(profile)


def _the_plain_way(gateway: str) -> None:
    for item_id in IDS[::SAMPLE]:
        _post(gateway, "taobao.open.item.get", {"item_id": item_id})
    for item_id in CHANGED[::SAMPLE]:
        _post(gateway, "taobao.open.item.modify", {"item_id": item_id, "json": '{"_sys": {"price": 25.0}}'})


def _post(gateway: str, method: str, params: Mapping[str, str]) -> None:
    public = {
        "method": method,
        "app_key": Sandbox.app_key,
        "session": Sandbox.session,
        "timestamp": timestamp(datetime.now(UTC)),
        "format": "json",
        "v": "2.0",
        "sign_method": "md5",
    }
    both = {**public, **params}
    signed = {**both, "sign": sign(both, Sandbox.app_secret, SignMethod.MD5)}
    answer = requests.post(gateway, data=signed, timeout=30)
    assert '"success": true' in answer.text or '"success":true' in answer.text, answer.text


def _our_way(gateway: str) -> None:
    credentials = Credentials(Sandbox.app_key, Sandbox.app_secret, FixedToken(Sandbox.session))
    channel = OpenItems(Client(gateway, credentials, Limiter({}, MemoryLedger())))
    found = {item_id: FoundItem(reply.item) for item_id, reply in channel.read(IDS, lambda _: None).items()}
    plan = _plan(found)
    assert plan.summary.calls == CHANGES
    with tempfile.TemporaryDirectory() as folder:
        store = Store(str(Path(folder) / "state.db"), "default")
        clock = Clock(lambda: datetime.now(UTC), sleep, monotonic)
        place = RunContext(store, channel, clock, stop=threading.Event())
        assert apply(plan, Origin("weekly.xlsx"), place, allow_delete=False).finished
        store.close()


def _plan(found: Mapping[str, FoundItem]) -> Plan:
    rows = [Row(n + 2, f"A-{n}", item_id, {OUTER_ID: f"A-{n}", PRICE: 2500}) for n, item_id in enumerate(CHANGED)]
    options = Options("weekly.xlsx")
    return build(resolve(rows, Memory(), options), found, options)


def _where_the_time_goes(profile: Profile) -> Iterator[str]:
    stats = Stats(profile).get_stats_profile()
    yield f"  the client's own time, {stats.total_tt:.2f} s under the profiler, most of it in:"
    slowest = sorted(stats.func_profiles.items(), key=lambda one: one[1].tottime, reverse=True)[:TOP_PLACES]
    for name, spent in slowest:
        yield f"    {spent.tottime:6.2f} s  {spent.ncalls:>8} ×  {Path(spent.file_name).name}:{name}"
