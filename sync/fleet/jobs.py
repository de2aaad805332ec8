"""The jobs of a fleet's shop: kept in the database, and carried out by whichever worker comes first.

What a worker does for a job may be done twice, on two machines, or be cut off anywhere: how far a job is stands in
`JOBS`, changed in one transaction with all that hangs on it, and whatever is sent is sent under the shop's lease.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any, BinaryIO

from sqlalchemy import ColumnElement, Connection, select, update

from sync.errors import Locked, Refusal, StateDown
from sync.fleet import shops
from sync.fleet.engine import Order, Task, defer
from sync.fleet.job_activity import Hearing, activity_of
from sync.fleet.keys import is_of_keys
from sync.fleet.workbooks import StoredSheet, private_copy
from sync.messages import say
from sync.service.job_index import HeldJob, JobIndex
from sync.service.job_planning import plan
from sync.service.job_running import begin_run, trouble_of
from sync.service.jobs import Activity, AtOnce, Job, JobState, JobWorkbook, ShownPlan, Trouble
from sync.service.kept_jobs import Approval, KeptJobs, hear_nothing, successor
from sync.service.people import check_approval
from sync.service.run import Run
from sync.service.shop import Shop
from sync.service.stopping import Stop, goes_on
from sync.service.trouble import in_words
from sync.state.fleet_tables import JOBS

if TYPE_CHECKING:
    from sync.fleet.fleet import Fleet


def _now() -> datetime:
    return datetime.now(UTC)


class FleetJobs(KeptJobs):
    """See `Jobs`. For any thread, process and machine."""

    def __init__(self, fleet: Fleet, shop: str, now: Callable[[], datetime] = _now) -> None:
        self._fleet = fleet
        self._shop = shop
        self._books = fleet.workbooks(shop)
        super().__init__(JobIndex(fleet.engine, shop), partial(fleet.open_shop, shop), now)

    def submit_file(self, file: Path, by: str) -> Job:
        """See `Jobs.submit_file`. The file's content is kept as it is now; its results are in the database."""
        try:
            with file.open("rb") as upload:
                return self.submit(file.name, upload, by)
        except OSError:
            raise Refusal(say("sheet.missing", file=file)) from None

    def approve(
        self, job: str, by: str, guards: Collection[str], deletions: int | None, shown: ShownPlan | None = None
    ) -> Job:
        """See `Jobs.approve`."""
        if self._index.get(job).state is JobState.WAITING:
            self._approved(job, Approval(by, guards, deletions, shown), self._carried_out)
        return self._index.get(job)

    def approve_at_once(self, job: str, by: str, guards: Collection[str], deletions: bool) -> Job:
        """Approve a job as soon as it is planned, without a person who looks at it.

        `guards`: those that may trip; where another one does, the plan waits for a person. `deletions`: whether
        items may be deleted. Raises Refusal where the shop wants another person to approve.
        """
        with self._open_shop(hear_nothing) as shop:
            check_approval(shop.context, self._index.get(job).asked, by)
        with self._index.held(job) as held:
            if held.job.state in (JobState.READING, JobState.WAITING):
                held.change(at_once=AtOnce(by, tuple(guards), deletions))
                self._planned(held)
        return held.job

    def resume(self, by: str) -> int | None:
        """See `Jobs.resume`. A run that began elsewhere gets a job, by which it is followed like any other."""
        with self._open_shop(hear_nothing) as shop:
            left = shop.unfinished()
        if left is None:
            return None
        job = self._index.of_run(left.id)
        if job is None:
            known: dict[str, Any] = {"in_place": True, "run": left.id, "approved_by": by, "undoes": left.undoes}
            named = (left.sheet, left.sheet_name, by, self._now())
            job = Job(token_urlsafe(12), *named, state=JobState.RUNNING, **known)
            with self._index.adding(job) as connection:
                shops.hold(connection, self._shop)
                self._defer(connection, Task.APPLY, job)
        else:
            with self._index.held(job.id) as held:
                if held.job.state is JobState.ENDED:
                    held.change(state=JobState.RUNNING, trouble=None)
                    self._carried_out(held)
        return left.id

    def stop(self, run: int) -> bool:
        """See `Jobs.stop`. Whoever works for it finds out within a second."""
        asked = update(JOBS).where(*self._ours, JOBS.c.run == run, JOBS.c.state == JobState.RUNNING)
        with self._fleet.engine.begin() as connection:
            return bool(connection.execute(asked.values(stop=True)).rowcount)

    def activity(self, job: str) -> Activity | None:
        """See `Jobs.activity`: also of what waits for a worker."""
        return self._activity(JOBS.c.id == job)

    def activity_of_run(self, run: int) -> Activity | None:
        """See `Jobs.activity_of_run`."""
        return self._activity(JOBS.c.run == run)

    def left_at(self, run: int) -> datetime | None:
        """See `Jobs.left_at`."""
        job = self._index.of_run(run)
        return job.ended_at if job else None

    def trouble_of_run(self, run: int) -> Trouble | None:
        """See `Jobs.trouble_of_run`."""
        job = self._index.of_run(run)
        return job.trouble if job else None

    def workbook(self, job: str) -> JobWorkbook:
        """See `Jobs.workbook`."""
        of = self._index.get(job)
        sheet = self._books.find(of.sheet)
        if not isinstance(sheet, StoredSheet):
            raise Refusal(say("page.download.elsewhere", sheet=of.sheet_name))
        book = self._books.with_results(sheet.id)
        return JobWorkbook(book.name, book.content)

    def keeps(self, file: Path) -> bool:
        """See `Jobs.keeps`: nothing here is a file."""
        return False

    def close(self) -> None:
        """See `Jobs.close`: workers are processes of their own."""

    # --- what a worker does -----------------------------------------------------------------------------------
    def work_plan(self, job: str, stop: Stop) -> None:
        """Plan a job that is to be read. Raises Locked: then it is tried again."""
        self._work(job, JobState.READING, stop, lambda shop, now: plan(self._index, shop, now, self._planned))

    def work_apply(self, job: str, stop: Stop) -> None:
        """Carry an approved job out, or finish the run that an earlier worker began of it. Raises as `work_plan`."""

        def alone(shop: Shop, _: Job) -> None:
            with shop.alone():
                # Another may have carried it out before the lease was ours.
                now = self._index.get(job)
                if now.state is JobState.RUNNING:
                    try:
                        self._carry_out(shop, now, stop)
                    except Refusal:
                        shop.context.store.check_kept()
                        raise

        self._work(job, JobState.RUNNING, stop, alone)

    def _carry_out(self, shop: Shop, job: Job, stop: Stop) -> None:
        run = job.run or shop.run_of_plan(job.checksum)
        if run is None:
            if (left := shop.context.store.unfinished(counted=False)) and left.watch:
                # A tick that was cut off: its own order waits behind this one, which nothing else would let pass.
                shop.resume(stop=stop)
            done: Run | None = begin_run(self._index, shop, job, stop)
            run = done.id if done else 0
        else:
            if self._is_stopped(job.id):
                stop.set()
            done = shop.resume(stop=stop).run
        refused = Trouble("GatewayDown", done.refused.kept()) if done and done.refused else None
        if refused:
            # Who slept past the lease has troubles that aren't the run's: whoever comes next goes on with it.
            shop.context.store.check_kept()
        unfinished = shop.summary_of(run).finished_at is None
        self._ended(job.id, run, refused, put_off=unfinished and refused is None and goes_on(stop))

    def _work(self, job: str, state: JobState, stop: Stop, do: Callable[[Shop, Job], None]) -> None:
        """Do something for a job that stands so. What goes wrong is kept with it; what passes is tried again."""
        try:
            now = self._index.get(job)
            if now.state is state:
                with self._fleet.open_shop(self._shop, Hearing(self._fleet.engine, job)) as shop:
                    shop.context.stop = stop
                    do(shop, now)
        except Locked:
            # Somebody else is at work for the shop.
            raise
        except Exception as error:  # noqa: BLE001 - a worker has nobody who would see it
            refusal = error if isinstance(error, Refusal) else in_words(error)
            if isinstance(refusal, StateDown) or goes_on(stop) or (refusal and is_of_keys(refusal)):
                # Of a key that only this machine lacks, others know nothing: the job waits for one of them.
                return
            if refusal is None:
                self._fleet.on_defect(error)
                refusal = Refusal(say("page.defect"))
            with suppress(Refusal):
                self._came_to_nothing(job, trouble_of(refusal))

    def _came_to_nothing(self, job: str, trouble: Trouble) -> None:
        """Say what became of a job that couldn't go on: its run, or it waits again."""
        now = self._index.get(job)
        if now.state is JobState.READING:
            self._index.change(job, JobState.READING, state=JobState.REFUSED, trouble=trouble)
        elif now.state is JobState.RUNNING:
            with self._open_shop(hear_nothing) as shop:
                run = now.run or shop.run_of_plan(now.checksum)
            if run is None:
                self._index.change(job, JobState.RUNNING, state=JobState.WAITING, trouble=trouble)
            else:
                self._ended(job, run, trouble)

    def _ended(self, job: str, run: int, trouble: Trouble | None, *, put_off: bool = False) -> None:
        """Say that a job became a run; `put_off`: which goes on soon."""
        with self._index.held(job) as held:
            if held.job.state is not JobState.RUNNING:
                return
            held.rows.remove()
            if put_off:
                held.change(run=run)
            else:
                held.change(state=JobState.ENDED, run=run, trouble=trouble, ended_at=self._now())

    # --- how it is kept ---------------------------------------------------------------------------------------
    def _keep(self, job: str, name: str, upload: BinaryIO) -> str:
        return self._books.sheet(self._books.keep(name, upload.read(), job), name).place

    def _copied(self, was: Job, new: str) -> str:
        sheet = self._books.find(was.sheet)
        if not isinstance(sheet, StoredSheet):
            raise Refusal(say("page.download.elsewhere", sheet=was.sheet_name))
        book = self._books.get(sheet.id)
        return self._books.sheet(self._books.keep(book.name, book.content, new), book.name).place

    @contextmanager
    def _writable(self, job: Job) -> Iterator[Path]:
        book = self._books.get(job.id)
        with private_copy(book) as file:
            yield file
            self._books.keep(book.name, file.read_bytes(), book.id)

    def _forget(self, job: str) -> None:
        self._books.remove(job)

    def _begin(self, job: Job, was: Job | None = None) -> Job:
        job = successor(job, was)
        try:
            with self._index.adding(job) as connection:
                shops.hold(connection, self._shop)
                dropped = was is not None and self._replaced(connection, was)
                self._defer(connection, Task.PLAN, job)
        except Refusal:
            if not job.in_place:
                self._forget(job.id)
            raise
        if was and dropped and not was.in_place:
            self._forget(was.id)
        return job

    def _defer(self, connection: Connection, task: Task, job: Job) -> None:
        defer(connection, Order(task, self._shop, job.id))

    def _planned(self, held: HeldJob) -> None:
        """Approve what was approved before it was planned, as far as that goes."""
        wish = held.job.at_once
        if held.job.state is not JobState.WAITING or wish is None:
            return
        tripped = {one.name for one in held.job.guards}
        if tripped <= {*wish.guards}:
            deletions = held.rows.tally().delete if wish.deletions else None
            known = {"consents": dict.fromkeys(tripped, wish.by), "approved_by": wish.by, "deletions": deletions}
            held.change(state=JobState.RUNNING, **known, approved_at=self._now())
            self._carried_out(held)

    def _carried_out(self, held: HeldJob) -> None:
        """Have an approved job carried out by a worker."""
        own = update(JOBS).where(JOBS.c.id == held.job.id)
        held.connection.execute(own.values(stop=False, activity=None))
        self._defer(held.connection, Task.APPLY, held.job)

    @property
    def _ours(self) -> tuple[ColumnElement[bool], ...]:
        return (JOBS.c.shop == self._shop,)

    def _activity(self, which: ColumnElement[bool]) -> Activity | None:
        with self._fleet.engine.connect() as connection:
            return activity_of(connection, *self._ours, which)

    def _is_stopped(self, job: str) -> bool:
        wanted = select(JOBS.c.stop).where(*self._ours, JOBS.c.id == job)
        with self._fleet.engine.connect() as connection:
            return bool(connection.execute(wanted).scalar())
