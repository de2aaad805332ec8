"""The queue in the state's own database: made once, brought up to date, and never told twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Connection, Engine, select, text

from sync.errors import Refusal
from sync.fleet.engine import MIGRATIONS, QUEUE, Order, Task, defer, set_up, to_apply
from sync.state.engine import close_engine, open_engine


def queued(engine: Engine) -> list[tuple[str, str]]:
    with engine.connect() as connection:
        found = connection.execute(select(QUEUE.c.queueing_lock, QUEUE.c.status).order_by(QUEUE.c.id))
        return [(row.queueing_lock, row.status) for row in found]


def test_many_processes_make_the_tables_at_once(postgres: str) -> None:
    engines = [open_engine(postgres) for _ in range(8)]
    with ThreadPoolExecutor(8) as at_once:
        list(at_once.map(set_up, engines))
    assert queued(engines[0]) == []
    for engine in engines:
        close_engine(engine)


def test_tables_of_an_earlier_procrastinate_are_brought_up_to_date(postgres: str) -> None:
    engine = open_engine(postgres)
    *before, pre, _ = sorted(file.name for file in MIGRATIONS.glob("*.sql"))
    with engine.begin() as connection:
        for step in before:
            run(connection, (MIGRATIONS / step).read_text())
        run(connection, f"COMMENT ON TABLE procrastinate_jobs IS 'itemsync: {before[-1]}'")
    set_up(engine)
    set_up(engine)
    with engine.begin() as connection:
        assert comment(connection) == f"itemsync: {pre}"
        assert connection.execute(text("SELECT to_regproc('procrastinate_retry_job_v2')")).scalar()
    close_engine(engine)


def run(connection: Connection, script: str) -> None:
    connection.exec_driver_sql(script, execution_options={"no_parameters": True})


def comment(connection: Connection) -> object:
    return connection.execute(text("SELECT obj_description('procrastinate_jobs'::regclass)")).scalar()


@pytest.mark.parametrize(
    ("found", "applied"),
    [
        pytest.param("1_50_post_a", "2_01_pre_b", id="what the program before still uses stays"),
        pytest.param("1_01_pre_a", "1_50_post_a 2_01_pre_b", id="till the next one comes"),
        pytest.param("2_01_pre_b", "", id="up to date"),
        pytest.param("3_01_pre_c", "", id="a newer program has been there"),
    ],
)
def test_which_steps_are_applied(found: str, applied: str) -> None:
    steps = ["1_01_pre_a", "1_50_post_a", "2_01_pre_b", "2_50_post_b"]
    assert to_apply(found, steps) == applied.split()


def test_a_queue_of_another_program_is_refused(postgres: str) -> None:
    engine = open_engine(postgres)
    with engine.begin() as connection:
        run(connection, SchemaManager.get_schema())
    with pytest.raises(Refusal, match="queue_of_another"):
        set_up(engine)
    close_engine(engine)


def test_what_waits_already_is_not_queued_twice(engine: Engine) -> None:
    tick, plan = Order(Task.TICK, "甲"), Order(Task.PLAN, "甲", "job")
    with engine.begin() as connection:
        defer(connection, tick, plan, tick)
        defer(connection, plan)
    assert queued(engine) == [("tick:甲:", "todo"), ("plan:甲:job", "todo")]


def test_what_is_deferred_goes_back_with_the_callers_transaction(engine: Engine) -> None:
    with engine.connect() as connection:
        defer(connection, Order(Task.TICK, "a"))
        connection.rollback()
    assert queued(engine) == []


def test_each_of_many_threads_has_a_connection(engine: Engine) -> None:
    """Every run holds one for its lease; a pool that is smaller would keep all of them from writing."""
    with ExitStack() as held:
        connections = [held.enter_context(engine.connect()) for _ in range(20)]
        found = {one.execute(text("SELECT pg_backend_pid()")).scalar() for one in connections}
    assert len(found) == 20
