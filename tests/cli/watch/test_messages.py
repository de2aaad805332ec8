"""What `watch` tells people of: a guard, a platform that can't be reached, each once and with its end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.sandbox.document import system
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import goods, line
from tests.cli.watch.conftest import HOURS, write
from tests.cli.watch.event_clock import EventClock, RecordingShop
from tests.robot import Robot, robot


@pytest.fixture
def told(folder: Path) -> Iterator[Robot]:
    """The team's robot, which the settings name; and the shop's hours."""
    with robot() as one:
        one.settings(folder, HOURS)
        yield one


def test_a_guard_is_told_once_and_its_end(
    clock: EventClock, told: Robot, folder: Path, shop: RecordingShop, itemsync: Command
) -> None:
    codes = [f"A-{number}" for number in range(1, 8)]
    shop.load(map(goods, codes))
    sheet = write(folder / "many.xlsx", *(line(code, 目标状态="上架") for code in codes))
    clock.last(hours=1)
    itemsync("watch", sheet)
    assert len(told.told) == 1
    assert "takedown" in told.last
    clock.last(minutes=10)
    itemsync("watch", sheet, "--force", "takedown")
    assert [one["message"] for one in told.told[1:]] == ["规则要做的改动不再被拦住了。"]


def test_a_platform_that_stays_away_is_told_once_and_when_it_is_back(
    clock: EventClock, told: Robot, sheet: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    clock.happen(0, "07:30", lambda: sandbox.__exit__(None, None, None))
    clock.happen(0, "12:00", sandbox.__enter__)
    clock.last(hours=13)
    itemsync("watch", sheet, "--every", "10m")
    silent, again = (one["message"] for one in told.told)
    assert "2026-11-23 08:00" in silent
    assert "又连上了" in again


def test_a_short_outage_is_told_to_nobody(
    clock: EventClock, told: Robot, sheet: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    clock.happen(0, "07:55", lambda: sandbox.__exit__(None, None, None))
    clock.happen(0, "08:20", sandbox.__enter__)
    clock.last(hours=10)
    itemsync("watch", sheet, "--every", "10m")
    assert told.told == []


def test_what_somebody_changed_is_told_once_a_day_and_left_alone(
    clock: EventClock, told: Robot, sheet: Path, shop: RecordingShop, itemsync: Command
) -> None:
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    told.told.clear()
    clock.happen(1, "10:00", lambda: shop.load([goods("A-2", price=33.0)]))
    clock.last(hours=60)
    ran = itemsync("watch", sheet, "--every", "1h", "--drift", "--force", "takedown")
    assert [one["message"][:9] for one in told.told if "改" in one["message"]] == ["平台上有 1 个商"]
    assert ran.err.count("没有动它们") == 1
    assert held_price(shop, "A-2") == 33.0


def held_price(shop: RecordingShop, code: str) -> object:
    (found,) = (system(one) for one in shop.documents() if system(one)["outerId"] == code)
    return found["price"]
