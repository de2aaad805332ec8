"""What holds of jobs wherever they are kept: what follows a job, who may decide of it, and when it may begin."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from secrets import token_urlsafe
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import Connection

from sync.errors import Refusal
from sync.messages import say
from sync.plan.options import Choices
from sync.service.events import Event, Listener, Progressed, Warned
from sync.service.job_files import file_name
from sync.service.job_index import HeldJob, JobIndex
from sync.service.jobs import Activity, Job, Jobs, JobState, PreviewPage, ShownPlan, Tally
from sync.service.people import check_approval
from sync.service.preview_rows import PreviewRows
from sync.service.shop import Shop

OpenShop = Callable[[Listener], Shop]
"""Opens the shop anew, for one thread; what it says goes to the listener."""
_SAID = 20
"""Messages that are kept of a job under way."""
OPEN = (JobState.READING, JobState.REFUSED, JobState.WAITING, JobState.RUNNING)
"""Jobs that are still to be looked at: see `Jobs.waiting`."""


class Approval(NamedTuple):
    """See `Jobs.approve`."""

    by: str
    guards: Collection[str]
    deletions: int | None
    shown: ShownPlan | None


class KeptJobs(Jobs):
    """Jobs in an index. Where their workbooks are, and who works for them, is left to others."""

    def __init__(self, index: JobIndex, open_shop: OpenShop, now: Callable[[], datetime]) -> None:
        self._index = index
        self._open_shop = open_shop
        self._now = now

    @abstractmethod
    def _keep(self, job: str, name: str, upload: BinaryIO) -> str:
        """Keep a new job's workbook, and return its place."""

    @abstractmethod
    def _copied(self, was: Job, new: str) -> str:
        """Keep a copy of a job's workbook, as it stands, for a new job, and return its place."""

    @abstractmethod
    def _writable(self, job: Job) -> AbstractContextManager[Path]:
        """Yield a file to write into a job's own workbook."""

    @abstractmethod
    def _forget(self, job: str) -> None:
        """Forget a job's own workbook, if it has one."""

    @abstractmethod
    def _begin(self, job: Job, was: Job | None = None) -> Job:
        """Keep a new job, and begin to plan it; `was`: the job in whose place it comes."""

    def submit(self, name: str, upload: BinaryIO, by: str) -> Job:
        """See `Jobs.submit`."""
        called, job = file_name(name), token_urlsafe(12)
        return self._begin(Job(job, self._keep(job, called, upload), called, by, self._now()))

    def undo(self, run: int, only: Collection[str], by: str) -> Job:
        """See `Jobs.undo`."""
        return self._begin(self._undo(run, only, by))

    def _undo(self, run: int, only: Collection[str], by: str) -> Job:
        with self._open_shop(hear_nothing) as shop:
            of = shop.summary_of(run)
        named, codes = (of.sheet, of.sheet_name, by, self._now()), tuple(sorted(only))
        return Job(token_urlsafe(12), *named, in_place=True, undoes=run, only=codes)

    def again(self, job: str, by: str, worksheet: str | None = None, choices: Choices | None = None) -> Job:
        """See `Jobs.again`."""
        was = self.job(job)
        worksheet, choices = worksheet or was.worksheet, choices or was.choices
        if was.undoes is not None:
            return self._begin(self._undo(was.undoes, was.only, was.by), was)
        if was.in_place:
            known = was.sheet, was.sheet_name, was.by, self._now()
            new = Job(token_urlsafe(12), *known, in_place=True, worksheet=worksheet, choices=choices)
            return self._begin(new, was)
        return self._begin(replace(self._copy(was, was.by, worksheet), choices=choices), was)

    def correct(self, job: str, cells: Mapping[str, str], by: str) -> Job:
        """See `Jobs.correct`."""
        was = self.job(job)
        if was.undoes is not None:
            # An undo has no cells: its rows come from the run.
            raise Refusal(say("job.correct.no_cell", cell=", ".join(cells)))
        new = self._copy(was, by, was.worksheet, corrected=True)
        try:
            with self._open_shop(hear_nothing) as shop, self._writable(new) as file:
                shop.correct(file, new.worksheet, cells)
        except BaseException:
            self._forget(new.id)
            raise
        return self._begin(new, was)

    def _copy(self, was: Job, by: str, worksheet: str | None, *, corrected: bool = False) -> Job:
        """Return a new job with a copy of a job's workbook as it stands."""
        new = token_urlsafe(12)
        place, at = self._copied(was, new), self._now()
        hands = was.hands if by == was.by else was.asked
        known: dict[str, Any] = {"worksheet": worksheet, "corrected": corrected or was.corrected, "hands": hands}
        known["choices"] = was.choices
        return Job(new, place, was.sheet_name, by, at, **known)

    def job(self, job: str) -> Job:
        """See `Jobs.job`."""
        return self._with_run(self._index.get(job))

    def _with_run(self, job: Job) -> Job:
        """Return a job under way with its run, as soon as there is one."""
        if job.state is not JobState.RUNNING or job.run is not None:
            return job
        with self._open_shop(hear_nothing) as shop:
            run = shop.run_of_plan(job.checksum)
        if run is None:
            return job
        return self._index.change(job.id, JobState.RUNNING, run=run) or self._index.get(job.id)

    def waiting(self) -> Sequence[Job]:
        """See `Jobs.waiting`."""
        return self._index.in_state(*OPEN)

    def job_of_run(self, run: int) -> Job | None:
        """See `Jobs.job_of_run`."""
        return self._index.of_run(run)

    def rows(self, job: str, tab: str, search: str, page: int) -> PreviewPage:
        """See `Jobs.rows`."""
        with self._index.rows(job) as rows:
            return rows.page(tab, search, page)

    def tabs(self, job: str) -> Mapping[str, int]:
        """See `Jobs.tabs`."""
        with self._index.rows(job) as rows:
            return rows.tabs()

    def tally(self, job: str) -> Tally:
        """See `Jobs.tally`."""
        with self._index.rows(job) as rows:
            return rows.tally()

    def tick(self, job: str, row: int, by: str, *, included: bool) -> None:
        """See `Jobs.tick`."""
        with self._index.held(job) as held:
            if held.job.state is JobState.WAITING:
                held.rows.tick(row, by, included=included)

    def settle(self, job: str, row: int, path: str, choice: str, by: str) -> None:
        """See `Jobs.settle`."""
        with self._index.held(job) as held:
            if held.job.state is JobState.WAITING:
                held.rows.settle(row, path, choice, by)

    def consent(self, job: str, guard: str, by: str, *, given: bool) -> None:
        """See `Jobs.consent`."""
        with self._index.held(job) as held:
            now = held.job
            others = {name: who for name, who in now.consents.items() if name != guard}
            if now.state is JobState.WAITING and guard in {one.name for one in now.guards}:
                held.change(consents=others | ({guard: by} if given else {}))

    def drop(self, job: str, by: str) -> None:
        """See `Jobs.drop`."""
        with self._index.held(job) as held:
            if held.job.state not in (JobState.WAITING, JobState.REFUSED):
                return
            held.change(state=JobState.DROPPED)
            held.rows.remove()
            PreviewRows(held.connection, held.job.replaces).remove()
        if not held.job.in_place:
            self._forget(job)

    def _replaced(self, connection: Connection, was: Job) -> bool:
        """Drop a job in the transaction that keeps its successor, which inherits what was decided of its plan.

        An approval comes before that, or too late. Returns whether it waited. Raises Refusal where it stands
        otherwise than it was read.
        """
        held = self._index.hold(connection, was.id)
        if held.job.state is not was.state or was.state is JobState.RUNNING:
            raise Refusal(say("job.not_waiting"))
        waited = was.state in (JobState.WAITING, JobState.REFUSED)
        if waited:
            held.change(state=JobState.DROPPED)
        return waited

    def _approved(
        self, job: str, approval: Approval, also: Callable[[HeldJob], object] = lambda _: None
    ) -> Job | None:
        """Write down an approval, and `also` more with it; None: the job doesn't wait for one any more."""
        by, deletions, shown = approval.by, approval.deletions, approval.shown or ShownPlan()
        with self._open_shop(hear_nothing) as shop:
            check_approval(shop.context, self._index.get(job).asked, by)
        with self._index.held(job) as held:
            now = held.job
            if now.state is not JobState.WAITING:
                return None
            held.rows.take_over(shown, by)
            expected = held.rows.tally().delete
            if deletions is not None and deletions != expected:
                raise Refusal(say("job.deletions", typed=deletions, expected=expected))
            given = {one.name for one in now.guards} & {*approval.guards}
            still = {name: who for name, who in now.consents.items() if name in given or name not in shown.guards}
            known = {"trouble": None, "consents": dict.fromkeys(given, by) | still, "deletions": deletions}
            held.change(state=JobState.RUNNING, **known, approved_by=by, approved_at=self._now())
            also(held)
        return held.job


def successor(job: Job, was: Job | None) -> Job:
    """Return a new job as the one that comes in another's place; None: it comes in nobody's."""
    if was is None:
        return job
    # Of a job that couldn't be planned, what was decided before still counts.
    return replace(job, replaces=was.replaces if was.state is JobState.REFUSED else was.id)


def heard(activity: Activity, event: Event) -> Activity:
    """Return what is done for a job after an event."""
    if isinstance(event, Progressed):
        return replace(activity, done=event.done, total=event.total)
    if isinstance(event, Warned):
        said = say("job.said", message=event.message).kept()
        return replace(activity, said=(*activity.said, said)[-_SAID:])
    return activity


def hear_nothing(_: Event) -> None:
    """Hear nothing."""
