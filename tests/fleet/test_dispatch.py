"""The rounds that keep the queue in order, and the traps of the engine that they step over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from procrastinate import App
from procrastinate.exceptions import UniqueViolation
from sqlalchemy import Engine, insert, select, text

from sync.fleet.dispatch import DEAD_AFTER, DEATHS, FORGOTTEN_AFTER, dispatch
from sync.fleet.engine import QUEUE, QUEUE_WORKERS, Order, Task, connector, defer
from sync.fleet.schedules import schedule
from sync.service.job_index import JobIndex
from sync.service.jobs import Job, JobState
from sync.state.fleet_tables import SCHEDULES, WORKERS
from tests.fleet.queued import keep, taken

APPLY = Order(Task.APPLY, "a", "1")


def rows(engine: Engine) -> list[tuple[str | None, str]]:
    with engine.connect() as connection:
        found = connection.execute(select(QUEUE.c.queueing_lock, QUEUE.c.status).order_by(QUEUE.c.id))
        return [(row.queueing_lock, row.status) for row in found]


def test_what_a_dead_worker_had_in_hand_waits_anew(engine: Engine) -> None:
    with engine.begin() as connection:
        defer(connection, APPLY)
        assert taken(connection, "apply.1")
    dispatch(engine)
    assert rows(engine) == [("apply:a:1", "todo")]


def test_what_a_living_worker_has_in_hand_stays_with_it(engine: Engine) -> None:
    with engine.begin() as connection:
        defer(connection, APPLY)
        assert taken(connection, "apply.1", ago=DEAD_AFTER / 2)
    dispatch(engine)
    assert rows(engine) == [("apply:a:1", "doing")]


def test_a_stalled_order_whose_sibling_waits_is_in_nobodys_way(engine: Engine) -> None:
    """The engine's own retry puts it back as it was, which the sibling's queueing lock forbids, at every try."""
    with engine.begin() as connection:
        defer(connection, APPLY)
        stalled = taken(connection, "apply.1")
        defer(connection, APPLY)
    assert stalled is not None
    app = App(connector=connector(engine).get_sync_connector())
    with app.open(), pytest.raises(UniqueViolation):
        app.job_manager.retry_job_by_id(stalled, retry_at=datetime.now(UTC))
    dispatch(engine)
    assert rows(engine) == [("apply:a:1", "todo")]
    with engine.begin() as connection:
        assert taken(connection, "apply.1"), "it can be taken"


def test_what_an_unknown_program_queued_goes_back_as_it_was(engine: Engine) -> None:
    with engine.begin() as connection:
        newer = {"queue_name": "pull.7", "task_name": "pull", "priority": 3, "lock": "shop:a", "args": {"x": [1]}}
        connection.execute(insert(QUEUE).values(queueing_lock="pull:a", **newer))
        assert taken(connection, "pull.7")
    dispatch(engine)
    with engine.connect() as connection:
        found = connection.execute(select(*(QUEUE.c[name] for name in newer))).mappings().one()
    assert found == newer
    assert rows(engine) == [("pull:a", "todo")]


@pytest.mark.parametrize(
    ("was", "run", "state"),
    [
        (JobState.READING, None, JobState.REFUSED),
        (JobState.RUNNING, None, JobState.WAITING),
        (JobState.RUNNING, 3, JobState.ENDED),
    ],
)
def test_a_job_that_kills_worker_after_worker_is_left_to_a_person(
    engine: Engine, was: JobState, run: int | None, state: JobState
) -> None:
    index = JobIndex(engine, "a")
    with index.adding(Job("1", "workbook:1", "周表.xlsx", "小林", datetime.now(UTC), was, run=run)) as connection:
        defer(connection, APPLY)
    for _ in range(DEATHS):
        assert (index.get("1").state, rows(engine)) == (was, [("apply:a:1", "todo")])
        with engine.begin() as connection:
            assert taken(connection, "apply.1")
        dispatch(engine)
    left = index.get("1")
    assert (left.state, left.trouble is not None, rows(engine)) == (state, True, [])


def test_a_round_whose_worker_died_keeps_none_from_making_the_next(engine: Engine) -> None:
    """With a lock of its own it would: the dead one holds it, and only a round could take it away."""
    with engine.begin() as connection:
        for _ in range(2):
            connection.execute(insert(QUEUE).values(queue_name="dispatch.1", task_name="dispatch", args={}))
        assert taken(connection, "dispatch.1")
        assert taken(connection, "dispatch.1", ago=timedelta())
    dispatch(engine)
    assert rows(engine) == [(None, "doing")]


def test_no_order_waits_for_its_time_in_the_queue(engine: Engine) -> None:
    """There it would hold its shop's lock until then, and nothing else of the shop could be done."""
    now = datetime.now(UTC)
    with engine.begin() as connection:
        schedule(connection, "a", "watch", "1d", now)
        schedule(connection, "a", "plan", "0 8 * * 1", now)
    dispatch(engine, now)
    assert rows(engine) == []
    with engine.begin() as connection:
        later = {"queue_name": "tick.1", "task_name": "tick", "lock": "shop:b", "args": {}}
        connection.execute(insert(QUEUE).values(scheduled_at=now + timedelta(days=1), **later))
        defer(connection, Order(Task.PLAN, "b", "1"), Order(Task.PLAN, "a", "1"))
        assert taken(connection, "plan.1") == 3, "the one of shop b has to wait for a day"


