"""How a fleet stands, read from the tables that workers and pages write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter
from sqlalchemy import Engine, event, insert

from sync.call import Result
from sync.errors import Refusal
from sync.fleet.fleet import Fleet
from sync.fleet.reading import read_status
from sync.gateway.secret_store import Secrets
from sync.gateway.token import Token
from sync.sandbox.server import Sandbox
from sync.service.authorization_terms import TERMS_JSON, AuthorizationTerms
from sync.service.jobs import Job, JobState
from sync.service.paging import PAGE
from sync.state.fleet_tables import FLEET_SHOPS, JOBS, SCHEDULES, WORKERS
from sync.state.run_counts import results_json
from sync.state.tables import LEASES, QUOTA, RUNS
from tests.disk import no_syncing
from tests.fleet.florist import SHOP, fleet, florist, keys, no_waiting, platform, sandbox, settings_of

__all__ = ["fleet", "florist", "keys", "no_syncing", "no_waiting", "platform", "sandbox"]

NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FIXED = TERMS_JSON.dump_json(AuthorizationTerms(fixed=True)).decode()

COPIES = """
CREATE TEMP TABLE more AS SELECT 'shop-' || n AS name FROM generate_series(1, 500) n;
INSERT INTO fleet_shops (shop, settings, secrets, "authorization", "by", at)
  SELECT name, settings, secrets, "authorization", "by", at FROM fleet_shops, more;
INSERT INTO shop_jobs (id, shop, state, at, document, stop)
  SELECT name, name, state, at, document, stop FROM shop_jobs, more;
INSERT INTO runs (profile, id, sheet, started_at, finished_at, watch, "by", results)
  SELECT name, id, sheet, started_at, finished_at, watch, "by", results FROM runs, more;
