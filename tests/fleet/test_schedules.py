"""When what is done again and again is due."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from sync.errors import Refusal
from sync.fleet.schedules import parsed, schedule
from sync.state.fleet_tables import SCHEDULES

NOW = datetime(2026, 11, 30, 12, 1, 30, tzinfo=UTC)
"""A Monday, 20:01:30 in China."""


@pytest.mark.parametrize(
    ("every", "due"),
    [
        ("0 8 * * 1", datetime(2026, 12, 7, 0, 0, tzinfo=UTC)),
        ("30 20 * * *", datetime(2026, 11, 30, 12, 30, tzinfo=UTC)),
        ("*/5 * * * *", datetime(2026, 11, 30, 12, 5, tzinfo=UTC)),
    ],
)
def test_a_cron_line_is_by_the_shops_clock(every: str, due: datetime) -> None:
    assert parsed(every).after(NOW, "any") == due


def test_a_period_has_a_moment_of_its_own_for_each_shop() -> None:
    every = parsed("5m")
    due = {f"shop {n}": every.after(NOW, f"shop {n}") for n in range(5_000)}
    assert all(timedelta() < at - NOW <= timedelta(minutes=5) for at in due.values())
    assert all(every.after(at, shop) == at + timedelta(minutes=5) for shop, at in due.items())
    minutes = Counter((at - NOW) // timedelta(minutes=1) for at in due.values())
    assert all(900 < count < 1100 for count in minutes.values()), minutes


@pytest.mark.parametrize("every", ["", "5", "0m", "5s", "m", "99999d", "* * * *", "61 * * * *", "@daily"])
def test_what_is_no_time_is_refused_in_words(every: str) -> None:
    with pytest.raises(Refusal, match="every"):
        parsed(every)


@pytest.mark.parametrize("every", ["0 0 30 2 *", "0 8 31 4,6 *"])
def test_a_day_that_never_comes_is_told_as_such(every: str) -> None:
    with pytest.raises(Refusal) as refused:
        parsed(every)
    assert refused.value.message.code == "fleet.every.never"


def test_a_schedule_is_changed_and_ended(engine: Engine) -> None:
    def kept() -> list[tuple[str, str]]:
        with engine.connect() as connection:
            return [(row.kind, row.every) for row in connection.execute(select(SCHEDULES).order_by(SCHEDULES.c.kind))]

    with engine.begin() as connection:
        schedule(connection, "a", "watch", "5m", NOW)
        schedule(connection, "a", "plan", "0 8 * * 1", NOW)
        schedule(connection, "a", "watch", "10m", NOW)
    assert kept() == [("plan", "0 8 * * 1"), ("watch", "10m")]
    with engine.begin() as connection:
        schedule(connection, "a", "watch", None, NOW)
        with pytest.raises(Refusal, match="kind"):
            schedule(connection, "a", "pull", "5m", NOW)
    assert kept() == [("plan", "0 8 * * 1")]
