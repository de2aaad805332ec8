"""A worker in a thread of its own, over a real queue: what it takes, cuts, stops and hands back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from queue import Queue

import pytest
from sqlalchemy import Engine, delete, func, select, text, update

from sync.errors import Locked
from sync.fleet.at_work import AtWork
from sync.fleet.dispatch import DEAD_AFTER, take_from_the_dead
from sync.fleet.engine import QUEUE, QUEUE_WORKERS, Order, Task, defer
from sync.fleet.worker import Rhythm, Work, Worker
from sync.messages import say
from sync.service.jobs import JobState
from sync.state.fleet_tables import WORKERS
from tests.fleet.queued import keep, taken

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
    left, done, ended = {"large": 6, "small 1": 1, "small 2": 1}, list[str](), threading.Event()

    def work(order: Order, stop: threading.Event) -> None:
        while left[order.shop] and not stop.is_set():
            left[order.shop] -= 1
            if order.shop == "large" and len(done) < 2:
                assert stop.wait(WITHIN), "others wait"
        if not left[order.shop]:
            done.append(order.shop)
            if len(done) == len(left):
                ended.set()

    order_in(engine, *(Order(Task.APPLY, shop, "job") for shop in left))
    with working(engine, work, rhythm=QUICK):
        assert ended.wait(WITHIN)
    assert done == ["small 1", "small 2", "large"]


@pytest.mark.parametrize(("order", "cut"), [(Order(Task.RESUME, "a"), True), (Order(Task.PLAN, "a", "1"), False)])
def test_what_would_begin_anew_is_not_cut(engine: Engine, order: Order, cut: bool) -> None:
    at_work = AtWork(slice_seconds=20.0, clock=lambda: clock)
    clock = 0.0
    order_in(engine, Order(Task.TICK, "b"))
    with engine.connect() as connection, at_work.assignment(order) as mine:
        clock = 19.9
        at_work.look(connection)
        assert not mine.stop.is_set()
        clock = 20.0
        at_work.look(connection)
        assert (mine.stop.is_set(), mine.handed_back) == (cut, cut)


def test_a_run_goes_on_while_only_its_own_shop_waits(engine: Engine) -> None:
    at_work = AtWork(slice_seconds=0.0)
    order_in(engine, Order(Task.APPLY, "a", "1"))
    with engine.begin() as connection:
        taken(connection, "apply.1", ago=timedelta())
        defer(connection, Order(Task.TICK, "a"))
        with at_work.assignment(Order(Task.APPLY, "a", "1")) as mine:
            at_work.look(connection)
            assert not mine.stop.is_set()


def test_a_person_stops_a_job_and_it_is_not_handed_back(engine: Engine) -> None:
    begun, after = threading.Event(), threading.Event()

    def work(order: Order, stop: threading.Event) -> None:
        if order.task is Task.TICK:
            after.set()
            return
        begun.set()
        assert stop.wait(WITHIN)

    order_in(engine, Order(Task.APPLY, "a", "1"))
    with working(engine, work):
        assert begun.wait(WITHIN)
        with engine.begin() as connection:
            keep(connection, "1", JobState.ENDED, stop=True)
            defer(connection, Order(Task.TICK, "b"))
        assert after.wait(WITHIN)
        assert "apply:a:1" not in waiting(engine)


def test_a_worker_that_was_counted_as_dead_goes_on_under_a_new_number(engine: Engine) -> None:
    """The engine itself would end: it takes orders under a number that is no longer known."""
    done: Queue[str] = Queue()
    with working(engine, lambda order, _: done.put(order.shop)):
        order_in(engine, Order(Task.TICK, "before"))
        assert done.get(timeout=WITHIN) == "before"
        with engine.begin() as connection:
            connection.execute(delete(QUEUE_WORKERS))
        order_in(engine, Order(Task.TICK, "after"))
        assert done.get(timeout=WITHIN) == "after"


def test_an_order_that_was_taken_from_a_sleeper_ends_there_without_noise(engine: Engine) -> None:
    begun: Queue[int] = Queue()
    go_on = threading.Event()

    def work(_: Order, __: threading.Event) -> None:
        begun.put(1)
        assert go_on.wait(WITHIN)

    order_in(engine, Order(Task.APPLY, "a", "1"))
    with working(engine, work, concurrency=2):
        begun.get(timeout=WITHIN)
        with engine.begin() as connection:
            connection.execute(update(QUEUE_WORKERS).values(last_heartbeat=func.now() - 2 * DEAD_AFTER))
            take_from_the_dead(connection)
        begun.get(timeout=WITHIN)
        go_on.set()


def test_a_database_that_was_away_is_asked_again(engine: Engine) -> None:
    done: Queue[str] = Queue()
    with working(engine, lambda order, _: done.put(order.shop)):
        order_in(engine, Order(Task.TICK, "before"))
        assert done.get(timeout=WITHIN) == "before"
        cut_off = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = :name"
        # By the only connection that is left: a new pool would forget what the worker has of the old one.
        with engine.begin() as connection:
            connection.execute(text(cut_off + " AND pid <> pg_backend_pid()"), {"name": application_name(engine)})
            defer(connection, Order(Task.TICK, "after"))
        assert done.get(timeout=WITHIN) == "after"


def application_name(engine: Engine) -> str:
    return str(engine.url.query["application_name"])


def test_who_finds_the_shop_taken_ends_quietly(engine: Engine) -> None:
    found: Queue[str] = Queue()

    def work(order: Order, _: threading.Event) -> None:
        found.put(order.shop)
        raise Locked(say("run.locked", profile=order.shop))

    order_in(engine, Order(Task.TICK, "a"))
    with working(engine, work):
        assert found.get(timeout=WITHIN) == "a"
    assert waiting(engine) == []