"""


def put(engine: Engine, table: Any, *rows: dict[str, object]) -> None:
    with engine.begin() as connection:
        connection.execute(insert(table).values(rows))


def shop(name: str, authorization: str | None = FIXED, **settings: object) -> dict[str, object]:
    known = {"app_key": "1", "calls_per_day": 5000, **settings}
    kept = {"settings": json.dumps(known), "secrets": b"-", "authorization": authorization}
    return {"shop": name, "by": "me", "at": NOW, **kept}


def job(name: str, state: JobState, number: int = 1, at: datetime = NOW) -> dict[str, object]:
    id = f"job-{name}-{number}"
    whole = Job(id, "workbook:1", "周表.xlsx", "小林", at, state, counts={"rows": 2, "update": 2, "none": 0})
    document = TypeAdapter(Job).dump_json(whole).decode()
    return {"id": id, "shop": name, "state": state.value, "at": at, "document": document, "stop": False}


def run(profile: str, number: int, finished_at: datetime | None, **results: int) -> dict[str, object]:
    counts = results_json({Result(name): count for name, count in results.items()}) if finished_at else None
    known = {"sheet": "workbook:1", "watch": False, "by": "老王", "results": counts}
    return {"profile": profile, "id": number, "started_at": NOW - HOUR, "finished_at": finished_at, **known}


@contextmanager
def questions(engine: Engine) -> Iterator[Sequence[str]]:
    """Yields what is asked of the database."""
    asked: list[str] = []

    def hear(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", hear)


def test_each_shop_tells_what_is_open_and_what_needs_a_person(engine: Engine) -> None:
    ends = TERMS_JSON.dump_json(AuthorizationTerms(token=Token("", NOW - HOUR, NOW))).decode()
    put(engine, FLEET_SHOPS, shop("猫店"), shop("dogs", ends, app_key="2"), shop("birds", None, channel="shop"))
    states = (JobState.READING, JobState.WAITING, JobState.RUNNING, JobState.REFUSED, JobState.ENDED)
    put(engine, JOBS, *(job("猫店", state, number) for number, state in enumerate(states)))
    put(engine, RUNS, run("猫店", 1, NOW, done=9), run("猫店", 2, NOW, done=3, unknown=1), run("dogs", 1, None))
    put(engine, RUNS, run("birds", 7, NOW, done=1), run("birds (shop)", 1, NOW, none=4))
    put(engine, QUOTA, {"app_key": "1", "name": "", "day": "2026-03-02", "calls": 120})
    put(engine, SCHEDULES, {"shop": "dogs", "kind": "watch", "every": "5m", "next_at": NOW, "trouble": "{}"})
    cats, dogs, birds = sorted(read_status(engine, NOW).shops, key=lambda one: one.name, reverse=True)
    assert [cats.name, dogs.name, birds.name] == ["猫店", "dogs", "birds"]
    assert (cats.open, dogs.open, birds.open) == (3, 0, 0)
    assert [one.code.rpartition(".")[2] for one in cats.needs] == ["approval", "sheet", "unknown"]
    assert [one.code for one in dogs.needs] == ["standing.ended", "fleet.needs.unfinished", "fleet.needs.schedule"]
    assert [one.code for one in birds.needs] == ["standing.none"]
    assert cats.last_run
    assert (cats.last_run.run, cats.last_run.results) == (2, {Result.DONE: 3, Result.UNKNOWN: 1})
    assert dogs.last_run
    assert dogs.last_run.finished_at is None
    assert birds.last_run
    assert birds.last_run.results == {Result.NONE: 4}, "each channel of a shop has runs of its own"
    assert [(one.spent, one.most) for one in (cats, dogs)] == [(120, 5000), (0, 5000)]
    json.dumps(read_status(engine, NOW).document("zh"))


@pytest.mark.parametrize(
    ("held", "state", "needed"),
    [
        (None, None, True),
        (-HOUR, JobState.ENDED, True),
        (HOUR, None, False),
        (None, JobState.RUNNING, False),
        (None, JobState.READING, True),
    ],
    ids=["left", "its lease ended", "at work", "goes on with a job", "another job is read"],
)
def test_an_unfinished_run_that_nobody_goes_on_with_needs_a_person(
    engine: Engine, held: timedelta | None, state: JobState | None, needed: bool
) -> None:
    put(engine, FLEET_SHOPS, shop("cats"))
    put(engine, RUNS, run("cats", 1, NOW), run("cats", 2, None))
    if held:
        until = datetime.now(UTC) + held
        put(engine, LEASES, {"profile": "cats", "fence": 1, "backend": 1, "until": until})
    if state:
        put(engine, JOBS, job("cats", state))
    (cats,) = read_status(engine, NOW).shops
    assert ("fleet.needs.unfinished" in [one.code for one in cats.needs]) is needed


def test_five_hundred_shops_are_no_more_questions_than_one(engine: Engine) -> None:
    put(engine, FLEET_SHOPS, shop("a"))
    with questions(engine) as of_one:
        read_status(engine, NOW)
    put(engine, JOBS, job("a", JobState.WAITING))
    put(engine, RUNS, run("a", 1, NOW, done=5), run("a", 2, NOW, done=5))
    with engine.begin() as connection:
        connection.exec_driver_sql(COPIES, execution_options={"no_parameters": True})
    with questions(engine) as of_many:
        status = read_status(engine, NOW)
    assert len(of_many) == len(of_one) < 10
    assert len(status.shops) == 501
    assert [one.last_run.run for one in status.shops if one.last_run] == [2] * 501
    assert [one.open for one in status.shops] == [1] * 501
    assert len(status.waiting) == PAGE


def test_a_worker_that_was_not_heard_of_is_told_of_as_gone(engine: Engine) -> None:
    now = datetime.now(UTC)
    known = {"host": "a", "pid": 1, "version": "1", "concurrency": 2, "since": now - HOUR}
    put(engine, WORKERS, {"id": "old", "seen_at": now - HOUR / 2, **known}, {"id": "new", "seen_at": now, **known})
    assert {one.id: one.alive for one in read_status(engine, NOW).workers} == {"old": False, "new": True}


def test_how_long_a_shop_is_authorized_is_known_without_a_key(
    florist: Fleet, sandbox: Sandbox, postgres: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def told() -> str:
        with Fleet.open(postgres) as without_key:
            with pytest.raises(Refusal):
                without_key.open_shop(SHOP)
            return without_key.status().shops[0].authorized.code

    monkeypatch.delenv("ITEMSYNC_KEY", raising=False)
    monkeypatch.setattr("sync.fleet.keys.key_file", lambda: tmp_path / "none.key")
    assert told() == "standing.fixed"
    settings = {key: value for key, value in settings_of(sandbox).items() if key != "session"}
    florist.add(SHOP, settings, "me")
    assert told() == "standing.none"
    now = datetime.now(UTC)
    with florist.open_shop(SHOP) as opened:
        opened.context.secrets.write(Secrets(token=Token("t0ken", now, now + HOUR, "refresh")))
    assert told() == "standing.renews"
    florist.add(SHOP, {**settings, "calls_per_day": 7}, "me")
    assert told() == "standing.renews", "other settings leave a login as it is"
    florist.add(SHOP, {**settings, "app_key": "another"}, "me")
    assert told() == "standing.none", "which was of another application"
