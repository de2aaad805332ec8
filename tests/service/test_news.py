"""What the shop itself has to tell: an authorization that ends, and the week; once, whichever machine sees it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sync.apply.executor import Clock
from sync.gateway.secret_store import Secrets
from sync.gateway.token import Token
from sync.service.context import Context
from sync.service.credentials import secret_store
from sync.service.news import after_run
from sync.state.observations import Seen, observe
from tests.clocks import START, HandClock
from tests.robot import Robot, robot

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def no_waiting() -> None:
    """Each machine has a clock of its own."""


@pytest.fixture
def told() -> Iterator[Robot]:
    with robot() as one:
        yield one


def a_machine(folder: Path, told: Robot, at: datetime, on: str = "authorization") -> Context:
    """A machine with its own view of the shop's state."""
    settings = {
        "gateway": "http://127.0.0.1:9/router/rest",
        "app_key": "12345678",
        "secrets": str(folder / "secrets.json"),
        "lang": "zh",
        "notify": {"urls": [told.url], "on": [on]},
    }
    clock = HandClock(at)
    made = Clock(clock, lambda _: None, lambda: 0.0)
    return Context(state=str(folder / "state.db"), settings=settings, clock_until=lambda _: made)


def authorized(context: Context, until: datetime, refresh_until: datetime | None = None) -> None:
    token = Token("text", START, until, "refresh" if refresh_until else None, refresh_until)
    secret_store(context.profile).write(Secrets("secret", token))


def test_an_authorization_that_ends_is_told_once_and_its_renewal(tmp_path: Path, told: Robot) -> None:
    context = a_machine(tmp_path, told, START)
    authorized(context, START + 10 * DAY)
    after_run(context, [])
    assert told.told == []
    for days in (8, 8.5, 9):
        later = a_machine(tmp_path, told, START + days * DAY)
        after_run(later, [])
        later.close()
    assert [one["message"][:4] for one in told.told] == ["店铺授权"]
    assert "2026-12-01 09:00" in told.last
    authorized(context, START + 40 * DAY)
    after_run(a_machine(tmp_path, told, START + 9.5 * DAY), [])
    assert told.last == "店铺授权已经续上了。"


def test_a_token_that_renews_itself_is_told_of_when_that_ends(tmp_path: Path, told: Robot) -> None:
    context = a_machine(tmp_path, told, START)
    authorized(context, START + DAY, START + 30 * DAY)
    after_run(context, [])
    assert told.told == []


def test_the_week_is_told_once_by_whoever_comes_first(tmp_path: Path, told: Robot) -> None:
    first, second = (a_machine(tmp_path, told, START, "digest") for _ in range(2))
    observe(first.store, [Seen("A-1", 1990, 20, 1), Seen("A-2", 1990, 5, 1)], START - 3 * DAY, "plan")
    after_run(first, [])
    assert told.told == [], "the first week is only noted"
    observe(first.store, [Seen("A-1", 1990, 13, 1)], START + 5 * DAY, "plan")
    for machine in (first, second):
        later = a_machine(tmp_path, told, START + 6 * DAY, "digest")
        after_run(later, [])
        machine.close()
        later.close()
    (digest,) = (one["message"] for one in told.told)
    assert "大概卖出 7 件" in digest
