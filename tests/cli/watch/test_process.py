"""The real `watch`, over real HTTP, by the real clock: killed where it hurts, and started again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, goods, item_id
from tests.cli.watch.conftest import Rules
from tests.cli.watch.watch_process import KillingShop, until, watching

LOW = """
[[profiles.default.rules]]
kind = "stock"
off_at = 2
on_at = 5
"""
OFF, ON = ("A-1", Status.INACTIVE), ("A-1", Status.ACTIVE)

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")


@pytest.fixture
def shop() -> KillingShop:
    shop = KillingShop()
    shop.load(map(goods, CODES))
    return shop


@pytest.fixture
def sandbox(shop: KillingShop) -> Iterator[Sandbox]:
    with Sandbox(shop) as sandbox:
        yield sandbox


@pytest.fixture
def hurried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A lost call is looked after as soon as it can't take effect any more, so early on this machine."""
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "1")


@pytest.mark.soak
@pytest.mark.usefixtures("hurried")
def test_killed_twice_as_its_call_was_carried_out_it_loses_none_and_doubles_none(
    sheet: Path, rules: Rules, shop: KillingShop, itemsync: Command
) -> None:
    rules(LOW)
    shop.sell(item_id("A-1"), 8)
    with watching(sheet) as first:
        shop.victim = first
        until(lambda: shop.statuses == [OFF])
    shop.incr(item_id("A-1"), 20)
    with watching(sheet) as second:
        shop.victim = second
        until(lambda: shop.statuses == [OFF, ON])
    shop.sell(item_id("A-1"), 20)
    with watching(sheet) as third:
        told = third.tick()
        assert (told["taken_up"], told["run"], shop.statuses) == (2, 3, [OFF, ON, OFF])
        assert third.tick()["run"] is None
        assert third.stop() == 0
    runs = itemsync("history", "--json").json["runs"]
    assert [(run["run"], run["results"]) for run in runs] == [(number, {"done": 1}) for number in (3, 2, 1)]
    assert all(run["finished_at"] for run in runs)
