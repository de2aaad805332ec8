"""The port of jobs: what a page submits, what waits for a person, and what they decide.

A job begins with a sheet, or with a run that is to be undone. It is planned, waits for an approval, and becomes a
run. `local_jobs` keeps jobs on this machine; another kind may keep them elsewhere.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

from sync.messages import Message
from sync.plan.options import Choices
from sync.plan.plan import RowPlan

CHOICES = ("sheet", "platform", "leave")
"""Who wins where the platform changed too."""


class JobState(StrEnum):
    """How far a job is."""

    READING = "reading"
    """The sheet and the platform are read."""
    REFUSED = "refused"
    """It couldn't be planned; `Job.trouble` says why."""
    WAITING = "waiting"
    """The plan waits for an approval."""
    RUNNING = "running"
    """It is approved, and under way."""
    ENDED = "ended"
    """It became a run; `Job.run` is its number."""
    DROPPED = "dropped"
    """A person didn't want it."""


@dataclass(frozen=True)
class Trouble:
    """Why a job didn't go on."""

    kind: str
    """The name of the error's class, such as `NeedsWorksheet`."""
    message: Message
    names: tuple[str, ...] = ()
    """Of NeedsWorksheet: the worksheets. Of GuardTripped: the guards."""


@dataclass(frozen=True)
class GuardCard:
    """A guard that a job's plan trips; its rows are on the tab `guard-NAME`."""

    name: str
    message: Message
    rows: int


@dataclass(frozen=True)
class ColumnRead:
    """A column of the sheet that isn't read."""

    column: str
    header: str
    meant: Message | None = None
    """Asks whether it is meant for a column of ours."""


@dataclass(frozen=True)
class AtOnce:
    """An approval that was given before the plan was made."""

    by: str
    guards: tuple[str, ...] = ()
    """Those that may trip; where another one does, the plan waits for a person."""
    deletions: bool = False
    """Whether items may be deleted."""


@dataclass(frozen=True)
class JobWorkbook:
    """A job's workbook, for download."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Job:
    """One sheet, or one undo, on its way to become a run."""

    id: str
    sheet: str
    """The sheet's path on the machine that keeps the job."""
    sheet_name: str
    by: str
    """Who submitted it, or corrected its cells last."""
    at: datetime
    state: JobState = JobState.READING
    in_place: bool = False
    """Whether the results go into the staff's own file."""
    corrected: bool = False
    """Whether cells were corrected at the page: the workbook is there to be downloaded."""
    worksheet: str | None = None
    choices: Choices = field(default_factory=Choices)
    """How the sheet is compared."""
    undoes: int | None = None
    """The run that is to be undone."""
    only: tuple[str, ...] = ()
    """The codes that are to be undone; empty: all."""
    trouble: Trouble | None = None
    planned_at: datetime | None = None
    checksum: str = ""
    """Of the saved plan."""
    last_run: int = 0
    """The shop's newest run when the plan was made."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The plan's summary, by name."""
    guards: tuple[GuardCard, ...] = ()
    columns: tuple[Message, ...] = ()
    """The columns that were recognised."""
    ignored: tuple[ColumnRead, ...] = ()
    notes: tuple[Message, ...] = ()
    """What is said once of the whole sheet."""
    consents: Mapping[str, str] = field(default_factory=dict)
    """The guards that were consented to at the page, each with who did."""
    replaces: str = ""
    """The job in whose place it comes: what was decided of that plan holds here too, where it asks for the same."""
    hands: tuple[str, ...] = ()
    """Who had a hand in its sheet before `by`: who uploaded it, and who corrected cells."""
    approved_by: str = ""
    approved_at: datetime | None = None
    deletions: int | None = None
    """How many deletions were allowed with the approval; None: none."""
    at_once: AtOnce | None = None
    """Whether it is approved as soon as it is planned."""
    run: int | None = None
    ended_at: datetime | None = None
    """When nobody worked on its run any more, finished or not."""

    @property
    def asked(self) -> tuple[str, ...]:
        """Everybody whose work it is."""
        return tuple(dict.fromkeys((*self.hands, self.by)))


@dataclass(frozen=True)
class PreviewRow:
    """One row of a waiting plan, and what was decided of it."""

    row: RowPlan
    left_out_by: str | None = None
    """Who took the row out of the run; None: it is in."""
    settled: Mapping[str, str] = field(default_factory=dict)
    """By path: `platform` or `leave`; a path that isn't here goes as the sheet says."""


@dataclass(frozen=True)
class PreviewPage:
    """At most `paging.PAGE` rows of a waiting plan."""

    rows: Sequence[PreviewRow]
    total: int
    """Rows of this tab that the search finds."""
    page: int
    """From 1."""
    pages: int


@dataclass(frozen=True)
class Tally:
    """What an approval would do, after all that was decided row by row."""

    publish: int
    update: int
    delete: int
    decision: int = 0
    """The number of the newest decision that is counted in."""

    @property
    def changes(self) -> int:
        """Items that will change or be published."""
        return self.publish + self.update


