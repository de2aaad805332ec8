"""A minute of the real `watch`: buyers buy and staff restock, while its process is killed at any moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from sync.item import Status
from sync.sandbox import document as doc
from sync.sandbox.server import Sandbox
from tests.cli.conftest import settle_in
from tests.cli.small_shop import CODES, goods, item_id, line
from tests.cli.watch.conftest import write
from tests.cli.watch.test_process import LOW
from tests.cli.watch.watch_process import KillingShop, until, watching
from tests.soak.conftest import STORY

pytestmark = pytest.mark.soak

SECONDS = 60
LIFE = 20.0
"""Seconds that a process lives at most; it takes some of them to begin."""


def units(shop: KillingShop, code: str) -> int:
    return doc.units(shop.get(item_id(code)))


def trade(shop: KillingShop, dice: Random) -> None:
    """Let one item cross a threshold."""
    code = dice.choice(CODES)
    held = units(shop, code)
    if held > 2:
        shop.sell(item_id(code), held - dice.randint(1, 2))
    else:
        shop.incr(item_id(code), dice.randint(5, 20))


def settled(shop: KillingShop) -> bool:
    """Whether every item is as its rule asks: off at two or fewer, on at five or more."""
    now = {code: doc.system(shop.get(item_id(code)))["status"] for code in CODES}
    return all((status == Status.ACTIVE) is (units(shop, code) >= 5) for code, status in now.items())


@pytest.mark.parametrize("seed", range(2))
def test_no_call_is_lost_or_doubled(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    dice, shop = Random(seed), KillingShop()
    shop.load(map(goods, CODES))
    kills, end = 0, time.monotonic() + SECONDS
    with Sandbox(shop) as sandbox:
        settle_in(tmp_path, sandbox, monkeypatch)
        monkeypatch.setenv("ITEMSYNC_TIMEOUT", "2")
        (tmp_path / "itemsync.toml").write_text(LOW, encoding="utf-8")
        sheet = write(tmp_path / "weekly.xlsx", *map(line, CODES))
        while time.monotonic() < end:
            with watching(sheet) as process:
                shop.victim = process if dice.random() < 0.5 else None
                dies_at = time.monotonic() + dice.uniform(1.0, LIFE)
                while time.monotonic() < min(dies_at, end):
                    time.sleep(dice.uniform(0.2, 1.0))
                    # What is traded while the last change still waits for its call was never to be called.
                    if settled(shop):
                        trade(shop, dice)
            kills += 1
        shop.victim = None
        with watching(sheet) as process:
            until(lambda: settled(shop))
            process.tick()
            assert process.stop() == 0
    for code in CODES:
        turns = [status for one, status in shop.statuses if one == code]
        assert turns == [Status(number % 2) for number in range(len(turns))], code
    record_property(STORY, f"watch, seed {seed}: {kills} kills, {len(shop.turns)} calls")
