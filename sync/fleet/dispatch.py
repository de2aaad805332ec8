"""What is done every `PERIOD` seconds for all shops together, by whichever worker comes first.

It puts into the queue what our tables say is to be done, and takes out what is over. Nothing here holds a lock while
it waits, and nothing looks at every shop: the work grows with what is due, not with how many shops there are.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection, DateTime, Engine, delete, func, select
from sqlalchemy.dialects.postgresql import insert

from sync.errors import Refusal
from sync.fleet.engine import PERIODIC, QUEUE, QUEUE_WORKERS, Order, Task, defer
from sync.fleet.old_jobs import forget_old
from sync.fleet.schedules import AT_ONCE, defer_due
from sync.messages import say
from sync.service.job_index import JobIndex
from sync.service.jobs import JobState, Trouble
from sync.state.fleet_tables import JOBS, WORKERS

PERIOD = 20
"""Seconds between two rounds."""
HEARTBEAT = 10.0
"""Seconds between two signs of life of a worker."""
DEAD_AFTER = timedelta(seconds=30)
"""Without a sign of life for so long, a worker counts as dead. With a lease of 30 seconds, a dead worker's shop is
taken up within a minute."""
FORGOTTEN_AFTER = timedelta(hours=1)
"""A worker that slept for less goes on under its own number when it wakes."""

DEATHS = 5
"""So many workers may die over one order."""
ONLY_BY_HAND = {JobState.READING: JobState.REFUSED, JobState.RUNNING: JobState.WAITING}
"""How a job stands when it is given up."""

WAY_ON = {JobState.READING: Task.PLAN, JobState.RUNNING: Task.APPLY}
"""What takes an open job further; one that waits for a person isn't the queue's matter."""


_KEPT = [
    QUEUE.c[name] for name in ("queue_name", "task_name", "priority", "lock", "queueing_lock", "args", "attempts")
]
_OURS = {task.queue for task in Task}


def dispatch(engine: Engine, now: datetime | None = None) -> None:
    """Make one round. `now`: the database's clock where None is given. Raises SQLAlchemyError."""
    with engine.begin() as connection:
        now = now or connection.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()
        take_from_the_dead(connection)
        defer_lost(connection)
        tidy(connection)
        forget_old(connection)
    due = AT_ONCE
    while due == AT_ONCE:
        with engine.begin() as connection:
            due = defer_due(connection, now)


def take_from_the_dead(connection: Connection) -> None:
    """Take from the queue what a dead worker had in hand, and put it there anew.

    It isn't retried as it is: an order of the same queueing lock may wait already, and then that one stands for both.
    It goes back as it was, whichever program queued it, with one more death in `attempts`; after `DEATHS` of them it
    is given up, or it would kill one worker after another. The rounds of this file are not put back: the next one
    comes.
    """
    dead = select(QUEUE_WORKERS.c.id).where(QUEUE_WORKERS.c.last_heartbeat < func.now() - DEAD_AFTER)
    alone = QUEUE.c.worker_id.is_(None) | QUEUE.c.worker_id.in_(dead)
    stalled = select(QUEUE.c.id).where(QUEUE.c.status == "doing", alone).with_for_update(skip_locked=True)
    for gone in connection.execute(delete(QUEUE).where(QUEUE.c.id.in_(stalled)).returning(*_KEPT)).all():
        died = {**gone._mapping, "attempts": gone.attempts + 1}
        if gone.lock is not None and died["attempts"] < DEATHS:
            connection.execute(insert(QUEUE).values(died).on_conflict_do_nothing())
        elif gone.queue_name in _OURS and (job := gone.args["job"]):
            give_up(connection, gone.args["shop"], job)


def give_up(connection: Connection, shop: str, job: str) -> None:
    """Leave a job to a person whose workers died one after another. A run that it began waits to be resumed."""
    with suppress(Refusal):  # It is forgotten, and nobody's any more.
        held = JobIndex(connection.engine, shop).hold(connection, job)
        state = ONLY_BY_HAND.get(held.job.state, held.job.state)
        if state is JobState.WAITING and held.job.run is not None:
            state = JobState.ENDED
        held.change(state=state, trouble=Trouble("Interrupted", say("fleet.deadly", deaths=DEATHS).kept()))


def defer_lost(connection: Connection) -> None:
    """Queue the open jobs that nothing in the queue stands for: their order was lost, or ended before its time."""
    queued = select(QUEUE.c.args["job"].astext).where(QUEUE.c.status.in_(["todo", "doing"]))
    lost = ~JOBS.c.id.in_(queued.where(QUEUE.c.args["job"].astext.is_not(None)))
    found = select(JOBS.c.id, JOBS.c.shop, JOBS.c.state).where(JOBS.c.state.in_(WAY_ON), lost)
    rows = connection.execute(found.order_by(JOBS.c.at).limit(AT_ONCE))
    defer(connection, *(Order(WAY_ON[JobState(row.state)], row.shop, row.id) for row in rows))


def tidy(connection: Connection) -> None:
    """Take out what is over: finished orders with all that is told of them, and workers that are gone."""
    over = select(QUEUE.c.id).where(~QUEUE.c.status.in_(["todo", "doing"])).limit(10 * AT_ONCE)
    connection.execute(delete(QUEUE).where(QUEUE.c.id.in_(over)))
    day_ago = func.extract("epoch", func.now()) - timedelta(days=1).total_seconds()
    connection.execute(delete(PERIODIC).where(PERIODIC.c.defer_timestamp < day_ago))
    connection.execute(delete(QUEUE_WORKERS).where(QUEUE_WORKERS.c.last_heartbeat < func.now() - FORGOTTEN_AFTER))
    connection.execute(delete(WORKERS).where(WORKERS.c.seen_at < func.now() - FORGOTTEN_AFTER))
