"""Jobs as a person sees them, wherever they are kept; and those of a fleet, whose workers die at every moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from io import BytesIO
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from sync import Shop
from sync.errors import Locked, Refusal
from sync.fields import INVENTORY, PRICE
from sync.fleet.dispatch import dispatch
from sync.fleet.engine import QUEUE, Order, Task, set_up
from sync.fleet.fleet import Fleet
from sync.fleet.jobs import FleetJobs
from sync.fleet.keys import Keys
from sync.fleet.tasks import worker_of, works
from sync.sandbox.server import Sandbox
from sync.service.events import Listener
from sync.service.jobs import Activity, Job, Jobs, JobState, ShownPlan
from sync.service.local_jobs import LocalJobs
from sync.service.stopping import Stop
from sync.state.fleet_tables import JOBS, PLAN_ROWS, WORKBOOKS
from sync.state.lease import LEASE, Lease
from tests.cli.kills import killed, meanwhile
from tests.cli.small_shop import Line, held, line, moving, row, write
from tests.clocks import FakeClock
from tests.fleet.florist import (
    BY,
    SHOP,
    closed_now,
    fleet,
    florist,
    keys,
    new_key,
    no_waiting,
    platform,
    sandbox,
    settings_of,
)
from tests.fleet.queued import taken

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


def test_a_sheet_that_can_not_be_planned_says_why_and_is_planned_anew(kept: Kept) -> None:
    refused = kept.jobs.submit("周表.xlsx", BytesIO(b"no workbook"), BY)
    kept.work()
    told = kept.jobs.job(refused.id)
    assert (told.state, told.trouble is not None) == (JobState.REFUSED, True)
    again = kept.jobs.again(refused.id, BY)
    assert (kept.jobs.job(refused.id).state, again.id == refused.id) == (JobState.DROPPED, False)


def test_what_was_decided_outlives_a_correction(kept: Kept, sandbox: Sandbox) -> None:
    job = kept.submitted(line("A-1", 价格=21), line("A-2", 价格=21))
    kept.jobs.tick(job.id, 2, "小王", included=False)
    corrected = kept.jobs.correct(job.id, {"F3": "22"}, "小王")
    kept.work()
    assert (kept.jobs.tally(corrected.id).update, corrected.asked) == (1, (BY, "小王"))
    kept.approved(corrected)
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[PRICE]) == (2000, 2200)


def test_what_somebody_else_decided_meanwhile_keeps_an_old_page_from_approving(kept: Kept) -> None:
    job = kept.submitted(line("A-1", 价格=21), line("A-2", 价格=21))
    seen = ShownPlan(decision=kept.jobs.tally(job.id).decision)
    kept.jobs.tick(job.id, 2, "小王", included=False)
    with pytest.raises(Refusal):
        kept.approved(job, shown=seen)
    assert kept.jobs.job(job.id).state is JobState.WAITING


def test_a_guard_keeps_a_job_waiting_until_somebody_consents(kept: Kept, sandbox: Sandbox) -> None:
    job = kept.submitted(line("A-1", 价格=900))
    waits = kept.approved(job)
    assert (waits.state, [one.name for one in waits.guards], waits.trouble is not None) == (
        JobState.WAITING,
        ["price"],
        True,
    )
    assert kept.approved(job, "price").state is JobState.ENDED
    assert held(sandbox, "A-1")[PRICE] == 90_000


def test_a_run_is_undone_and_a_dropped_job_is_gone(kept: Kept, sandbox: Sandbox) -> None:
    kept.approved(kept.submitted(line("A-1", 价格=21)))
    dropped = kept.submitted(line("A-2", 价格=21))
    kept.jobs.drop(dropped.id, BY)
    assert kept.approved(dropped).state is JobState.DROPPED
    undo = kept.jobs.undo(1, [], BY)
    kept.work()
    assert kept.approved(undo).run == 2
    assert held(sandbox, "A-1")[PRICE] == 2000


def test_of_two_approvals_at_once_one_counts(kept: Kept, sandbox: Sandbox) -> None:
    job = kept.submitted(moving("A-1", 5))
    begin, people = threading.Barrier(2), ("小王", "老王")

    def approve(by: str) -> None:
        begin.wait()
        kept.jobs.approve(job.id, by, (), None)

    threads = [threading.Thread(target=approve, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept.work()
    assert (kept.jobs.job(job.id).run, stock(sandbox)) == (1, 15)


def stock(sandbox: Sandbox) -> object:
    return held(sandbox, "A-1")[INVENTORY]


# --- a fleet alone ---------------------------------------------------------------------------------------------
def test_an_order_may_come_twice_and_at_any_time(at_fleet: Kept, shared: Fleet, sandbox: Sandbox) -> None:
    jobs, stop = shared.jobs(SHOP), Stop()
    job = at_fleet.submitted(moving("A-1", 5))
    jobs.work_plan(job.id, stop)
    jobs.work_apply(job.id, stop)
    assert jobs.job(job.id).state is JobState.WAITING
    at_fleet.approved(job)
    jobs.work_apply(job.id, stop)
    jobs.work_plan(job.id, stop)
    jobs.work_apply("no such job", stop)
    assert (jobs.job(job.id).run, stock(sandbox), queued(shared)) == (1, 15, [])


def test_who_finds_the_shop_taken_leaves_the_job_as_it_is(at_fleet: Kept, shared: Fleet) -> None:
    jobs = shared.jobs(SHOP)
    job = at_fleet.submitted(line("A-1", 价格=21))
    jobs.approve(job.id, BY, (), None)
    with shared.open_shop(SHOP) as shop, shop.alone(), pytest.raises(Locked):
        jobs.work_apply(job.id, Stop())
    assert jobs.job(job.id).state is JobState.RUNNING


def test_a_run_that_makes_way_goes_on_as_the_same_job(at_fleet: Kept, shared: Fleet, sandbox: Sandbox) -> None:
    jobs, stop = shared.jobs(SHOP), Stop()
    job = at_fleet.submitted(moving("A-1", 5), line("A-2", 价格=21))
    jobs.approve(job.id, BY, (), None)
    with meanwhile(stop.let_go_on):
        jobs.work_apply(job.id, stop)
    assert (jobs.job(job.id).state, jobs.activity_of_run(1) is not None) == (JobState.RUNNING, True)
    at_fleet.work()
    assert (jobs.job(job.id).state, stock(sandbox), held(sandbox, "A-2")[PRICE]) == (JobState.ENDED, 15, 2100)


def test_a_worker_that_slept_past_its_lease_leaves_the_job_to_the_next_one(
    at_fleet: Kept, shared: Fleet, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, clock = shared.jobs(SHOP), FakeClock()
    monkeypatch.setattr("sync.state.lock.Lease", partial(Lease, clock=clock.monotonic))
    job = at_fleet.submitted(moving("A-1", 5), line("A-2", 价格=21))
    jobs.approve(job.id, BY, (), None)
    with meanwhile(lambda: clock.pause(LEASE.total_seconds())), pytest.raises(Locked):
        jobs.work_apply(job.id, Stop())
    assert (jobs.job(job.id).state, jobs.job(job.id).trouble, stock(sandbox)) == (JobState.RUNNING, None, 10)
    at_fleet.work()
    assert (jobs.job(job.id).state, stock(sandbox), held(sandbox, "A-2")[PRICE]) == (JobState.ENDED, 15, 2100)


@pytest.mark.parametrize("goes_on", [True, False], ids=["makes way", "a person stops it"])
def test_what_was_not_read_before_a_stop_holds_no_row_back(
    at_fleet: Kept, shared: Fleet, sandbox: Sandbox, goes_on: bool
) -> None:
    jobs, stop = shared.jobs(SHOP), Stop()
    job = at_fleet.submitted(moving("A-1", 5), line("A-2", 价格=21))
    jobs.approve(job.id, BY, (), None)
    stop.let_go_on() if goes_on else stop.set()
    jobs.work_apply(job.id, stop)
    state = jobs.job(job.id).state
    assert (state, stock(sandbox)) == (JobState.RUNNING if goes_on else JobState.WAITING, 10)
    at_fleet.work() if goes_on else at_fleet.approved(job)
    assert (jobs.job(job.id).state, stock(sandbox), held(sandbox, "A-2")[PRICE]) == (JobState.ENDED, 15, 2100)


def test_a_run_that_a_person_stops_waits_until_one_goes_on(at_fleet: Kept, shared: Fleet, sandbox: Sandbox) -> None:
    jobs, stop = shared.jobs(SHOP), Stop()
    job = at_fleet.submitted(moving("A-1", 5), line("A-2", 价格=21))
    jobs.approve(job.id, BY, (), None)
    with meanwhile(stop.set):
        jobs.work_apply(job.id, stop)
    at_fleet.work()
    assert (jobs.job(job.id).state, jobs.stop(1), jobs.left_at(1) is not None) == (JobState.ENDED, False, True)
    assert (jobs.resume(BY), jobs.resume(BY), jobs.stop(1)) == (1, 1, True)
    at_fleet.work()
    assert shared.jobs(SHOP).resume(BY) == 1, "it was stopped before it went on"
    at_fleet.work()
    assert (jobs.resume(BY), stock(sandbox), held(sandbox, "A-2")[PRICE]) == (None, 15, 2100)


def test_a_run_that_began_elsewhere_gets_a_job_when_somebody_goes_on(
    at_fleet: Kept, shared: Fleet, sandbox: Sandbox
) -> None:
    books = shared.workbooks(SHOP)
    content = write(at_fleet.folder / "made.xlsx", moving("A-1", 5), line("A-2", 价格=21)).read_bytes()
    with shared.open_shop(SHOP) as shop, killed(after=True):
        shop.apply(shop.plan(books.sheet(books.keep("周表.xlsx", content), "周表.xlsx")))
    assert at_fleet.jobs.resume(BY) == 1
    at_fleet.work()
    ended = at_fleet.jobs.job_of_run(1)
    assert ended is not None
    assert (ended.state, stock(sandbox), row(at_fleet.downloaded(ended), "A-1")["库存增减"]) == (
        JobState.ENDED,
        15,
        None,
    )


@pytest.mark.parametrize(
    ("guards", "deletions", "found"),
    [
        ((), False, (JobState.WAITING, 2000, True)),
        (("price",), False, (JobState.ENDED, 90_000, True)),
        (("price",), True, (JobState.ENDED, 90_000, False)),
    ],
)
def test_an_approval_at_once_goes_as_far_as_it_says(
    at_fleet: Kept, sandbox: Sandbox, guards: tuple[str, ...], deletions: bool, found: object
) -> None:
    content = write(at_fleet.folder / "made.xlsx", line("A-1", 价格=900), line("A-2", 目标状态="删除")).read_bytes()
    jobs = at_fleet.jobs
    assert isinstance(jobs, FleetJobs)
    job = jobs.submit("周表.xlsx", BytesIO(content), BY)
    for _ in range(2):
        jobs.approve_at_once(job.id, BY, guards, deletions)
        at_fleet.work()
    assert (jobs.job(job.id).state, held(sandbox, "A-1")[PRICE], bool(held(sandbox, "A-2"))) == found


def test_one_shops_jobs_are_no_others(at_fleet: Kept, shared: Fleet, sandbox: Sandbox) -> None:
    job = at_fleet.submitted(line("A-1", 价格=21))
    shared.add("other", settings_of(sandbox), BY)
    other = shared.jobs("other")
    for ask in (other.job, other.workbook, other.tally):
        with pytest.raises(Refusal):
            ask(job.id)
    assert (other.waiting(), other.activity(job.id)) == ([], None)


def test_who_approves_while_a_plan_is_made_anew_is_the_one_that_counts(
    at_fleet: Kept, shared: Fleet, sandbox: Sandbox
) -> None:
    """The successor's planning would take the approved rows away, and the approval would come to nothing."""

    class Late(FleetJobs):
        def _copied(self, was: Job, new: str) -> str:
            self.approve(was.id, BY, (), None)
            return super()._copied(was, new)

    job = at_fleet.submitted(moving("A-1", 5))
    with pytest.raises(Refusal):
        Late(shared, SHOP).again(job.id, BY)
    at_fleet.work()
    assert (at_fleet.jobs.job(job.id).state, stock(sandbox), at_fleet.jobs.waiting()) == (JobState.ENDED, 15, [])
    assert books(shared) == [job.id], "nothing is left of the copy"


