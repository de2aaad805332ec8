"""A platform and a program on one clock, which only rests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.small_shop import CODES, HEADERS, Line, goods, line
from tests.cli.watch.event_clock import EventClock, RecordingShop
from tests.sheet.workbooks import write_items

HOURS = """
[[profiles.default.rules]]
name = "打烊"
kind = "daily"
on = "08:00"
off = "23:00"
"""

Rules = Callable[[str], object]
"""Write the profile's rules: `rules(HOURS)`."""


def write(sheet: Path, *lines: Line) -> Path:
    """Write the staff's sheet anew; it has the columns of a schedule."""
    return write_items(sheet, *map(dict, lines), headers=(*HEADERS, "上架时间", "下架时间"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> EventClock:
    clock = EventClock()
    clock.begin(monkeypatch)
    return clock


@pytest.fixture
def shop(clock: EventClock) -> RecordingShop:
    shop = RecordingShop(clock=clock.now)
    shop.load(map(goods, CODES))
    return shop


@pytest.fixture
def sandbox(clock: EventClock, shop: RecordingShop) -> Iterator[Sandbox]:
    with Sandbox(shop, clock=clock.now) as sandbox:
        yield sandbox


@pytest.fixture
def rules(folder: Path) -> Rules:
    return partial((folder / "itemsync.toml").write_text, encoding="utf-8")


@pytest.fixture
def sheet(folder: Path) -> Path:
    """A sheet that nobody ever applied."""
    return write(folder / "weekly.xlsx", *(line(code, 目标状态="上架") for code in CODES))
