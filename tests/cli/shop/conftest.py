"""A platform with ordinary listings, and a sheet that was synced with it once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sync.gateway.shop_item import ShopItems
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli import kills
from tests.cli.conftest import STATE, Command
from tests.cli.shop.small_shop import listing
from tests.cli.small_shop import CODES


@pytest.fixture
def sandbox(platform: Sandbox) -> Sandbox:
    """The platform, with a listing for each of `CODES` and nobody's calls yet."""
    platform.shop, platform.faults = OpenItemShop(), Faults()
    platform.shop.listings.load(map(listing, CODES))
    platform.calls.clear()
    return platform


@pytest.fixture(autouse=True)
def _shop_channel(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "shop")
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "1")
    # What is watched or killed call by call is so in every channel.
    monkeypatch.setattr(kills, "OpenItems", ShopItems)


@pytest.fixture(scope="session")
def synced_once() -> dict[str, bytes]:
    """The files of a first sync, once they were made."""
    return {}


@pytest.fixture
def shop_sheet(folder: Path, itemsync: Command, sandbox: Sandbox, synced_once: dict[str, bytes]) -> Path:
    """The whole shop, pulled and synced for the first time, as run 1."""
    sheet = folder / "shop.xlsx"
    if not synced_once:
        assert itemsync("pull", sheet).code == 0
        assert itemsync("apply", sheet, "--yes").code == 0
        synced_once |= {name: (folder / name).read_bytes() for name in (sheet.name, STATE)}
    for name, content in synced_once.items():
        (folder / name).write_bytes(content)
    with closing(sqlite3.connect(folder / STATE)) as state, state:
        state.execute("UPDATE runs SET sheet = ?", [str(sheet.resolve())])
    sandbox.calls.clear()
    return sheet