@dataclass(frozen=True)
class ShownPlan:
    """What a page showed of a plan when it was approved: a tick of just before may not have arrived."""

    rows: Mapping[int, bool] = field(default_factory=dict)
    """By number: whether the row was ticked."""
    choices: Sequence[tuple[int, str, str]] = ()
    """Row, path, and who wins there."""
    guards: frozenset[str] = frozenset()
    """The guards whose checkboxes it had."""
    decision: int | None = None
    """`Tally.decision` as it was told; None: not known."""


@dataclass(frozen=True)
class Activity:
    """What this machine is doing for a job or a run just now."""

    done: int = 0
    total: int = 0
    """Calls of the step under way; 0: not known."""
    said: tuple[Message, ...] = ()
    """What was said meanwhile, such as that the platform asks to wait; the newest last."""
    stopping: bool = False


class Jobs(ABC):
    """Keeps jobs, plans them and carries them out. Every method may be called from any thread."""

    @abstractmethod
    def submit(self, name: str, upload: BinaryIO, by: str) -> Job:
        """Take a workbook that a person uploaded, and begin to plan it."""

    @abstractmethod
    def submit_file(self, file: Path, by: str) -> Job:
        """Begin to plan a workbook of this machine, whose results go into it."""

    @abstractmethod
    def undo(self, run: int, only: Collection[str], by: str) -> Job:
        """Begin to plan the undo of a run; `only`: these codes; none: all."""

    @abstractmethod
    def again(self, job: str, by: str, worksheet: str | None = None, choices: Choices | None = None) -> Job:
        """Begin to plan a job's sheet anew, as a job of its own. Raises Refusal where its sheet is gone.

        `choices`: how it is compared; None: as before.
        """

    @abstractmethod
    def correct(self, job: str, cells: Mapping[str, str], by: str) -> Job:
        """Write texts into cells of a copy of a job's workbook, and plan that. Raises Refusal where that can't be."""

    @abstractmethod
    def job(self, job: str) -> Job:
        """Return a job. Raises Refusal if there is none of that id."""

    @abstractmethod
    def waiting(self) -> Sequence[Job]:
        """Return the jobs that haven't ended, the newest first."""

    @abstractmethod
    def rows(self, job: str, tab: str, search: str, page: int) -> PreviewPage:
        """Return a page of a waiting plan's rows."""

    @abstractmethod
    def tabs(self, job: str) -> Mapping[str, int]:
        """Return how many rows each tab has."""

    @abstractmethod
    def tally(self, job: str) -> Tally:
        """Return what an approval would do now."""

    @abstractmethod
    def tick(self, job: str, row: int, by: str, *, included: bool) -> None:
        """Take a row into the run, or leave it out; `row`: its number in the sheet."""

    @abstractmethod
    def settle(self, job: str, row: int, path: str, choice: str, by: str) -> None:
        """Decide who wins at one path of a row: `sheet`, `platform` or `leave`."""

    @abstractmethod
    def consent(self, job: str, guard: str, by: str, *, given: bool) -> None:
        """Consent to a guard, or take that back."""

    @abstractmethod
    def approve(
        self, job: str, by: str, guards: Collection[str], deletions: int | None, shown: ShownPlan | None = None
    ) -> Job:
        """Begin the run, once: a job that is under way or ended already is returned as it is.

        `guards`: those consented to with the approval, beside the earlier ones. `deletions`: how many deletions the
        person typed; None: none is allowed. `shown`: taken over first. Raises Refusal where `deletions` isn't what
        the plan has, and where somebody else decided something since it was shown.
        """

    @abstractmethod
    def drop(self, job: str, by: str) -> None:
        """Put a waiting job away."""

    @abstractmethod
    def resume(self, by: str) -> int | None:
        """Begin to finish the run that was cut off; returns its number. None: there is none."""

    @abstractmethod
    def stop(self, run: int) -> bool:
        """Ask a run for a clean stop; False: it isn't carried out here."""

    @abstractmethod
    def activity(self, job: str) -> Activity | None:
        """Return what is done for a job just now; None: nothing here."""

    @abstractmethod
    def activity_of_run(self, run: int) -> Activity | None:
        """Return what is done for a run just now; None: nothing here, though it may go on elsewhere."""

    @abstractmethod
    def left_at(self, run: int) -> datetime | None:
        """Return when the last try to go on with a run ended here; None: there was none since the page began."""

    @abstractmethod
    def trouble_of_run(self, run: int) -> Trouble | None:
        """Return why the last try to go on with a run ended; None: nothing is known of that."""

    @abstractmethod
    def workbook(self, job: str) -> JobWorkbook:
        """Return a job's workbook as it stands, for download. Raises Refusal where it is gone."""

    @abstractmethod
    def keeps(self, file: Path) -> bool:
        """Whether a workbook is one that was uploaded here."""

    @abstractmethod
    def job_of_run(self, run: int) -> Job | None:
        """Return the job that became a run; None: it began elsewhere."""

    @abstractmethod
    def close(self) -> None:
        """Ask all that is under way for a clean stop, and wait for it."""

    def open_jobs(self) -> Iterator[Job]:
        """Yield the jobs whose plan waits for an approval."""
        return (job for job in self.waiting() if job.state is JobState.WAITING)
