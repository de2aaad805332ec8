"""The numbers of a plan: calls, time and quota."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sync.messages import Language
from sync.plan.plan import Plan, RowPlan
from sync.report.figures import Facts, cost, plan_tiles, result_tiles
from tests.report import samples


def plan_of(calls: int) -> Plan:
    """Make a plan of so many calls (a multiple of three)."""
    three: RowPlan = replace(samples.EDIT, calls=samples.EDIT.calls * 3)
    return Plan((three,) * (calls // 3))


def test_a_plans_tiles_count_its_rows() -> None:
    counts = {tile.key: tile.count for tile in plan_tiles(samples.WEEK, "zh")}
    assert counts == {
        "publish": 1,
        "update": 3,
        "delete": 1,
        "none": 2,
        "invalid": 1,
        "blocked": 1,
        "drift": 2,
        "conflict": 1,
    }


def test_a_runs_tiles_count_its_results() -> None:
    counts = {tile.key: tile.count for tile in result_tiles(samples.RESULTS, "zh")}
    assert counts == {
        "done": 2,
        "failed": 1,
        "skipped": 1,
        "unknown": 1,
        "invalid": 1,
        "blocked": 1,
        "none": 2,
    }


@pytest.mark.parametrize(
    ("calls", "facts", "language", "expected"),
    [
        pytest.param(300, Facts(), "en", "API calls: 300.", id="limits unknown"),
        pytest.param(0, Facts(5, 100), "en", "API calls: 0.", id="no calls take no time"),
        pytest.param(3, Facts(calls_per_second=40), "en", "about 1 s.", id="less than a second"),
        pytest.param(300, Facts(calls_per_second=5), "zh", "按每秒 5 次的限额，约需 60 秒。", id="seconds"),
        pytest.param(300, Facts(calls_per_second=2.5), "en", "about 2 min.", id="minutes"),
        pytest.param(300, Facts(calls_per_day=5000), "en", "6.0% of the daily quota (5000)", id="quota"),
        pytest.param(3, Facts(calls_per_day=1_000_000), "en", "<0.1% of the daily quota", id="hardly any quota"),
        pytest.param(300, Facts(calls_per_day=200), "zh", "一天做不完：请用 --only 分批", id="more than a day"),
    ],
)
def test_cost(calls: int, facts: Facts, language: Language, expected: str) -> None:
    assert expected in cost(plan_of(calls), facts, language).words(language)


def test_a_cost_that_is_not_known_is_not_said() -> None:
    assert cost(plan_of(300), Facts(), "zh").words("zh") == "共需调用 300 次。"
