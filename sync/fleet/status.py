"""How the shops of a fleet stand: a few questions to the database, however many shops there are, and no key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.call import Result
from sync.messages import Language, Message, say
from sync.service.jobs import Job, JobState

AT_WORK = (JobState.READING, JobState.WAITING, JobState.RUNNING)
"""What an open job is: it hasn't ended, and nothing has to be submitted anew."""

LOOKED_AT = ("delete", "conflict", "drift", "stale", "invalid", "blocked")
"""What a person has to look at before an approval, by the names of a plan's counts."""


@dataclass(frozen=True)
class LastRun:
    """A shop's newest run."""

    run: int
    started_at: datetime
    finished_at: datetime | None
    """None: it is under way, or was cut off."""
    results: Mapping[Result, int]
    """Rows by result, once it is finished."""
    by: str
    at_work: bool = False
    """Whether somebody holds the shop just now."""

    def document(self) -> dict[str, object]:
        """Return its JSON."""
        return {
            "run": self.run,
            "started_at": self.started_at.isoformat(),
            "finished_at": self.finished_at.isoformat() if self.finished_at else None,
            "results": {result.value: count for result, count in self.results.items()},
            "by": self.by,
        }


@dataclass(frozen=True)
class ShopStatus:
    """One shop."""

    name: str
    authorized: Message
    """Until when, or what to do."""
    may_write: bool
    """Whether the platform lets items be changed."""
    app_key: str
    spent: int
    """Calls that its application made today, for all of its shops."""
    most: int | None
    """Calls that a day has; None: nobody set a quota."""
    jobs: Mapping[JobState, int] = field(default_factory=dict)
    """How many stand how; those that ended, or that nobody wanted, aren't counted."""
    last_run: LastRun | None = None
    failing: Sequence[str] = ()
    """The kinds of schedules that came to nothing when they were due last."""

    @property
    def open(self) -> int:
        """Jobs that haven't ended."""
        return sum(self.jobs.get(state, 0) for state in AT_WORK)

    @property
    def cut_off(self) -> LastRun | None:
        """The run that is unfinished, and that nobody is at work on or will take up; None: there is none."""
        run = self.last_run
        goes_on = run is None or run.finished_at or run.at_work or self.jobs.get(JobState.RUNNING, 0)
        return None if goes_on else run

    @property
    def needs(self) -> tuple[Message, ...]:
        """What a person has to do, the most urgent first; nothing: all goes by itself."""
        found = [] if self.may_write else [self.authorized]
        for state, code in ((JobState.WAITING, "fleet.needs.approval"), (JobState.REFUSED, "fleet.needs.sheet")):
            if count := self.jobs.get(state, 0):
                found.append(say(code, count=count))
        if self.cut_off:
            found.append(say("fleet.needs.unfinished", run=self.cut_off.run))
        if self.last_run and (unknown := self.last_run.results.get(Result.UNKNOWN, 0)):
            found.append(say("fleet.needs.unknown", run=self.last_run.run, count=unknown))
        found += [say("fleet.needs.schedule", kind=kind) for kind in self.failing]
        return tuple(found)

    def document(self, language: Language) -> dict[str, object]:
        """Return its JSON."""
        return {
            "name": self.name,
            "open": self.open,
            "jobs": {state.value: count for state, count in sorted(self.jobs.items())},
            "last_run": self.last_run.document() if self.last_run else None,
            "needs_you": bool(self.needs),
            "needs": [one.words(language) for one in self.needs],
            "authorization": self.authorized.words(language),
            "may_write": self.may_write,
            "calls_today": self.spent,
            "calls_per_day": self.most,
        }


@dataclass(frozen=True)
class WorkerStatus:
    """One worker, as it says of itself."""

    id: str
    host: str
    pid: int
    version: str
    concurrency: int
    """Orders that it takes at once."""
    since: datetime
    quiet: timedelta
    """How long ago it was heard of last."""
    alive: bool
    """Whether it was heard of lately; what a dead one had in hand goes on elsewhere."""

    def document(self) -> dict[str, object]:
        """Return its JSON."""
        return {
            "id": self.id,
            "host": self.host,
            "pid": self.pid,
            "version": self.version,
            "concurrency": self.concurrency,
            "since": self.since.isoformat(),
            "seconds_quiet": round(self.quiet.total_seconds(), 1),
            "alive": self.alive,
        }


@dataclass(frozen=True)
class WaitingPlan:
    """A plan that waits for an approval."""

    shop: str
    job: Job
    approval: str
    """Who may approve it: `any` approver, or only an `other` than who submitted it."""
    decision: int
    """`Tally.decision` as it stands."""

    @property
    def plain(self) -> bool:
        """Whether nothing in it asks for a look at its rows: no guard, no deletion, and nothing to settle."""
        return not self.job.guards and not any(self.job.counts.get(name) for name in LOOKED_AT)

    def document(self) -> dict[str, object]:
        """Return its JSON."""
        planned_at = self.job.planned_at
        return {
            "shop": self.shop,
            "job": self.job.id,
            "sheet": self.job.sheet_name,
            "by": self.job.by,
            "planned_at": planned_at.isoformat() if planned_at else None,
            "changes": {name: count for name, count in self.job.counts.items() if count},
            "guards": [guard.name for guard in self.job.guards],
        }


@dataclass(frozen=True)
class FleetStatus:
    """The whole fleet."""

    shops: Sequence[ShopStatus]
    """By name."""
    workers: Sequence[WorkerStatus]
    """The oldest first."""
    waiting: Sequence[WaitingPlan]
    """At most `paging.PAGE` of the plans that wait for an approval, the oldest first."""

    def document(self, language: Language) -> dict[str, object]:
        """Return its JSON."""
        return {
            "shops": [shop.document(language) for shop in self.shops],
            "workers": [worker.document() for worker in self.workers],
            "waiting": [plan.document() for plan in self.waiting],
        }
