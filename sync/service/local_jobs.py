"""Jobs of this machine: a folder of its own beside the state, a thread a job, and a shop a thread."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from secrets import token_urlsafe
from typing import BinaryIO

from filelock import FileLock, Timeout

from sync.errors import Refusal
from sync.messages import say
from sync.private_files import private_folder
from sync.service.events import Event, RowEnded
from sync.service.job_files import JobFiles, jobs_engine
from sync.service.job_index import JobIndex
from sync.service.job_planning import plan
from sync.service.job_running import begin_run, end_job, trouble_of
from sync.service.jobs import Activity, Job, JobState, JobWorkbook, ShownPlan, Trouble
from sync.service.kept_jobs import OPEN, Approval, KeptJobs, OpenShop, hear_nothing, heard, successor
from sync.service.trouble import in_words

KEPT = timedelta(days=90)
"""How long a job's workbook can be downloaded."""
_REMEMBERED = 100
"""Jobs that ended here and of which it is still known when."""
_RESUME = "resume"


@dataclass
class _Work:
    """A thread that works for a job."""

    stop: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None
    run: int | None = None
    activity: Activity = field(default_factory=Activity)
    ended_at: datetime | None = None

    def hear(self, event: Event) -> None:
        """Follow what the job says."""
        if isinstance(event, RowEnded):
            self.run = event.run
        self.activity = heard(self.activity, event)


