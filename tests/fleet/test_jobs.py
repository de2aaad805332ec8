"""Jobs as a person sees them, wherever they are kept; and those of a fleet, whose workers die at every moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import delete, select

from sync import Shop
from sync.fields import PRICE
from sync.fleet.engine import QUEUE, Order, Task, set_up
from sync.fleet.fleet import Fleet
from sync.fleet.tasks import works
from sync.sandbox.server import Sandbox
from sync.service.events import Listener
from sync.service.jobs import Job, Jobs, JobState, ShownPlan
from sync.service.local_jobs import LocalJobs
from sync.service.stopping import Stop
from tests.cli.small_shop import Line, held, line, moving, row, write
from tests.fleet.florist import (
    BY,
    SHOP,
    fleet,
    florist,
    keys,
    no_waiting,
    platform,
    sandbox,
    settings_of,
)

__all__ = ["fleet", "florist", "keys", "no_waiting", "platform", "sandbox"]


@dataclass
class Kept:
    """Jobs of one kind, and what makes all of their work be done."""

    jobs: Jobs
    work: Callable[[], object]
    folder: Path

    def submitted(self, *lines: Line, by: str = BY) -> Job:
        content = write(self.folder / "made.xlsx", *lines).read_bytes()
        job = self.jobs.submit("周表.xlsx", BytesIO(content), by)
        self.work()
        return self.jobs.job(job.id)

    def approved(self, job: Job, *guards: str, shown: ShownPlan | None = None) -> Job:
        self.jobs.approve(job.id, BY, guards, None, shown)
        self.work()
        return self.jobs.job(job.id)

    def downloaded(self, job: Job) -> Path:
        kept = self.jobs.workbook(job.id)
        file = self.folder / kept.name
        file.write_bytes(kept.content)
        return file


def queued(fleet: Fleet) -> Sequence[Order]:
    """Take what waits in the queue."""
    with fleet.engine.begin() as connection:
        found = connection.execute(select(QUEUE.c.task_name, QUEUE.c.args).order_by(QUEUE.c.id)).all()
        connection.execute(delete(QUEUE))
    return [Order(Task(one.task_name), one.args["shop"], one.args["job"]) for one in found]


def worked(fleet: Fleet, stop: Callable[[], Stop] = Stop) -> None:
    """Do what waits, as a worker would."""
    do = works(fleet, fleet.jobs)
    while orders := queued(fleet):
        for order in orders:
            do[order.task](order, stop())


@pytest.fixture
def shared(florist: Fleet) -> Fleet:
    set_up(florist.engine)
    return florist


@pytest.fixture
def at_fleet(shared: Fleet, tmp_path: Path) -> Kept:
    return Kept(shared.jobs(SHOP), lambda: worked(shared), tmp_path)


@pytest.fixture
def here(sandbox: Sandbox, tmp_path: Path) -> Iterator[Kept]:
    def open_shop(listener: Listener) -> Shop:
        state = tmp_path / "state.db"
        return Shop.open(SHOP, settings=settings_of(sandbox), state=state, lang="zh", on_event=listener)

    def work() -> None:
        for thread in [one for one in threading.enumerate() if one.name.startswith("job ")]:
            thread.join()

    with closing(LocalJobs(tmp_path / "jobs" / SHOP, open_shop, lambda: datetime.now(UTC))) as jobs:
        yield Kept(jobs, work, tmp_path)


@pytest.fixture(params=["here", "at_fleet"])
def kept(request: pytest.FixtureRequest) -> Kept:
    made: Kept = request.getfixturevalue(request.param)
    return made


def test_a_sheet_is_planned_approved_and_comes_back_with_its_results(kept: Kept, sandbox: Sandbox) -> None:
    job = kept.submitted(line("A-1", 价格=21), moving("A-2", 5), line("A-3"))
    assert (job.state, job.counts["update"], kept.jobs.tally(job.id).update) == (JobState.WAITING, 2, 2)
    ended = kept.approved(job)
    assert (ended.state, ended.run, ended.approved_by) == (JobState.ENDED, 1, BY)
    assert (held(sandbox, "A-1")[PRICE], kept.jobs.waiting()) == (2100, [])
    assert row(kept.downloaded(ended), "A-2")["同步结果"] == "完成"