@pytest.mark.parametrize(
    ("state", "order"),
    [
        (JobState.READING, [("plan:a:1", "todo")]),
        (JobState.RUNNING, [("apply:a:1", "todo")]),
        (JobState.WAITING, []),
        (JobState.ENDED, []),
        (JobState.REFUSED, []),
        (JobState.DROPPED, []),
    ],
)
def test_an_open_job_that_the_queue_lost_is_queued_anew(
    engine: Engine, state: JobState, order: list[tuple[str, str]]
) -> None:
    with engine.begin() as connection:
        keep(connection, "1", state)
        defer(connection, Order(Task.TICK, "b"))
    dispatch(engine)
    dispatch(engine)
    assert rows(engine) == [("tick:b:", "todo"), *order]


def test_a_job_that_somebody_works_on_is_not_queued_beside_it(engine: Engine) -> None:
    with engine.begin() as connection:
        keep(connection, "1", JobState.RUNNING)
        defer(connection, APPLY)
        taken(connection, "apply.1", ago=timedelta())
    dispatch(engine)
    assert rows(engine) == [("apply:a:1", "doing")]


def test_what_is_due_is_queued_once_and_comes_again(engine: Engine) -> None:
    now = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)
    with engine.begin() as connection:
        schedule(connection, "a", "watch", "5m", now)
        schedule(connection, "b", "digest", "30 20 * * 1", now)
    dispatch(engine, now + timedelta(minutes=5))
    assert rows(engine) == [("tick:a:", "todo")]
    dispatch(engine, now + timedelta(minutes=30))
    dispatch(engine, now + timedelta(minutes=30))
    assert rows(engine) == [("tick:a:", "todo"), ("digest:b:", "todo")]
    with engine.connect() as connection:
        due = connection.execute(select(SCHEDULES.c.next_at).order_by(SCHEDULES.c.shop)).scalars().all()
    assert due[0] - now <= timedelta(minutes=35)
    assert due[1] == datetime(2026, 12, 7, 12, 30, tzinfo=UTC)


def test_a_kind_that_only_a_newer_program_knows_waits_for_it(engine: Engine) -> None:
    now = datetime.now(UTC)
    with engine.begin() as connection:
        connection.execute(insert(SCHEDULES).values(shop="a", kind="pull", every="5 x", next_at=now))
    dispatch(engine, now)
    assert rows(engine) == []


def test_what_is_over_is_taken_out_of_the_database(engine: Engine) -> None:
    with engine.begin() as connection:
        for number, end in enumerate(("succeeded", "failed", "aborted")):
            defer(connection, Order(Task.TICK, f"shop {number}"))
            job = taken(connection, "tick.1", ago=timedelta())
            connection.execute(text(f"SELECT procrastinate_finish_job_v1({job}, '{end}', false)"))
        taken(connection, "none", ago=FORGOTTEN_AFTER * 2)
        old = text(
            "SELECT procrastinate_defer_periodic_job_v2('q', NULL, NULL, :task, 0, '', CAST(:at AS bigint), '{}')"
        )
        now = datetime.now(UTC).timestamp()
        connection.execute(old, [{"task": "gone", "at": now - 90_000}, {"task": "dispatch", "at": now}])
        known = {"host": "h", "pid": 1, "version": "0", "concurrency": 1, "since": datetime.now(UTC)}
        for name, ago in (("there", timedelta(minutes=50)), ("gone", timedelta(minutes=70))):
            connection.execute(insert(WORKERS).values(id=name, seen_at=datetime.now(UTC) - ago, **known))
    dispatch(engine)
    with engine.connect() as connection:
        assert connection.execute(select(QUEUE.c.status)).scalars().all() == ["todo", "todo"], "the periodic ones"
        assert connection.execute(text("SELECT count(*) FROM procrastinate_events")).scalar() == 2
        assert connection.execute(text("SELECT task_name FROM procrastinate_periodic_defers")).scalars().all() == [
            "dispatch"
        ]
        assert len(connection.execute(select(QUEUE_WORKERS)).all()) == 3, "the living"
        assert connection.execute(select(WORKERS.c.id)).scalars().all() == ["there"]
