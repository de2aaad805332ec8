"""Reads how a fleet stands: one question for all shops together, never one for each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, Connection, DateTime, Engine, Row, Text, and_, func, literal, select, text, true
from sqlalchemy.exc import SQLAlchemyError

from sync.fleet.dispatch import DEAD_AFTER
from sync.fleet.shops import remembered_as
from sync.fleet.status import AT_WORK, FleetStatus, LastRun, ShopStatus, WaitingPlan, WorkerStatus
from sync.json_forms import JsonForm
from sync.service.authorization_terms import TERMS_JSON, AuthorizationTerms
from sync.service.jobs import Job, JobState
from sync.service.paging import PAGE
from sync.state.database_errors import refused
from sync.state.fleet_tables import FLEET_SHOPS, JOBS, PLAN_DECISIONS, SCHEDULES, WORKERS
from sync.state.run_counts import results_from
from sync.state.tables import LEASES, RUNS
from sync.state.usage_ledger import spent_by_application

_JOB: JsonForm[Job] = JsonForm(Job)
CLOCK = func.clock_timestamp(type_=DateTime(timezone=True))
_COUNTED = (*AT_WORK, JobState.REFUSED)


def read_status(engine: Engine, now: datetime | None = None) -> FleetStatus:
    """Return how the fleet stands; `now`: the database's clock where None is given.

    Raises StateDown where the database doesn't answer.
    """
    try:
        with engine.connect() as connection:
            now = now or connection.execute(select(CLOCK)).scalar_one()
            return FleetStatus(_shops(connection, now), _workers(connection), _waiting(connection))
    except SQLAlchemyError as error:
        raise refused(error) from None


def _shops(connection: Connection, now: datetime) -> Sequence[ShopStatus]:
    found = connection.execute(_SHOPS).all()
    settings: dict[str, Mapping[str, Any]] = {row.shop: json.loads(row.settings) for row in found}
    profiles = {name: remembered_as(name, known) for name, known in settings.items()}
    spent, jobs, failing = spent_by_application(connection, now), _jobs(connection), _failing(connection)
    runs = last_runs(connection, list(profiles.values()))
    shops = []
    for row in found:
        authorized, _, may_write = _terms(row.authorization).standing(now)
        app_key, most = str(settings[row.shop].get("app_key", "")), settings[row.shop].get("calls_per_day")
        quota = (app_key, spent.get(app_key, 0), most)
        lists = (jobs.get(row.shop, {}), runs.get(profiles[row.shop]), failing.get(row.shop, ()))
        shops.append(ShopStatus(row.shop, authorized, may_write, *quota, *lists))
    return shops


_SHOPS = select(FLEET_SHOPS.c.shop, FLEET_SHOPS.c.settings, FLEET_SHOPS.c.authorization).order_by(FLEET_SHOPS.c.shop)


def last_runs(connection: Connection, profiles: Sequence[str]) -> Mapping[str, LastRun]:
    """Return the newest run of each profile: one look into an index for each, and not at all of their runs."""
    asked = func.unnest(literal(list(profiles), ARRAY(Text))).table_valued("profile").render_derived("asked")
    newest = (
        select(RUNS).where(RUNS.c.profile == asked.c.profile).order_by(RUNS.c.id.desc()).limit(1).lateral("newest")
    )
    held = LEASES.c.profile.is_not(None).label("at_work")
    its_lease = and_(LEASES.c.profile == asked.c.profile, LEASES.c.until > CLOCK)
    each = asked.join(newest, true()).outerjoin(LEASES, its_lease)
    return {row.profile: _run(row) for row in connection.execute(select(newest, held).select_from(each))}


def _run(row: Row[Any]) -> LastRun:
    results = results_from(row.results) if row.results else {}
    return LastRun(row.id, row.started_at, row.finished_at, results, row.by or "", row.at_work)


class RunTotals(NamedTuple):
    """The finished runs of a shop."""

    shop: str
    runs: int
    troubled: int
    """Those with rows that failed, or whose result isn't known."""
    rows: Mapping[str, int]
    """Their rows by result."""


