"""The numbers of a plan: calls, time and quota."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from sync.messages import Language
from sync.plan.plan import Plan, RowPlan
from sync.report.figures import Share, cost, plan_tiles, result_tiles, unread
from tests.report import samples

MODIFY = "taobao.open.item.modify"


def plan_of(calls: int) -> Plan:
    """Make a plan of so many calls (a multiple of three)."""
    three: RowPlan = replace(samples.EDIT, calls=samples.EDIT.calls * 3)
    return Plan((three,) * (calls // 3))


def test_a_plans_tiles_count_its_rows() -> None:
    counts = {tile.key: tile.number for tile in plan_tiles(samples.WEEK, "zh")}
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
    counts = {tile.key: tile.number for tile in result_tiles(samples.RESULTS, "zh")}
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
    ("calls", "shares", "language", "expected"),
    [
        pytest.param(300, (), "en", "API calls: 300.", id="limits unknown"),
        pytest.param(0, [Share(0, 5, 100)], "en", "API calls: 0.", id="no calls take no time"),
        pytest.param(3, [Share(3, 40)], "en", "about 1 s.", id="less than a second"),
        pytest.param(300, [Share(300, 5)], "zh", "按每秒 5 次的限额，约需 60 秒。", id="seconds"),
        pytest.param(300, [Share(300, 2.5)], "en", "about 2 min.", id="minutes"),
        pytest.param(
            300,
            [Share(300, 20), Share(60, 1, method=MODIFY)],
            "en",
            f"({MODIFY}) At 1 a second",
            id="a slower method",
        ),
        pytest.param(300, [Share(300, 20), Share(60, 5, method=MODIFY)], "en", "At 20 a second", id="a quicker one"),
        pytest.param(300, [Share(300, a_day=5000)], "en", "these are 6.0%, which leaves 4700.", id="quota"),
        pytest.param(
            300,
            [Share(300, a_day=5000, spent=1200)],
            "zh",
            "今天的额度是 5000 次，已用 1200 次；这次占 6.0%，之后还剩 3500 次。",
            id="quota, some of it used",
        ),
        pytest.param(3, [Share(3, a_day=1_000_000)], "en", "these are <0.1%", id="hardly any quota"),
        pytest.param(300, [Share(300, a_day=300)], "en", "100.0%, which leaves 0.", id="just enough"),
        pytest.param(300, [Share(300, a_day=300, spent=1)], "en", "leaves 299: not enough", id="one too many"),
        pytest.param(300, [Share(300, a_day=100, spent=120)], "zh", "只剩 0 次，今天做不完", id="over already"),
        pytest.param(
            300, [Share(60, a_day=50, method=MODIFY)], "zh", f"（{MODIFY}）今天的额度是 50 次", id="a method's"
        ),
    ],
)
def test_cost(calls: int, shares: Sequence[Share], language: Language, expected: str) -> None:
    assert expected in cost(plan_of(calls), shares).words(language)


def test_a_plan_that_does_not_fit_says_how_it_goes_on() -> None:
    said = cost(plan_of(300), [Share(300, a_day=200)]).words("en")
    assert "go on tomorrow with itemsync resume" in said


def test_a_cost_that_is_not_known_is_not_said() -> None:
    assert cost(plan_of(300), ()).words("zh") == "共需调用 300 次。"
    assert cost(plan_of(300), [Share(300)]).words("zh") == "共需调用 300 次。"


def test_what_was_not_read_is_said_with_what_that_means() -> None:
    assert unread(plan_of(3)) is None
    left_out = unread(Plan((samples.EDIT, replace(samples.EDIT, unread=True), replace(samples.EDIT, unread=True))))
    assert left_out is not None
    assert all(word in left_out.words("zh") for word in ("2 行", "没有读取", "--refresh all"))
