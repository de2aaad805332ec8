"""The queue: Procrastinate's tables in the state's own database, and what waits in them.

What waits there is only a hint, which may come twice or get lost: what is to be done stands in our own tables, and
what keeps two from doing it is the lease (`state/lease.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from procrastinate import PsycopgConnector
from procrastinate.jobs import Status
from procrastinate.schema import SchemaManager
from sqlalchemy import BigInteger, Column, Connection, DateTime, Engine, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import ENUM, JSONB, insert

from sync.errors import Refusal
from sync.messages import say
from sync.state.versions import exclusive


class Task(StrEnum):
    """What a worker can do for a shop."""

    PLAN = "plan"
    """Read a sheet and the platform; without a job: what the shop's schedule asks for."""
    APPLY = "apply"
    """Carry out what was approved, and finish what an earlier worker began of it."""
    RESUME = "resume"
    """Finish the shop's run that was cut off."""
    TICK = "tick"
    """Ask the rules of the shop's sheet once."""
    DIGEST = "digest"
    """Tell of the shop's week."""

    @property
    def queue(self) -> str:
        """The task's own queue: a worker listens to those it knows, and what it doesn't know waits for a newer one.

        The number is raised where an older program would do the task wrongly.
        """
        return f"{self}.1"


class Order(NamedTuple):
    """Something to be done for a shop: all that the queue is told."""

    task: Task
    shop: str
    job: str | None = None
    """The job in `JOBS`; None: it is the shop's own matter."""

    @property
    def lock(self) -> str:
        """No two orders of one lock are worked on at a time."""
        return f"shop:{self.shop}"

    @property
    def queueing_lock(self) -> str:
        """No two orders of one queueing lock wait at a time."""
        return f"{self.task}:{self.shop}:{self.job or ''}"

    @property
    def priority(self) -> int:
        """What a schedule asked for waits for what a person did, and for ticks: 5,000 shops may plan on Mondays."""
        return -1 if self.task is Task.DIGEST or self == Order(Task.PLAN, self.shop) else 0


MIGRATIONS = Path(SchemaManager.get_migrations_path())
_MARK = "itemsync: "
"""Begins the comment that says which migrations the queue's tables have: Procrastinate writes that nowhere."""
_OF_PROCRASTINATE = MetaData()
QUEUE = Table(
    "procrastinate_jobs",
    _OF_PROCRASTINATE,
    Column("id", BigInteger, primary_key=True),
    Column("queue_name", Text),
    Column("task_name", Text),
    Column("priority", BigInteger),
    Column("lock", Text),
    Column("queueing_lock", Text),
    Column("args", JSONB),
    Column("status", ENUM(*(one.value for one in Status), name="procrastinate_job_status", create_type=False)),
    Column("scheduled_at", DateTime(timezone=True)),
    Column("worker_id", BigInteger),
    Column("attempts", Integer),
)
"""What waits (`todo`), what is worked on (`doing`), and what ended. Made by Procrastinate alone."""
QUEUE_WORKERS = Table(
    "procrastinate_workers",
    _OF_PROCRASTINATE,
    Column("id", BigInteger, primary_key=True),
    Column("last_heartbeat", DateTime(timezone=True)),
)
PERIODIC = Table(
    "procrastinate_periodic_defers", _OF_PROCRASTINATE, Column("defer_timestamp", BigInteger), Column("job_id")
)


def set_up(engine: Engine, migrations: Path = MIGRATIONS) -> None:
    """Make the queue's tables beside the state's, or bring older ones to what this program's Procrastinate needs.

    Many processes may do so at the same moment. `migrations`: the folder of Procrastinate's own.
    Raises Refusal for tables that somebody else's Procrastinate made there, and SQLAlchemyError.
    """
    steps = sorted(file.name for file in migrations.glob("*.sql"))
    with engine.connect() as connection:
        found = _stands_at(connection)
        if found and not to_apply(found, steps):
            return
    with exclusive(engine) as connection:
        found = _stands_at(connection)
        if found is None:
            _run(connection, SchemaManager.get_schema())
            _write_down(connection, steps[-1])
            return
        for step in to_apply(found, steps):
            _run(connection, (migrations / step).read_text("utf-8"))
            _write_down(connection, step)


def to_apply(found: str, steps: Sequence[str]) -> Sequence[str]:
    """Return which migrations are to be applied to tables that stand at `found`, in their order.

    A newest step called `post` takes away what the program before still uses: it waits for the next one, so that
    workers can be replaced one by one. Where a newer program has been, nothing is to be done.
    """
    due = [step for step in steps if step > found]
    while due and "_post_" in due[-1]:
        due.pop()
    return due


def defer(connection: Connection, *orders: Order) -> None:
    """Put orders into the queue, in the caller's transaction; one that waits there already stays as it is."""
    if orders:
        connection.execute(insert(QUEUE).on_conflict_do_nothing(), [_row(order) for order in orders])


def connector(engine: Engine) -> PsycopgConnector:
    """Return Procrastinate's own way to the state's database, for a worker."""
    _, arguments = engine.dialect.create_connect_args(engine.url)
    arguments.pop("context", None)
    return PsycopgConnector(kwargs=arguments, min_size=1, max_size=4)


def _row(order: Order) -> dict[str, object]:
    return {
        "queue_name": order.task.queue,
        "task_name": str(order.task),
        "priority": order.priority,
        "lock": order.lock,
        "queueing_lock": order.queueing_lock,
        "args": {"shop": order.shop, "job": order.job},
    }


def _stands_at(connection: Connection) -> str | None:
    """Return the last migration that the tables have, which stands in a comment; None: there are no tables."""
    # Not `to_regclass`: it may remember from before the lock that there is none.
    wanted = "SELECT obj_description(oid, 'pg_class') AS said FROM pg_class WHERE relname = 'procrastinate_jobs'"
    found = connection.execute(text(f"{wanted} AND pg_table_is_visible(oid)")).first()
    if found is None:
        return None
    if not (found.said or "").startswith(_MARK):
        raise Refusal(say("fleet.queue_of_another"))
    return str(found.said).removeprefix(_MARK)


def _write_down(connection: Connection, step: str) -> None:
    # A comment takes no parameter; the step is the name of a file that comes with Procrastinate.
    _run(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{_MARK}{step}'")


def _run(connection: Connection, script: str) -> None:
    """Execute several statements at once, which may hold percent signs."""
    connection.exec_driver_sql(script, execution_options={"no_parameters": True})