def run_totals(connection: Connection) -> Sequence[RunTotals]:
    """Count the finished runs of each shop, and their rows, by what is kept beside each run."""
    profiles = {remembered_as(row.shop, json.loads(row.settings)): row.shop for row in connection.execute(_SHOPS)}
    known = {"profiles": list(profiles)}
    runs = {row.profile: row for row in connection.execute(_RUNS, known)}
    rows: dict[str, dict[str, int]] = {}
    for row in connection.execute(_ROWS, known):
        rows.setdefault(row.profile, {})[row.result] = row.n
    counts = {profile: (runs[profile].runs, runs[profile].troubled) for profile in runs}
    return [RunTotals(shop, *counts.get(one, (0, 0)), rows.get(one, {})) for one, shop in profiles.items()]


_RUNS = text("""
SELECT profile, count(*) AS runs, count(*) FILTER (WHERE results ?| array['failed', 'unknown']) AS troubled
FROM runs WHERE finished_at IS NOT NULL AND profile = ANY(:profiles) GROUP BY profile
""")
_ROWS = text("""
SELECT profile, key AS result, cast(sum(cast(value AS bigint)) AS bigint) AS n FROM runs, jsonb_each_text(results)
WHERE finished_at IS NOT NULL AND profile = ANY(:profiles) GROUP BY profile, key
""")


def _terms(document: str | None) -> AuthorizationTerms:
    return TERMS_JSON.validate_json(document) if document else AuthorizationTerms()


def _jobs(connection: Connection) -> Mapping[str, Mapping[JobState, int]]:
    counted = select(JOBS.c.shop, JOBS.c.state, func.count().label("n")).where(JOBS.c.state.in_(_COUNTED))
    found: dict[str, dict[JobState, int]] = {}
    for row in connection.execute(counted.group_by(JOBS.c.shop, JOBS.c.state)):
        found.setdefault(row.shop, {})[JobState(row.state)] = row.n
    return found


def _failing(connection: Connection) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    wanted = select(SCHEDULES.c.shop, SCHEDULES.c.kind).where(SCHEDULES.c.trouble.is_not(None))
    for row in connection.execute(wanted.order_by(SCHEDULES.c.kind)):
        found.setdefault(row.shop, []).append(row.kind)
    return found


def _workers(connection: Connection) -> Sequence[WorkerStatus]:
    quiet = (CLOCK - WORKERS.c.seen_at).label("quiet")
    found = connection.execute(select(WORKERS, quiet).order_by(WORKERS.c.since, WORKERS.c.id)).all()
    return [_worker(row, max(timedelta(), row.quiet)) for row in found]


def _worker(row: Row[Any], quiet: timedelta) -> WorkerStatus:
    known = (row.id, row.host, row.pid, row.version, row.concurrency, row.since)
    return WorkerStatus(*known, quiet, quiet < DEAD_AFTER)


def _waiting(connection: Connection) -> Sequence[WaitingPlan]:
    settings = select(FLEET_SHOPS.c.settings).where(FLEET_SHOPS.c.shop == JOBS.c.shop).scalar_subquery()
    decided = select(func.max(PLAN_DECISIONS.c.id)).where(PLAN_DECISIONS.c.job == JOBS.c.id).scalar_subquery()
    known = (JOBS.c.shop, JOBS.c.document, settings.label("settings"), decided.label("decided"))
    waits = select(*known).where(JOBS.c.state == JobState.WAITING, JOBS.c.shop.in_(select(FLEET_SHOPS.c.shop)))
    return [_plan(row) for row in connection.execute(waits.order_by(JOBS.c.at, JOBS.c.id).limit(PAGE))]


def _plan(row: Any) -> WaitingPlan:
    approval = json.loads(row.settings).get("approval", "any")
    return WaitingPlan(row.shop, _JOB.validate_json(row.document), approval, row.decided or 0)
