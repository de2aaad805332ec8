"""What stands in the queue and beside it, put there by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, func, insert, text, update

from sync.fleet.dispatch import DEAD_AFTER
from sync.fleet.engine import QUEUE_WORKERS
from sync.service.jobs import JobState
from sync.state.fleet_tables import JOBS


def taken(connection: Connection, *queues: str, ago: timedelta = DEAD_AFTER * 2) -> int | None:
    """Take the next order of some queues as a worker that was last seen so long ago; return its number there."""
    worker = connection.execute(text("SELECT worker_id FROM procrastinate_register_worker_v1()")).scalar_one()
    fetch = text("SELECT id FROM procrastinate_fetch_job_v2(CAST(:queues AS varchar[]), :worker)")
    found = connection.execute(fetch, {"queues": list(queues), "worker": worker}).scalar()
    seen = update(QUEUE_WORKERS).where(QUEUE_WORKERS.c.id == worker)
    connection.execute(seen.values(last_heartbeat=func.now() - ago))
    return found


def keep(connection: Connection, job: str, state: JobState, *, stop: bool = False) -> None:
    now = datetime.now(UTC)
    connection.execute(insert(JOBS).values(id=job, shop="a", state=state, at=now, document="{}", stop=stop))