class LocalJobs(KeptJobs):
    """See `Jobs`."""

    def __init__(
        self,
        folder: Path,
        open_shop: OpenShop,
        now: Callable[[], datetime],
        on_defect: Callable[[Exception], object] = lambda _: None,
    ) -> None:
        """`folder`: for this shop alone. `on_defect`: told of what the program itself did wrong.

        Raises OSError where the folder can't be made.
        """
        self._on_defect = on_defect
        self._files = JobFiles(folder)
        super().__init__(JobIndex(jobs_engine(folder), folder.name), open_shop, now)
        self._works: dict[str, _Work] = {}
        self._troubles: dict[int, Trouble] = {}
        self._turn = threading.Lock()
        for job in self._index.clear(now() - KEPT):
            self._files.forget(job)

    def _keep(self, job: str, name: str, upload: BinaryIO) -> str:
        """Keep an upload as it came; a copy of it gets the results."""
        with self._files.made(job):
            kept = self._place(job, "uploaded") / name
            with kept.open("wb") as file:
                shutil.copyfileobj(upload, file)
            sheet = self._place(job, "sheet") / name
            shutil.copyfile(kept, sheet)
        return str(sheet.resolve())

    def _copied(self, was: Job, new: str) -> str:
        now, kept = self._file(was.id), self._files.of(was.id) / "uploaded" / was.sheet_name
        with self._files.made(new):
            shutil.copyfile(kept if kept.exists() else now, self._place(new, "uploaded") / was.sheet_name)
            sheet = self._place(new, "sheet") / was.sheet_name
            shutil.copyfile(now, sheet)
        return str(sheet.resolve())

    def _writable(self, job: Job) -> AbstractContextManager[Path]:
        return nullcontext(Path(job.sheet))

    def _forget(self, job: str) -> None:
        self._files.remove(job)

    def submit_file(self, file: Path, by: str) -> Job:
        """See `Jobs.submit_file`."""
        return self._begin(Job(token_urlsafe(12), str(file.resolve()), file.name, by, self._now(), in_place=True))

    def job(self, job: str) -> Job:
        """See `Jobs.job`."""
        return self._settled(self._index.get(job))

    def waiting(self) -> Sequence[Job]:
        """See `Jobs.waiting`."""
        return [job for one in super().waiting() if (job := self._settled(one)).state in OPEN]

    def approve(
        self, job: str, by: str, guards: Collection[str], deletions: int | None, shown: ShownPlan | None = None
    ) -> Job:
        """See `Jobs.approve`."""
        # Who comes second finds it approved already. The thread that planned it may be just about to let go.
        waits = self.job(job).state is JobState.WAITING
        if waits and (lock := self._held(job, within=1.0)):
            try:
                approved = self._approved(job, Approval(by, guards, deletions, shown))
            except BaseException:
                lock.release()
                raise
            if approved:
                self._work(job, lock, lambda work: self._carry_out(approved, work))
            else:
                lock.release()
        return self._index.get(job)

    def resume(self, by: str) -> int | None:
        """See `Jobs.resume`."""
        with self._open_shop(hear_nothing) as shop:
            open_run = shop.unfinished()
        if open_run and self._work_of_run(open_run.id) is None and (lock := self._held(_RESUME)):
            self._troubles.pop(open_run.id, None)
            self._work(_RESUME, lock, lambda work: self._resume(open_run.id, work), run=open_run.id)
        return open_run.id if open_run else None

    def stop(self, run: int) -> bool:
        """See `Jobs.stop`."""
        work = self._work_of_run(run)
        if work:
            work.stop.set()
            work.activity = replace(work.activity, stopping=True)
        return work is not None

    def activity(self, job: str) -> Activity | None:
        """See `Jobs.activity`."""
        work = self._works.get(job)
        return work.activity if work and self._is_at_work(job) else None

    def activity_of_run(self, run: int) -> Activity | None:
        """See `Jobs.activity_of_run`."""
        work = self._work_of_run(run)
        return work.activity if work else None

    def left_at(self, run: int) -> datetime | None:
        """See `Jobs.left_at`."""
        return max(
            (at for one in list(self._works.values()) if one.run == run and (at := one.ended_at)), default=None
        )

    def trouble_of_run(self, run: int) -> Trouble | None:
        """See `Jobs.trouble_of_run`."""
        return self._troubles.get(run)

    def workbook(self, job: str) -> JobWorkbook:
        """See `Jobs.workbook`."""
        file = self._file(job)
        try:
            return JobWorkbook(file.name, file.read_bytes())
        except OSError:
            raise Refusal(say("sheet.missing", file=file.name)) from None

    def _file(self, job: str) -> Path:
        of = self._index.get(job)
        file = Path(of.sheet)
        if of.undoes is not None and not self.keeps(file):
            # The sheet of a run that began elsewhere is somebody's own.
            raise Refusal(say("page.download.elsewhere", sheet=file.name))
        if not file.is_file():
            raise Refusal(say("sheet.missing", file=file.name) if of.in_place else say("job.none"))
        return file

    def keeps(self, file: Path) -> bool:
        """See `Jobs.keeps`."""
        return file.resolve().is_relative_to(self._files.folder.resolve())

    def close(self) -> None:
        """See `Jobs.close`."""
        for work in list(self._works.values()):
            work.stop.set()
        for work in list(self._works.values()):
            if work.thread:
                work.thread.join()

    def _place(self, job: str, *parts: str) -> Path:
        private_folder(self._files.of(job))
        place = self._files.of(job).joinpath(*parts)
        private_folder(place)
        return place

    def _begin(self, job: Job, was: Job | None = None) -> Job:
        """Keep a new job, and begin to plan it; `was`: the job in whose place it comes."""
        job = successor(job, was)
        lock = self._files.lock(job.id)
        with self._files.made(job.id):
            lock.acquire()
            with self._index.adding(job) as connection:
                dropped = was is not None and self._replaced(connection, was)
        if was and dropped and not was.in_place:
            self._forget(was.id)
        self._work(job.id, lock, lambda work: self._plan(job, work))
        return job

    def _plan(self, job: Job, work: _Work) -> None:
        with self._open_shop(work.hear) as shop:
            shop.context.stop = work.stop
            plan(self._index, shop, job)

    def _carry_out(self, job: Job, work: _Work) -> None:
        with self._open_shop(work.hear) as shop:
            run = begin_run(self._index, shop, job, work.stop)
        if run.refused:
            self._troubles[run.id] = Trouble("GatewayDown", run.refused.kept())
        work.run = run.id
        end_job(self._index, job.id, run.id)

    def _resume(self, run: int, work: _Work) -> None:
        with self._open_shop(work.hear) as shop:
            done = shop.resume(stop=work.stop).run
        if done and done.refused:
            self._troubles[run] = Trouble("GatewayDown", done.refused.kept())

    def _held(self, job: str, *, within: float = 0) -> FileLock | None:
        """Take the lock of whoever works for a job, `within` so many seconds; None: somebody does already."""
        lock = self._files.lock(job)
        try:
            lock.acquire(timeout=within)
        except Timeout:
            return None
        except OSError:
            raise Refusal(say("job.unkept")) from None
        return lock

    def _work(self, job: str, lock: FileLock, do: Callable[[_Work], None], run: int | None = None) -> None:
        """Begin a thread that works for a job, and then lets go of its lock."""
        work = _Work(run=run)
        work.thread = threading.Thread(
            target=self._guarded, args=(job, lock, work, do), name=f"job {job}", daemon=True
        )
        with self._turn:
            ended = [name for name, one in self._works.items() if one.ended_at]
            for name in ended[:-_REMEMBERED]:
                del self._works[name]
            self._works[job] = work
            work.thread.start()

    def _guarded(self, job: str, lock: FileLock, work: _Work, do: Callable[[_Work], None]) -> None:
        """Do the work of a thread. Whatever goes wrong is kept, to be told."""
        try:
            self._done(job, work, do)
        finally:
            work.ended_at = self._now()
            lock.release()

    def _done(self, job: str, work: _Work, do: Callable[[_Work], None]) -> None:
        try:
            do(work)
        except Exception as error:  # noqa: BLE001 - a thread has nobody who would see it
            refusal = error if isinstance(error, Refusal) else in_words(error)
            if refusal is None:
                self._on_defect(error)
                refusal = Refusal(say("page.defect"))
            # Where the state is away, whoever looks next finds out what became of the job.
            with suppress(Refusal):
                self._told(job, work, trouble_of(refusal))

    def _told(self, job: str, work: _Work, trouble: Trouble) -> None:
        if work.run is not None:
            self._troubles[work.run] = trouble
        if job == _RESUME:
            return
        self._index.change(job, JobState.READING, state=JobState.REFUSED, trouble=trouble)
        now = self._index.get(job)
        if now.state is JobState.RUNNING:
            self._after(now, trouble)

    def _after(self, job: Job, trouble: Trouble | None) -> Job | None:
        """Say what became of an approved job that nobody works for: its run, or it waits again."""
        with self._open_shop(hear_nothing) as shop:
            run = shop.run_of_plan(job.checksum)
        if run is None:
            return self._index.change(job.id, JobState.RUNNING, state=JobState.WAITING, trouble=trouble)
        if trouble:
            self._troubles[run] = trouble
        return self._index.change(job.id, JobState.RUNNING, state=JobState.ENDED, run=run)

    def _settled(self, job: Job) -> Job:
        """Return a job as it stands: of one under way its run, of one whose server died what became of it."""
        if job.state not in (JobState.READING, JobState.RUNNING) or self._is_at_work(job.id):
            return self._with_run(job)
        lock = self._held(job.id)
        if lock is None:
            # Another page of this machine is at work for it.
            return self._with_run(self._index.get(job.id))
        try:
            self._cut_off(self._index.get(job.id))
        finally:
            lock.release()
        return self._index.get(job.id)

    def _cut_off(self, job: Job) -> None:
        """Say what became of a job whose server died."""
        why = Trouble("Interrupted", say("job.interrupted").kept())
        self._index.change(job.id, JobState.READING, state=JobState.REFUSED, trouble=why)
        if job.state is JobState.RUNNING:
            self._after(job, why)

    def _with_run(self, job: Job) -> Job:
        """See `KeptJobs._with_run`; a stop that comes for the run finds its thread."""
        now = super()._with_run(job)
        if now.run is not None and (work := self._works.get(job.id)):
            work.run = now.run
        return now

    def _is_at_work(self, job: str) -> bool:
        with self._turn:
            work = self._works.get(job)
            return bool(work and work.thread and work.thread.is_alive())

    def _work_of_run(self, run: int) -> _Work | None:
        for job, work in list(self._works.items()):
            if work.run == run and self._is_at_work(job):
                return work
        return None
