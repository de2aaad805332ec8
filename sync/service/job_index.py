"""The jobs of one shop in a database: how far each is, and the plans that wait for an approval."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Select, delete, insert, select, update
from sqlalchemy.exc import OperationalError, SQLAlchemyError

from sync.errors import Refusal
from sync.json_forms import JsonForm
from sync.messages import say
from sync.service.jobs import Job, JobState
from sync.service.preview_rows import PreviewRows
from sync.state.database_errors import refused
from sync.state.fleet_tables import JOBS

_JOB: JsonForm[Job] = JsonForm(Job)
_UNDER_WAY = (JobState.READING, JobState.RUNNING)


@dataclass
class HeldJob:
    """A job that nobody else changes meanwhile, nor decides anything of."""

    job: Job
    connection: Connection

    @property
    def rows(self) -> PreviewRows:
        """The rows of its plan."""
        return PreviewRows(self.connection, self.job.id)

    def change(self, **changes: Any) -> Job:
        """Change the job; the same transaction may do more."""
        self.job = replace(self.job, **changes)
        self.connection.execute(update(JOBS).where(JOBS.c.id == self.job.id).values(_columns(self.job)))
        return self.job


class JobIndex:
    """See above. For any thread, and for several processes. Every method raises Refusal where the database fails."""

    def __init__(self, engine: Engine, shop: str) -> None:
        self._engine = engine
        self._shop = shop
        self._ours = JOBS.c.shop == shop

    @contextmanager
    def adding(self, job: Job) -> Iterator[Connection]:
        """Keep a new job; the same transaction may do more."""
        with self._writing() as connection:
            connection.execute(insert(JOBS).values(shop=self._shop, stop=False, **_columns(job)))
            yield connection

    def get(self, job: str) -> Job:
        """Return a job. Raises Refusal if there is none of that id."""
        found = self._first(select(JOBS).where(self._ours, JOBS.c.id == job))
        if found is None:
            raise Refusal(say("job.none"))
        return found

    @contextmanager
    def held(self, job: str) -> Iterator[HeldJob]:
        """Hold a job for one transaction. Raises Refusal if there is none of that id."""
        with self._writing() as connection:
            yield self.hold(connection, job)

    def hold(self, connection: Connection, job: str) -> HeldJob:
        """Hold a job to the end of a transaction. Raises Refusal if there is none of that id."""
        wanted = select(JOBS.c.document).where(self._ours, JOBS.c.id == job).with_for_update()
        found = connection.execute(wanted).scalar()
        if found is None:
            raise Refusal(say("job.none"))
        return HeldJob(_JOB.validate_json(found), connection)

    def change(self, job: str, *was: JobState, **changes: Any) -> Job | None:
        """Change a job in one step if it stands as it `was`; None: it stands otherwise by now."""
        with self.held(job) as held:
            return held.change(**changes) if held.job.state in was else None

    @contextmanager
    def rows(self, job: str, state: JobState = JobState.WAITING) -> Iterator[PreviewRows]:
        """Look at the rows of a job's plan. Raises Refusal where it doesn't stand so."""
        if self.get(job).state is not state:
            raise Refusal(say("job.not_waiting"))
        with self._reading() as connection:
            yield PreviewRows(connection, job)

    def clear(self, before: datetime) -> list[str]:
        """Forget the jobs that were submitted `before` a moment, and return them; those under way stay."""
        old = (self._ours, JOBS.c.at < before, JOBS.c.state.not_in(_UNDER_WAY))
        with self._writing() as connection:
            gone = [*connection.execute(select(JOBS.c.id).where(*old)).scalars()]
            for job in gone:
                PreviewRows(connection, job).remove()
                connection.execute(delete(JOBS).where(JOBS.c.id == job))
        return gone

    def in_state(self, *states: JobState) -> list[Job]:
        """Return the jobs that stand so, the newest first."""
        wanted = select(JOBS.c.document).where(self._ours, JOBS.c.state.in_(states))
        with self._reading() as connection:
            return [_JOB.validate_json(one) for one in connection.execute(_newest_first(wanted)).scalars()]

    def of_run(self, run: int) -> Job | None:
        """Return the job that became a run; None: none did."""
        return self._first(_newest_first(select(JOBS).where(self._ours, JOBS.c.run == run)))

    def _first(self, wanted: Select[Any]) -> Job | None:
        with self._reading() as connection:
            found = connection.execute(wanted.with_only_columns(JOBS.c.document).limit(1)).scalar()
        return _JOB.validate_json(found) if found else None

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with self._told(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        with self._told(), self._engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                # It has no lock of a row; without this, two could read before either writes.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection
            connection.commit()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what the database says into a Refusal; where a file of it is, is nobody's business."""
        try:
            yield
        except SQLAlchemyError as error:
            if self._engine.dialect.name == "sqlite" and isinstance(error, OperationalError):
                raise Refusal(say("job.unkept")) from None
            raise refused(error) from None


def _newest_first(wanted: Select[Any]) -> Select[Any]:
    return wanted.order_by(JOBS.c.at.desc(), JOBS.c.id.desc())


def _columns(job: Job) -> dict[str, object]:
    document = _JOB.dump_json(job).decode()
    return {"id": job.id, "state": job.state.value, "run": job.run, "at": job.at, "document": document}
