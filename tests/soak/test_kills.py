"""A real process is killed at each write of its journal, each call, each step of the write-back; then `resume`."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from time import monotonic, sleep

import pytest

from sync.sandbox.server import Sandbox
from tests.soak.dying import NEVER
from tests.soak.shop_week import ShopWeek, variables

TIMES = {
    "begin": 1,
    "commit": 10,
    "reading": 1,
    "generate": 2,
    "publish": 2,
    "modify": 2,
    "status": 3,
    "stock": 6,
    "look": 7,
    "finish": 1,
    "replacement": 4,
    "confirmation": 1,
}
"""Every moment of the run, and how often it comes; a test keeps this table true."""
POINTS = [
    f"{when} {name} {n}" for name, times in TIMES.items() for n in range(1, times + 1) for when in ("before", "after")
]
ONE_OF_EACH_KIND = ("after commit 2", "before publish 1", "after stock 2", "before replacement 2")


@pytest.fixture(scope="module")
def platform() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def week(platform: Sandbox, tmp_path: Path) -> Iterator[ShopWeek]:
    with variables(platform, tmp_path, ITEMSYNC_TIMEOUT="0.5", ITEMSYNC_CONNECTIONS="1"):
        yield ShopWeek(tmp_path, platform)


@pytest.fixture
def shared_week(platform: Sandbox, tmp_path: Path, postgres: str) -> Iterator[ShopWeek]:
    """The same with a state in PostgreSQL."""
    wanted = {"ITEMSYNC_TIMEOUT": "0.5", "ITEMSYNC_CONNECTIONS": "1", "ITEMSYNC_STATE": postgres}
    with variables(platform, tmp_path, **wanted):
        yield ShopWeek(tmp_path, platform)


def _killed_at(week: ShopWeek, point: str) -> None:
    with week.process(point) as process:
        assert process.wait() == -9, point
    week.resume()
    week.finish()


@pytest.mark.one_in(2)
@pytest.mark.parametrize("point", ONE_OF_EACH_KIND)
def test_killed(week: ShopWeek, point: str) -> None:
    _killed_at(week, point)


@pytest.mark.soak
def test_the_points_are_all_there_are(week: ShopWeek) -> None:
    passed = Counter(point.split()[1] for point in week.points() if point.startswith("before"))
    assert passed == TIMES
    week.resume()
    week.finish()


@pytest.mark.soak
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_point(week: ShopWeek, point: str) -> None:
    _killed_at(week, point)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_killed_at_a_random_moment(week: ShopWeek, seed: int) -> None:
    _killed_at_random(week, seed)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(200))
def test_killed_at_a_random_moment_with_a_shared_state(shared_week: ShopWeek, seed: int) -> None:
    _killed_at_random(shared_week, seed)


def _killed_at_random(week: ShopWeek, seed: int) -> None:
    dice = Random(seed)
    with week.process(NEVER) as process:
        _kill_in_the_midst(week, process, dice)
    if dice.random() < 0.5:
        with week.process(NEVER, "resume") as process:
            _kill_in_the_midst(week, process, dice)
    week.resume()
    week.finish()


def _kill_in_the_midst(week: ShopWeek, process: subprocess.Popen[str], dice: Random) -> None:
    """The time that a process takes to start up is no time of interest."""
    met, began = week.sandbox.calls.total(), monotonic()
    while week.sandbox.calls.total() == met and process.poll() is None and monotonic() - began < 10:
        sleep(0.002)
    sleep(dice.uniform(0, 1.0))
    process.kill()
