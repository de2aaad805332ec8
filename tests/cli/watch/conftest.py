"""A platform and a program on one clock, which only rests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.scene import CODES, HEADERS, Line, goods, line
from tests.cli.watch.days import Days, Shelf
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
def days(monkeypatch: pytest.MonkeyPatch) -> Days:
    days = Days()
    days.begin(monkeypatch)
    return days


@pytest.fixture
def shelf(days: Days) -> Shelf:
    shelf = Shelf(clock=days.now)
    shelf.load(map(goods, CODES))
    return shelf


@pytest.fixture
def sandbox(days: Days, shelf: Shelf) -> Iterator[Sandbox]:
    with Sandbox(shelf, clock=days.now) as sandbox:
        yield sandbox


@pytest.fixture
def rules(folder: Path) -> Rules:
    return partial((folder / "itemsync.toml").write_text, encoding="utf-8")


@pytest.fixture
def sheet(folder: Path) -> Path:
    """A sheet that nobody ever applied."""
    return write(folder / "weekly.xlsx", *(line(code, 目标状态="上架") for code in CODES))
