"""What a worker does for each task, over real shops: ticks, digests, schedules, and a run that was cut off."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import BinaryIO

import pytest
from sqlalchemy import insert, select

from sync import Consent
from sync.errors import Locked, Refusal, Unfinished
from sync.fields import PRICE, STATUS
from sync.fleet.engine import Order, Task, set_up
from sync.fleet.fleet import Fleet
from sync.fleet.schedules import schedule
from sync.fleet.tasks import works
from sync.item import Status
from sync.messages import say
from sync.sandbox.server import Sandbox
from sync.service.jobs import Job, JobState
from sync.service.stopping import Stop
from sync.service.watching import Watching
from sync.state.fleet_tables import SCHEDULES
from sync.state.tables import RUNS
from tests.cli.kills import killed
from tests.cli.small_shop import held, line
from tests.fleet.florist import (
    BY,
    SHOP,
    Stored,
    closed_now,
    fleet,
    florist,
    keys,
    no_waiting,
    platform,
    sandbox,
    settings_of,
    stored,
)

__all__ = ["fleet", "florist", "keys", "no_waiting", "platform", "sandbox", "stored"]
Do = Callable[..., None]


class NotedJobs:
    """The jobs of a shop, which notes what it is asked to do."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.open: list[Job] = []

    def work_plan(self, job: str, stop: Stop) -> None:
        self.asked.append(("plan", job))

    def work_apply(self, job: str, stop: Stop) -> None:
        self.asked.append(("apply", job))

    def waiting(self) -> Sequence[Job]:
        return self.open

    def submit(self, name: str, upload: BinaryIO, by: str) -> Job:
        self.asked.append(("submit", name, upload.read()[:2], by))
        return job(JobState.READING)

    def again(self, job: str, by: str) -> Job:
        self.asked.append(("again", job, by))
        return self.open[0]


def job(state: JobState) -> Job:
    return Job("1", "workbook:1/周表.xlsx", "周表.xlsx", "小王", datetime.now(UTC), state)


@pytest.fixture
def jobs() -> NotedJobs:
    return NotedJobs()


@pytest.fixture
def do(florist: Fleet, jobs: NotedJobs) -> Do:
    """Does what a task asks for, as a worker would."""
    set_up(florist.engine)
    done = works(florist, lambda _: jobs)
    return lambda task, of=None: done[task](Order(task, SHOP, of), Stop())


def applied(fleet: Fleet, stored: Stored) -> None:
    with fleet.open_shop(SHOP) as shop:
        shop.apply(shop.plan(stored(line("A-1", 价格=25), line("A-2"))), Consent(by=BY))


def told(fleet: Fleet, kind: str) -> tuple[bool, str | None]:
    """Whether a scheduled kind was done, and what stood in its way."""
    with fleet.engine.connect() as connection:
        row = connection.execute(select(SCHEDULES).where(SCHEDULES.c.kind == kind)).one()
    return row.last_at is not None, row.trouble


def keep(fleet: Fleet, kind: str) -> None:
    with fleet.engine.begin() as connection:
        schedule(connection, SHOP, kind, "5m", datetime.now(UTC))


def test_a_tick_carries_out_the_rules_of_the_sheet_that_was_applied_last(
    florist: Fleet, stored: Stored, sandbox: Sandbox, do: Do
) -> None:
    keep(florist, "watch")
    do(Task.TICK)
    assert (told(florist, "watch"), sandbox.writes) == ((True, None), 0), "nothing was ever applied"
    applied(florist, stored)
    florist.add(SHOP, {**settings_of(sandbox), "rules": [closed_now()]}, BY)
    do(Task.TICK)
    assert told(florist, "watch") == (True, None)
    assert held(sandbox, "A-1")[STATUS] is Status.INACTIVE


def test_what_stands_in_a_ticks_way_is_kept_until_it_is_over(
    florist: Fleet, stored: Stored, sandbox: Sandbox, do: Do
) -> None:
    applied(florist, stored)
    keep(florist, "watch")
    elsewhere = "http://127.0.0.1:9/router/rest"
    florist.add(SHOP, {**settings_of(sandbox), "rules": [closed_now()], "gateway": elsewhere}, BY)
    do(Task.TICK)
    assert "WrongShop" in str(told(florist, "watch")[1])
    florist.add(SHOP, settings_of(sandbox), BY)
    do(Task.TICK)
    assert told(florist, "watch") == (True, None)


def test_a_schedule_plans_the_sheet_that_was_applied_last(
    florist: Fleet, stored: Stored, do: Do, jobs: NotedJobs
) -> None:
    keep(florist, "plan")
    do(Task.PLAN)
    applied(florist, stored)
    do(Task.PLAN)
    jobs.open = [job(JobState.WAITING)]
    do(Task.PLAN)
    jobs.open = [job(JobState.REFUSED)]
    do(Task.PLAN)
    jobs.open = [job(JobState.RUNNING)]
    do(Task.PLAN)
    assert jobs.asked == [("submit", "周表.xlsx", b"PK", BY), *[("again", "1", "小王")] * 2]
    assert told(florist, "plan") == (True, None)


def test_a_schedule_finds_the_runs_of_its_shops_own_channel(
    florist: Fleet, stored: Stored, sandbox: Sandbox, do: Do, jobs: NotedJobs
) -> None:
    florist.add(SHOP, {**settings_of(sandbox), "channel": "shop"}, BY)
    sheet = stored(line("A-1"), name="商品.xlsx")
    run = {"id": 1, "sheet": sheet.place, "started_at": datetime.now(UTC), "watch": False, "by": BY}
    with florist.engine.begin() as connection:
        connection.execute(insert(RUNS).values(profile=f"{SHOP} (shop)", **run))
    do(Task.PLAN)
    assert jobs.asked == [("submit", "商品.xlsx", b"PK", BY)]


@pytest.mark.parametrize("trouble", [Locked(say("run.lost_lock")), Unfinished(1, "周表.xlsx")])
def test_a_tick_that_comes_while_the_shop_is_at_work_is_no_trouble(
    florist: Fleet, stored: Stored, do: Do, monkeypatch: pytest.MonkeyPatch, trouble: Refusal
) -> None:
    def busy(*_: object) -> None:
        raise trouble

    applied(florist, stored)
    keep(florist, "watch")
    monkeypatch.setattr(Watching, "look", busy)
    do(Task.TICK)
    assert told(florist, "watch") == (True, None)


def test_a_job_goes_to_the_jobs_of_its_shop(do: Do, jobs: NotedJobs) -> None:
    do(Task.PLAN, "7")
    do(Task.APPLY, "7")
    assert jobs.asked == [("plan", "7"), ("apply", "7")]


def test_a_run_that_was_cut_off_is_finished(florist: Fleet, stored: Stored, sandbox: Sandbox, do: Do) -> None:
    with killed(number=1):
        applied(florist, stored)
    do(Task.RESUME)
    do(Task.RESUME)
    with florist.open_shop(SHOP) as shop:
        assert shop.unfinished() is None
    assert held(sandbox, "A-1")[PRICE] == 2500


def test_the_week_is_told_when_a_schedule_asks(florist: Fleet, do: Do) -> None:
    keep(florist, "digest")
    do(Task.DIGEST)
    assert told(florist, "digest") == (True, None)
