"""The demo of a fleet, told line by line: what was done, what was done to it, and what came of it."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sync.demo.fleet.database import database
from sync.demo.fleet.processes import DemoProcess, process
from sync.demo.fleet.shops import CALLS_PER_SECOND, PLATFORMS, DemoShop, sellers
from sync.errors import Refusal
from sync.legible import legible_lines
from sync.messages import Language, listed, say
from sync.service.jobs import Job, Jobs, JobState

if TYPE_CHECKING:
    from rich.console import Console

    from sync.fleet.fleet import Fleet

WORKERS, AT_ONCE = 3, 2
WAIT_FOR_A_PERSON = 6
"""Of the shops, so many are submitted without `--yes`."""
KILL_AFTER = 4
"""Runs that have ended when a worker is killed."""
PATIENCE = 180.0
"""Seconds until the demo gives up."""
LOOK = 0.5
"""Seconds between two looks at the jobs."""
BY = "demo"
STATE = "ITEMSYNC_STATE"


@dataclass
class Follower:
    """The jobs of all shops, looked at again and again."""

    jobs: Mapping[str, Jobs]
    ids: dict[str, str]
    began: float

    def __post_init__(self) -> None:
        self.ended: dict[str, float] = {}
        """When each shop's job ended, in seconds since the beginning."""

    def look(self) -> Mapping[str, Job]:
        """Return each shop's job as it stands now."""
        found = {name: self.jobs[name].job(job) for name, job in self.ids.items()}
        for name, job in found.items():
            if job.state in (JobState.ENDED, JobState.REFUSED, JobState.DROPPED):
                self.ended.setdefault(name, self.now)
        return found

    @property
    def now(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self.began

    def until(self, reached: Callable[[Mapping[str, Job]], bool]) -> Mapping[str, Job]:
        """Look until something is so. Raises Refusal where it doesn't come about."""
        while not reached(found := self.look()):
            if self.now > PATIENCE:
                raise Refusal(say("demo.fleet.patience", seconds=int(PATIENCE)))
            time.sleep(LOOK)
        return found


class FleetDemo:
    """One fleet, from its first shop to its last run."""

    def __init__(self, console: Console, language: Language) -> None:
        self._console = console
        self._language = language
        self._began = time.monotonic()

    def play(self, stay: Callable[[], None]) -> bool:
        """Play it, and return whether everything is as it must be; `stay` is called while the page is still up."""
        with ExitStack() as running:
            folder = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="itemsync-sheets-")))
            state = running.enter_context(database())
            shops = running.enter_context(sellers(folder))
            fleet = running.enter_context(_fleet(state))
            self._tell("demo.fleet.begins", shops=len(shops), platforms=PLATFORMS, limit=CALLS_PER_SECOND)
            follower = self._submit(fleet, shops)
            page = running.enter_context(process({STATE: state}, "web", "--port", "0", "--no-browser"))
            command = ("worker", "--concurrency", str(AT_ONCE))
            workers = [running.enter_context(process({STATE: state}, *command)) for _ in range(WORKERS)]
            self._tell("demo.fleet.page", url=page.ready()["url"])
            for worker in workers:
                worker.ready()
            self._tell("demo.fleet.workers", workers=WORKERS, at_once=AT_ONCE)
            right = self._watch(shops, follower, workers)
            stay()
        return right

    def _submit(self, fleet: Fleet, shops: Sequence[DemoShop]) -> Follower:
        jobs: dict[str, Jobs] = {}
        follower = Follower(jobs, {}, self._began)
        for number, shop in enumerate(shops):
            fleet.add(shop.name, shop.settings, BY)
            jobs[shop.name] = fleet.jobs(shop.name)
            with shop.sheet.open("rb") as upload:
                job = jobs[shop.name].submit(shop.sheet.name, upload, BY)
            if number >= WAIT_FOR_A_PERSON:
                fleet.jobs(shop.name).approve_at_once(job.id, BY, (), False)
            follower.ids[shop.name] = job.id
        self._tell("demo.fleet.submitted", sheets=len(shops), waiting=WAIT_FOR_A_PERSON)
        return follower

    def _watch(self, shops: Sequence[DemoShop], follower: Follower, workers: Sequence[DemoProcess]) -> bool:
        found = follower.until(lambda jobs: len(follower.ended) >= KILL_AFTER and bool(_at_work(jobs)))
        workers[0].kill()
        killed, at_work = follower.now, _at_work(found)
        self._tell("demo.fleet.killed", pid=workers[0].pid, shops=listed(at_work))
        waiting = [name for name, job in found.items() if job.state is JobState.WAITING]
        follower.until(lambda jobs: all(jobs[name].state is JobState.WAITING for name in waiting))
        for name in waiting:
            follower.jobs[name].approve(follower.ids[name], BY, (), None)
        self._tell("demo.fleet.approved", waiting=len(waiting))
        found = follower.until(lambda jobs: len(follower.ended) == len(jobs))
        return self._result(shops, follower, found, [(follower.ended[name] - killed, name) for name in at_work])

    def _result(
        self, shops: Sequence[DemoShop], follower: Follower, jobs: Mapping[str, Job], after: list[tuple[float, str]]
    ) -> bool:
        took, name = max(after)
        self._tell("demo.fleet.taken_up", name=name, seconds=round(took))
        runs = [job for job in jobs.values() if job.state is JobState.ENDED]
        wrong = {shop.name: codes for shop in shops if (codes := shop.wrong())}
        items = sum(len(shop.wanted) for shop in shops)
        self._tell("demo.fleet.ended", runs=len(runs), shops=len(shops), items=items, seconds=round(follower.now))
        for shop, codes in wrong.items():
            self._tell("demo.fleet.wrong", name=shop, codes=listed(codes))
        right = not wrong and len(runs) == len(shops)
        self._tell("demo.fleet.right" if right else "demo.fleet.not_right")
        return right

    def _tell(self, code: str, **args: object) -> None:
        at = f"{time.monotonic() - self._began:5.1f} s  "
        text = legible_lines(say(code, **args).words(self._language))
        self._console.print(at + text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _fleet(state: str) -> Iterator[Fleet]:
    from cryptography.fernet import Fernet  # noqa: PLC0415 - comes with the extra, which `database` has asked for

    from sync.fleet.fleet import Fleet  # noqa: PLC0415 - so does this

    # The demo's own: it must not touch the user's key file.
    os.environ["ITEMSYNC_KEY"] = Fernet.generate_key().decode()
    with Fleet.open(state) as fleet:
        yield fleet


def _at_work(jobs: Mapping[str, Job]) -> list[str]:
    return [name for name, job in jobs.items() if job.state is JobState.RUNNING]