def test_a_sheet_for_a_shop_that_was_removed_meanwhile_is_refused(at_fleet: Kept, shared: Fleet) -> None:
    content = write(at_fleet.folder / "made.xlsx", line("A-1", 价格=21)).read_bytes()
    shared.remove(SHOP)
    with pytest.raises(Refusal):
        at_fleet.jobs.submit("周表.xlsx", BytesIO(content), BY)
    assert (books(shared), queued(shared)) == ([], [])


def test_a_worker_without_the_key_spoils_no_job(at_fleet: Kept, shared: Fleet) -> None:
    content = write(at_fleet.folder / "made.xlsx", line("A-1", 价格=21)).read_bytes()
    job = at_fleet.jobs.submit("周表.xlsx", BytesIO(content), BY)
    elsewhere = Fleet(shared.engine, shared.state, Keys([new_key()]), "zh", shared.on_defect)
    elsewhere.jobs(SHOP).work_plan(job.id, Stop())
    assert at_fleet.jobs.job(job.id).state is JobState.READING
    with pytest.raises(Refusal):
        worker_of(elsewhere, 1, elsewhere.jobs)
    at_fleet.work()
    assert at_fleet.jobs.job(job.id).state is JobState.WAITING


def test_a_job_that_waits_for_a_worker_says_so(at_fleet: Kept, shared: Fleet) -> None:
    jobs = at_fleet.jobs
    job = jobs.submit("周表.xlsx", BytesIO(b"no workbook"), BY)
    waits = jobs.activity(job.id)
    assert waits is not None
    assert [one.code for one in waits.said] == ["fleet.waits_for_worker"]
    with shared.engine.begin() as connection:
        assert taken(connection, "plan.1")
    assert jobs.activity(job.id) == Activity()


