"""Jobs of a fleet that are so old that nobody asks for them any more."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Connection, delete, func, select

from sync.fleet.workbooks import RESULTS, workbook_of
from sync.service.jobs import JobState
from sync.state.fleet_tables import JOBS, PLAN_DECISIONS, PLAN_ROWS, PLAN_TABS, PLANS, WORKBOOKS
from sync.state.tables import RUNS

KEPT = timedelta(days=90)
"""So long a job is kept after it was submitted, as on one machine."""
AT_ONCE = 50
"""Jobs of one transaction: each may have 50,000 rows."""
_UNDER_WAY = (JobState.READING, JobState.RUNNING)


def forget_old(connection: Connection) -> None:
    """Forget old jobs with their plans and sheets, a few at a time.

    The sheet of a shop's last run stays: ticks and schedules use it.
    """
    old = (JOBS.c.at < func.now() - KEPT, JOBS.c.state.not_in(_UNDER_WAY))
    first = select(JOBS.c.id, JOBS.c.shop).where(*old).order_by(JOBS.c.at).limit(AT_ONCE)
    found = connection.execute(first.with_for_update(skip_locked=True)).all()
    jobs = [one.id for one in found]
    for plans in (PLANS, PLAN_ROWS, PLAN_TABS, PLAN_DECISIONS):
        connection.execute(delete(plans).where(plans.c.job.in_(jobs)))
    connection.execute(delete(JOBS).where(JOBS.c.id.in_(jobs)))
    gone = [one.id for one in found if one.id != _in_use(connection, one.shop)]
    connection.execute(delete(WORKBOOKS).where(WORKBOOKS.c.id.in_([*gone, *(f"{one}{RESULTS}" for one in gone)])))


def _in_use(connection: Connection, shop: str) -> str | None:
    """Return the workbook of a shop's last run by hand; None: there is none."""
    by_hand = (RUNS.c.profile == shop, ~RUNS.c.watch, RUNS.c.undoes.is_(None))
    last = select(RUNS.c.sheet).where(*by_hand).order_by(RUNS.c.id.desc()).limit(1)
    return workbook_of(connection.execute(last).scalar() or "")
