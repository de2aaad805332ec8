"""The fleet's engine: how fast orders go through, and a day of 5,000 shops on a clock that nobody waits for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from random import Random
from statistics import median, quantiles

from sqlalchemy import Engine, delete, func, insert, select

from sync.fleet.dispatch import PERIOD, dispatch
from sync.fleet.engine import QUEUE, Order, Task, defer, set_up
from sync.fleet.schedules import parsed
from sync.fleet.worker import Worker
from sync.service.stopping import Stop
from sync.state.engine import close_engine, open_engine
from sync.state.fleet_tables import SCHEDULES
from sync.state.upgrading import make_ready
from tests.bench.clock import seconds
from tests.bench.databases import server
from tests.bench.ratio import Ratio
from tests.fleet.day import HEADER, day_of

A_SECOND = 50
"""Orders."""
FOR = 30
"""Seconds."""
SHOPS = (500, 5_000)
DAYS = ((500, 8), (5_000, 64), (5_000, 20))
"""Shops, and how many orders all workers together can work on at once."""
START = datetime(2026, 11, 30, tzinfo=UTC)


def measured() -> Iterator[str | Ratio]:
    """Yield a line a figure, and what a round costs with ten times as many shops."""
    with server() as new:
        yield from _orders(_opened(new()))
        rounds = []
        for shops in SHOPS:
            took, queued = _round(_opened(new()), shops)
            rounds.append(took)
            yield f"round of {shops} shops: {1000 * took:.1f} ms at the median ({queued} ticks in an hour of rounds)"
    few, many = SHOPS
    yield Ratio(f"a round of {many:,} shops, as many due", f"of {few} shops", rounds[1] / rounds[0], 1.5)
    yield f"a day:\n{HEADER}"
    for shops, hands in DAYS:
        yield day_of(shops, hands, Random(shops)).line()


def _opened(place: str) -> Engine:
    engine = open_engine(place)
    make_ready(engine)
    set_up(engine)
    return engine


def _orders(engine: Engine) -> Iterator[str]:
    """The real engine: orders that do nothing, deferred at a steady rate; how long each waited."""
    began: dict[str, float] = {}
    waited: list[float] = []
    all_done = threading.Event()

    def do(order: Order, _: Stop) -> None:
        waited.append(time.monotonic() - began[order.shop])
        if len(waited) == A_SECOND * FOR:
            all_done.set()

    worker = Worker(engine, dict.fromkeys(Task, do), concurrency=4)
    thread = threading.Thread(target=worker.run)
    thread.start()
    start = time.monotonic()
    for n in range(A_SECOND * FOR):
        time.sleep(max(0.0, start + n / A_SECOND - time.monotonic()))
        began[f"shop {n}"] = time.monotonic()
        with engine.begin() as connection:
            defer(connection, Order(Task.TICK, f"shop {n}"))
    all_done.wait(FOR)
    took = time.monotonic() - start
    worker.end()
    thread.join()
    with engine.connect() as connection:
        left = connection.execute(select(func.count()).select_from(QUEUE)).scalar_one()
    close_engine(engine)
    yield f"engine: {len(waited)} of {A_SECOND * FOR} orders, {len(waited) / took:.1f} a second for {took:.0f} s"
    p50, p99 = (1000 * quantiles(waited, n=100)[at] for at in (49, 98))
    yield f"engine: each waited {p50:.0f} ms at the median, {p99:.0f} ms at p99; {left} rows are left in the queue"


def _round(engine: Engine, shops: int) -> tuple[float, int]:
    """Return the median seconds of a round, and how many ticks an hour of rounds over the real tables queued.

    As many are due an hour whatever the number of shops.
    """
    every = f"{5 * shops // SHOPS[0]}m"
    with engine.begin() as connection:
        due = parsed(every)
        values = [
            {"shop": f"shop {n}", "kind": "watch", "every": every, "next_at": due.after(START, f"shop {n}")}
            for n in range(shops)
        ]
        connection.execute(insert(SCHEDULES), values)
    times, queued = [], 0
    for n in range(1, 3600 // PERIOD + 1):
        times.append(seconds(partial(dispatch, engine, START + timedelta(seconds=n * PERIOD))))
        with engine.begin() as connection:
            queued += connection.execute(delete(QUEUE)).rowcount
    close_engine(engine)
    return median(times), queued
