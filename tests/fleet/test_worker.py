"""A worker in a thread of its own, over a real queue: what it takes, cuts, stops and hands back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from queue import Queue

from sqlalchemy import Engine, select

from sync.errors import Locked
from sync.fleet.engine import QUEUE, Order, Task, defer
from sync.fleet.worker import Rhythm, Work, Worker
from sync.messages import say
from sync.state.fleet_tables import WORKERS

QUICK = Rhythm(slice=0.0, pulse=0.02, dispatch=1, again=0.02)
"""Everybody is cut as soon as others wait."""
PATIENT = QUICK._replace(slice=60.0)
WITHIN = 10.0
"""Seconds before a test gives up; none waits for so long."""


@contextmanager
def working(engine: Engine, work: Work, concurrency: int = 1, rhythm: Rhythm = PATIENT) -> Iterator[Worker]:
    defects: list[Exception] = []
    worker = Worker(engine, dict.fromkeys(Task, work), concurrency, defects.append, rhythm)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.end()
        thread.join(WITHIN)
    assert not thread.is_alive()
    assert defects == []


def order_in(engine: Engine, *orders: Order) -> None:
    with engine.begin() as connection:
        defer(connection, *orders)


def waiting(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        mine = QUEUE.c.lock.is_not(None)
        return list(connection.execute(select(QUEUE.c.queueing_lock).where(mine).order_by(QUEUE.c.id)).scalars())


def test_each_order_is_done_once_and_nothing_is_left_of_it(engine: Engine) -> None:
    done: Queue[Order] = Queue()
    orders = [Order(task, f"shop {n}", "job") for n in range(3) for task in Task]
    order_in(engine, *orders)
    with working(engine, lambda order, _: done.put(order), concurrency=4):
        assert {done.get(timeout=WITHIN) for _ in orders} == {*orders}
    assert done.empty()
    assert waiting(engine) == []


def test_an_end_hands_back_what_is_in_hand(engine: Engine) -> None:
    begun = threading.Event()

    def work(_: Order, stop: threading.Event) -> None:
        begun.set()
        assert stop.wait(WITHIN)

    order_in(engine, Order(Task.APPLY, "a", "1"), Order(Task.TICK, "b"))
    with working(engine, work):
        assert begun.wait(WITHIN)
    assert waiting(engine) == ["tick:b:", "apply:a:1"]
    with engine.connect() as connection:
        assert connection.execute(select(WORKERS)).first() is None


def test_a_long_run_makes_way_for_those_who_wait(engine: Engine) -> None:
    """A large shop's run has six slices of work, a small one's has one; the large one came first."""
    left, done, ended = {"large": 6, "small 1": 1, "small 2": 1}, [], threading.Event()

    def work(order: Order, stop: threading.Event) -> None:
        left[order.shop] -= 1
        if left[order.shop]:
            # It goes on until somebody asks it to stop, or nobody waits any more.
            stop.wait(0.2)
        while left[order.shop] and not stop.is_set():
            left[order.shop] -= 1
        if not left[order.shop]:
            done.append(order.shop)
            if len(done) == 3:
                ended.set()

    order_in(engine, *(Order(Task.APPLY, shop, "job") for shop in left))
    with working(engine, work, rhythm=QUICK):
        assert ended.wait(WITHIN)
    assert done == ["small 1", "small 2", "large"]


def test_who_finds_the_shop_taken_ends_quietly(engine: Engine) -> None:
    found: Queue[str] = Queue()

    def work(order: Order, _: threading.Event) -> None:
        found.put(order.shop)
        raise Locked(say("run.locked", profile=order.shop))

    order_in(engine, Order(Task.TICK, "a"))
    with working(engine, work):
        assert found.get(timeout=WITHIN) == "a"
    assert waiting(engine) == []
