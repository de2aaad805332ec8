"""A worker that dies at any commit of a job: the next one ends it, and each stock change is made once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from io import BytesIO

import pytest
from sqlalchemy import delete, func, text, update

from sync.fleet.dispatch import defer_lost
from sync.fleet.engine import QUEUE
from sync.fleet.fleet import Fleet
from sync.sandbox.server import Sandbox
from sync.service.jobs import JobState
from sync.state.tables import LEASES
from tests.cli.kills import Killed
from tests.cli.small_shop import line, moving, row, type_in, write
from tests.commits import before_each_commit
from tests.fleet.florist import BY, SHOP, fleet, florist, keys, no_waiting, platform, sandbox
from tests.fleet.test_jobs import Kept, at_fleet, shared, stock, worked

__all__ = ["at_fleet", "fleet", "florist", "keys", "no_waiting", "platform", "sandbox", "shared"]


@contextmanager
def dies_at_commit(fleet: Fleet, number: int) -> Iterator[list[int]]:
    """The worker dies just before its `number`-th commit; the list is empty if it never came to that."""
    left, died = [number], list[int]()

    def commit(_: str) -> None:
        left[0] -= 1
        if left[0] == 0:
            died.append(number)
            raise Killed

    end = before_each_commit(fleet.engine, commit)
    try:
        yield died
    except Killed:
        pass
    finally:
        end()


def deferred_anew(fleet: Fleet) -> None:
    """What the dispatcher does for open jobs whose worker died."""
    with fleet.engine.begin() as connection:
        connection.execute(delete(QUEUE))
        defer_lost(connection)


@pytest.mark.soak
@pytest.mark.parametrize("by_hand", [True, False])
def test_a_worker_that_dies_at_any_commit_leaves_the_job_to_the_next(
    at_fleet: Kept, shared: Fleet, sandbox: Sandbox, by_hand: bool
) -> None:
    jobs, sheet = shared.jobs(SHOP), write(at_fleet.folder / "周表.xlsx", moving("A-1", 0), line("A-2"))
    for number in range(1, 200):
        before = stock(sandbox)
        type_in(sheet, "A-1", "库存增减", 1)
        type_in(sheet, "A-2", "价格", 21 + number % 2)
        job = jobs.submit("周表.xlsx", BytesIO(sheet.read_bytes()), BY)
        if not by_hand:
            jobs.approve_at_once(job.id, BY, ("price",), False)
        with dies_at_commit(shared, number) as died:
            worked(shared)
            if by_hand:
                jobs.approve(job.id, BY, (), None)
                worked(shared)
        bury(shared)
        deferred_anew(shared)
        worked(shared)
        if jobs.job(job.id).state is JobState.WAITING:
            jobs.approve(job.id, BY, (), None)
            worked(shared)
        ended = jobs.job(job.id)
        assert (ended.state, stock(sandbox)) == (JobState.ENDED, int(str(before)) + 1), f"commit {number}: {ended}"
        sheet = at_fleet.downloaded(ended)
        assert row(sheet, "A-1")["库存增减"] is None, f"commit {number}"
        if not died:
            return
    raise AssertionError("it never came to its end")


def bury(fleet: Fleet) -> None:
    """The dead worker's connections are closed, as the system does for a process, and its lease has run out."""
    held = (
        "SELECT DISTINCT pg_terminate_backend(pid) FROM pg_locks JOIN pg_class ON pg_class.oid = relation"
        " WHERE relnamespace = current_schema()::regnamespace AND pid <> pg_backend_pid()"
    )
    with fleet.engine.begin() as connection:
        connection.execute(text(held))
    fleet.engine.dispose()
    with fleet.engine.begin() as connection:
        connection.execute(update(LEASES).values(until=func.now() - timedelta(seconds=1)))