def test_a_tick_that_was_cut_off_is_finished_before_an_approved_job(
    at_fleet: Kept, shared: Fleet, sandbox: Sandbox
) -> None:
    at_fleet.approved(at_fleet.submitted(line("A-1"), line("A-2", 价格=22)))
    shared.add(SHOP, {**settings_of(sandbox), "rules": [closed_now()]}, BY)
    with killed(number=1):
        works(shared, shared.jobs)[Task.TICK](Order(Task.TICK, SHOP), Stop())
    job = at_fleet.submitted(line("A-2", 价格=23))
    ended = at_fleet.approved(job)
    assert (ended.state, held(sandbox, "A-2")[PRICE]) == (JobState.ENDED, 2300), ended.trouble


def books(fleet: Fleet) -> list[str]:
    with fleet.engine.connect() as connection:
        return [*connection.execute(select(WORKBOOKS.c.id)).scalars()]


def test_old_jobs_are_forgotten_but_not_the_sheet_that_ticks_use(at_fleet: Kept, shared: Fleet) -> None:
    first = at_fleet.approved(at_fleet.submitted(line("A-1", 价格=21)))
    last = at_fleet.approved(at_fleet.submitted(line("A-1", 价格=22)))
    waits = at_fleet.submitted(line("A-1", 价格=23))
    reads = at_fleet.jobs.submit("周表.xlsx", BytesIO(b"no workbook"), BY)
    for days, left in ((89, {first.id, last.id, waits.id, reads.id}), (91, {last.id, reads.id})):
        with shared.engine.begin() as connection:
            connection.execute(update(JOBS).values(at=func.now() - timedelta(days=days)))
        dispatch(shared.engine)
        assert {*books(shared)} == left
    with shared.engine.connect() as connection:
        assert [*connection.execute(select(JOBS.c.id)).scalars()] == [reads.id]
        assert connection.execute(select(func.count()).select_from(PLAN_ROWS)).scalar() == 0
