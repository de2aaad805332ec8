"""A day of many shops on a fake clock: no tick is late by more than its period, and weekly plans wait for them."""

from __future__ import annotations

from random import Random
from statistics import quantiles

import pytest

from tests.fleet.day import DAY, HEADER, TICK, Day, day_of


def p99(day: Day) -> float:
    return quantiles(day.late, n=100)[98]


@pytest.mark.parametrize(
    ("shops", "hands"), [(50, 1), pytest.param(5_000, 64, marks=pytest.mark.soak, id="5,000 shops")]
)
def test_ticks_come_within_their_period_and_all_weekly_runs_end(shops: int, hands: int) -> None:
    day = day_of(shops, hands, Random(shops))
    print(f"\n{HEADER}\n{day.line()}")
    assert TICK.period is not None
    assert p99(day) <= TICK.period.total_seconds()
    assert len(day.late) + day.merged >= shops * (DAY // TICK.period.total_seconds() - 1)
    assert day.ended == shops
