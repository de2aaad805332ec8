"""What this program does for each task of the queue. Everything may be called twice, and finds out what is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from typing import BinaryIO, NamedTuple, Protocol

from sqlalchemy import func, select, update

from sync.errors import Locked, Refusal, Unfinished
from sync.fleet.engine import Order, Task
from sync.fleet.fleet import Fleet
from sync.fleet.shops import open_settings, read, remembered_as
from sync.fleet.workbooks import StoredSheet
from sync.fleet.worker import Work, Worker
from sync.json_forms import JsonForm
from sync.service.jobs import Job, JobState, Trouble
from sync.service.news import after_run
from sync.service.stopping import Stop
from sync.state.fleet_tables import SCHEDULES
from sync.state.tables import RUNS

_TROUBLE: JsonForm[Trouble] = JsonForm(Trouble)


class ShopJobs(Protocol):
    """The jobs of one shop, as a worker needs them (`fleet/jobs.py`)."""

    def work_plan(self, job: str, stop: Stop) -> object:
        """Plan a job that is to be read."""

    def work_apply(self, job: str, stop: Stop) -> object:
        """Carry an approved job out, or go on with its run."""

    def waiting(self) -> Sequence[Job]:
        """See `Jobs.waiting`."""

    def submit(self, name: str, upload: BinaryIO, by: str) -> Job:
        """See `Jobs.submit`."""

    def again(self, job: str, by: str) -> Job:
        """See `Jobs.again`."""


JobsOf = Callable[[str], ShopJobs]
"""The jobs of the shop with that name."""


def worker_of(fleet: Fleet, concurrency: int, jobs: JobsOf) -> Worker:
    """Return a worker for all shops of a fleet, which does `concurrency` orders at once.

    Raises Refusal where this machine has no key for its shops.
    """
    fleet.check_key()
    return Worker(fleet.engine, works(fleet, jobs), concurrency, fleet.on_defect)


def works(fleet: Fleet, jobs: JobsOf) -> Mapping[Task, Work]:
    """Return what is done for each task."""
    of_schedules = _OfSchedules(fleet, jobs)

    def plan(order: Order, stop: Stop) -> None:
        if order.job is None:
            of_schedules.plan(order.shop)
        else:
            jobs(order.shop).work_plan(order.job, stop)

    def apply(order: Order, stop: Stop) -> None:
        jobs(order.shop).work_apply(order.job or "", stop)

    def resume(order: Order, stop: Stop) -> None:
        with fleet.open_shop(order.shop) as shop:
            shop.resume(stop=stop)

    def tick(order: Order, stop: Stop) -> None:
        of_schedules.tick(order.shop, stop)

    def digest(order: Order, _: Stop) -> None:
        of_schedules.digest(order.shop)

    return {Task.PLAN: plan, Task.APPLY: apply, Task.RESUME: resume, Task.TICK: tick, Task.DIGEST: digest}


class _LastRun(NamedTuple):
    sheet: str
    worksheet: str | None
    by: str | None


class _OfSchedules:
    """What is done again and again, always over the sheet that a person had carried out last."""

    def __init__(self, fleet: Fleet, jobs: JobsOf) -> None:
        self._fleet = fleet
        self._jobs = jobs

    def plan(self, shop: str) -> None:
        """Plan the sheet anew; a plan that waits for a person, or couldn't be made, is made anew."""
        jobs = self._jobs(shop)
        if open_jobs := jobs.waiting():
            if open_jobs[0].state in (JobState.WAITING, JobState.REFUSED):
                jobs.again(open_jobs[0].id, open_jobs[0].by)
        elif (run := self._last_run(shop)) and (sheet := self._sheet(shop, run)):
            book = self._fleet.workbooks(shop).get(sheet.id)
            jobs.submit(book.name, BytesIO(book.content), run.by or "")
        self._ended(shop, "plan", None)

    def tick(self, shop: str, stop: Stop) -> None:
        """Ask the sheet's rules once, and carry out what they ask."""
        trouble = None
        if (run := self._last_run(shop)) and (sheet := self._sheet(shop, run)):
            try:
                with self._fleet.open_shop(shop) as opened:
                    opened.context.stop = stop
                    ended = opened.watch(sheet, run.worksheet).look()
                trouble = ended.trouble or ended.unread
            except Refusal as refusal:
                trouble = refusal
        # The shop is at work, or its run is told of by itself: the next tick asks again.
        self._ended(shop, "watch", None if isinstance(trouble, Locked | Unfinished) else trouble)

    def digest(self, shop: str) -> None:
        """Tell of the shop's week, if nobody has told of it yet."""
        with self._fleet.open_shop(shop) as opened:
            after_run(opened.context, [])
        self._ended(shop, "digest", None)

    def _last_run(self, shop: str) -> _LastRun | None:
        last = select(RUNS.c.sheet, RUNS.c.worksheet, RUNS.c.by).order_by(RUNS.c.id.desc()).limit(1)
        with self._fleet.engine.connect() as connection:
            profile = remembered_as(shop, open_settings(read(connection, shop)))
            by_hand = (RUNS.c.profile == profile, ~RUNS.c.watch, RUNS.c.undoes.is_(None))
            found = connection.execute(last.where(*by_hand)).first()
        return _LastRun(*found) if found else None

    def _sheet(self, shop: str, run: _LastRun) -> StoredSheet | None:
        """Return the sheet of a run; None: it isn't kept here any more, or never was."""
        sheet = self._fleet.workbooks(shop).find(run.sheet)
        return sheet if isinstance(sheet, StoredSheet) and sheet.is_there else None

    def _ended(self, shop: str, kind: str, trouble: Refusal | None) -> None:
        """Write down that it was done, and what stood in its way."""
        told = Trouble(type(trouble).__name__, trouble.message.kept()) if trouble else None
        values = {"last_at": func.clock_timestamp(), "trouble": _TROUBLE.dump_json(told).decode() if told else None}
        its = (SCHEDULES.c.shop == shop, SCHEDULES.c.kind == kind)
        with self._fleet.engine.begin() as connection:
            connection.execute(update(SCHEDULES).where(*its).values(values))
