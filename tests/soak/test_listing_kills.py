"""The shop channel in a real process that is killed; then `resume`, a person's answers, and `apply` once more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest

from sync.apply.answers import open_questions
from sync.cli import run
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from sync.service.context import Context
from sync.state.store import Store
from tests.cli.small_shop import write
from tests.clocks import SkippingClock
from tests.soak.dying import MARK, NEVER
from tests.soak.shop_week import ROOT, variables

ON, OFF = "上架", "下架"
APPROVED = {ON: "onsale", OFF: "instock"}
ONE_OF_EACH_KIND = ("after stock 1", "before status 2")


class KillCase(NamedTuple):
    """What one listing holds, what its row says, and what must stand in the end."""

    num: int
    status: str
    cells: dict[str, object]
    ends: tuple[str, int]


WEEK = {
    "A-1": KillCase(10, ON, {"库存增减": 5, "目标状态": ON}, (ON, 15)),
    "A-2": KillCase(10, ON, {"库存增减": -4, "目标状态": ON}, (ON, 6)),
    "A-3": KillCase(10, OFF, {"库存": 25, "目标状态": ON}, (ON, 25)),
    "A-4": KillCase(10, ON, {"库存": 25, "目标状态": OFF}, (OFF, 25)),
    "A-5": KillCase(10, ON, {"库存": 0, "目标状态": ON}, (OFF, 0)),
    "A-6": KillCase(10, OFF, {"目标状态": ON}, (ON, 10)),
    "A-7": KillCase(10, ON, {"目标状态": OFF}, (OFF, 10)),
    "A-8": KillCase(0, OFF, {"库存增减": 5, "目标状态": ON}, (ON, 5)),
}


class ListingWeek:
    """The shop, the sheet, and commands upon them."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._state = folder / "state.db"
        sandbox.shop = OpenItemShop()
        sandbox.shop.listings.load(
            {"num_iid": n, "outer_id": code, "num": work.num, "approve_status": APPROVED[work.status]}
            for n, (code, work) in enumerate(WEEK.items(), 1)
        )
        empty = {"库存": "", "库存增减": ""}
        sheet = write(
            folder / "shop.xlsx", *({"商家编码": code, **empty, **work.cells} for code, work in WEEK.items())
        )
        self._apply = ("apply", str(sheet), "--yes", "--force", "all")

    def apply_until(self, point: str) -> list[str]:
        """Apply in a process that dies at `point`; return the points that one which lives has passed."""
        command = [sys.executable, "-m", "tests.soak.dying", point, *self._apply]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == (0 if point == NEVER else -9), done.stderr
        return [told.removeprefix(MARK) for told in done.stderr.splitlines() if told.startswith(MARK)]

    def finish(self) -> None:
        """Take the run up, answer what is asked with what is so, apply the rest, and compare."""
        run(["resume"])
        store = Store(str(self._state), "default (shop)")
        asked = open_questions(store)
        store.close()
        for code in asked:
            _, stock = self._stands()[code]
            word = "happened" if stock == WEEK[code].ends[1] else "not"
            assert run(["resume", "--answer", f"{code}={word}"]) == 0
        run(self._apply)
        assert self._stands() == {code: (APPROVED[work.ends[0]], work.ends[1]) for code, work in WEEK.items()}

    def _stands(self) -> dict[str, tuple[object, object]]:
        listings = self._sandbox.shop.listings.documents()
        return {str(one["outer_id"]): (one["approve_status"], one["num"]) for one in listings}


@pytest.fixture(scope="module")
def platform() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@contextmanager
def listing_week(platform: Sandbox, folder: Path) -> Iterator[ListingWeek]:
    """A process that dies between a call and the next leaves none under way, so that nobody waits here for real."""
    # Every call is answered, on a busy machine after a while.
    more = {"ITEMSYNC_CHANNEL": "shop", "ITEMSYNC_TIMEOUT": "60", "ITEMSYNC_CONNECTIONS": "1"}
    clock = SkippingClock().of_runs
    with variables(platform, folder, **more), patch.object(Context, "clock", property(lambda _: clock)):
        yield ListingWeek(folder, platform)


@pytest.mark.parametrize("point", ONE_OF_EACH_KIND)
def test_killed(platform: Sandbox, tmp_path: Path, point: str) -> None:
    with listing_week(platform, tmp_path) as week:
        week.apply_until(point)
        week.finish()


@pytest.mark.soak
def test_killed_at_each_point(platform: Sandbox, tmp_path: Path) -> None:
    with listing_week(platform, tmp_path) as week:
        points = week.apply_until(NEVER)
        week.finish()
    assert len(points) > 40
    for point in points:
        folder = tmp_path / point.replace(" ", "-")
        folder.mkdir()
        with listing_week(platform, folder) as week:
            week.apply_until(point)
            week.finish()
