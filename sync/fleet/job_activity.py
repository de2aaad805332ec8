"""What a worker is doing for a job just now, told through the database to whoever looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, Engine, exists, select, update
from sqlalchemy.exc import SQLAlchemyError

from sync.fleet.engine import QUEUE
from sync.json_forms import JsonForm
from sync.messages import say
from sync.service.events import Event, RowEnded
from sync.service.jobs import Activity, JobState
from sync.service.kept_jobs import heard
from sync.state.fleet_tables import JOBS

_ACTIVITY: JsonForm[Activity] = JsonForm(Activity)
_A_SECOND = 1.0


class Hearing:
    """Follows what a job says, and writes it down at most once a second. Safe for many threads."""

    def __init__(self, engine: Engine, job: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._engine = engine
        self._job = job
        self._clock = clock
        self._turn = threading.Lock()
        self._activity = Activity()
        self._written_at = clock() - _A_SECOND

    def __call__(self, event: Event) -> None:
        """Hear an event: a `Listener`."""
        with self._turn:
            before, self._activity = self._activity, heard(self._activity, event)
            if self._activity is before and not isinstance(event, RowEnded):
                return
            if self._clock() - self._written_at < _A_SECOND:
                return
            self._written_at = self._clock()
            document = activity_json(self._activity)
        # That nobody can read it now is no reason to end the run.
        with suppress(SQLAlchemyError), self._engine.begin() as connection:
            connection.execute(update(JOBS).where(JOBS.c.id == self._job).values(activity=document))


def activity_of(connection: Connection, *which: ColumnElement[bool]) -> Activity | None:
    """Return what is done for an open job just now, or that it waits for a worker; None: there is no such job."""
    in_hand = exists().where(QUEUE.c.status == "doing", QUEUE.c.args["job"].astext == JOBS.c.id)
    open_ = JOBS.c.state.in_((JobState.READING, JobState.RUNNING))
    found = connection.execute(
        select(JOBS.c.activity, JOBS.c.stop, in_hand.label("in_hand")).where(*which, open_)
    ).first()
    if found is None:
        return None
    activity = _ACTIVITY.validate_json(found.activity) if found.activity else Activity()
    if not found.in_hand:
        activity = replace(activity, said=(*activity.said, say("fleet.waits_for_worker")))
    return replace(activity, stopping=found.stop)


def activity_json(activity: Activity) -> str:
    """Return what is written down."""
    return _ACTIVITY.dump_json(activity).decode()
