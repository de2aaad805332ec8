"""A run that is stopped for a while: others go first, and nobody hears of it until it has really ended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import Shop
from sync.service.stopping import Stop
from tests.cli.small_shop import CODES, results, type_in
from tests.robot import Robot, robot


@pytest.fixture
def told(folder: Path) -> Iterator[Robot]:
    with robot() as one:
        one.settings(folder)
        yield one


def test_a_run_that_goes_on_soon_is_not_told_and_its_sheet_waits(told: Robot, synced: Path) -> None:
    for code in CODES:
        type_in(synced, code, "价格", 21)
    before, stop = synced.read_bytes(), Stop()
    stop.let_go_on()
    with Shop.open() as shop:
        run = shop.apply(shop.plan(synced), stop=stop)
        assert (run.finished, run.delivered, synced.read_bytes() == before, told.told) == (False, False, True, [])
        resumed = shop.resume().run
        assert resumed is not None
        assert (resumed.finished, resumed.delivered, told.told) == (True, True, [])
    assert results(synced) == dict.fromkeys(CODES, "完成")


def test_a_run_that_a_person_stopped_is_told(told: Robot, synced: Path) -> None:
    type_in(synced, "A-1", "价格", 21)
    stop = Stop()
    stop.set()
    with Shop.open() as shop:
        run = shop.apply(shop.plan(synced), stop=stop)
    assert (run.finished, run.delivered) == (False, True)
    assert "没做完" in told.last
