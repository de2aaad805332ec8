"""A fleet on an empty database of a real PostgreSQL, with one shop, the florist, at the sandbox."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from sync.fleet.fleet import Fleet
from sync.fleet.keys import Keys
from sync.fleet.workbooks import StoredSheet
from sync.item import SHOP_TIME
from sync.sandbox.server import Sandbox
from tests.cli.conftest import no_waiting, platform, sandbox
from tests.cli.small_shop import Line, write

__all__ = ["fleet", "florist", "keys", "no_waiting", "platform", "sandbox", "stored"]

SHOP = "florist"
BY = "小林"
Stored = Callable[..., StoredSheet]


@pytest.fixture
def keys() -> Keys:
    return Keys([new_key()])


@pytest.fixture
def fleet(postgres: str, keys: Keys) -> Iterator[Fleet]:
    """An empty fleet."""
    with Fleet.open(postgres, keys=keys, lang="zh") as opened:
        yield opened


@pytest.fixture
def florist(fleet: Fleet, sandbox: Sandbox) -> Fleet:
    """A fleet with the florist in it."""
    fleet.add(SHOP, settings_of(sandbox), BY)
    return fleet


@pytest.fixture
def stored(fleet: Fleet, tmp_path: Path) -> Stored:
    """Puts a sheet with some lines into the database."""

    def put(*lines: Line, name: str = "周表.xlsx") -> StoredSheet:
        kept = fleet.workbooks(SHOP)
        return kept.sheet(kept.keep(name, write(tmp_path / "made.xlsx", *lines).read_bytes()), name)

    return put


def new_key() -> str:
    return Fernet.generate_key().decode()


def settings_of(sandbox: Sandbox, **more: object) -> Mapping[str, object]:
    """What FILE.toml says of the florist."""
    return {
        "gateway": sandbox.gateway,
        "app_key": sandbox.app_key,
        "app_secret": sandbox.app_secret,
        "session": sandbox.session,
        "settle": 0,
        **more,
    }


def closed_now() -> dict[str, str]:
    """A rule by which the shop is closed for the next hours."""
    opens = datetime.now(SHOP_TIME) + timedelta(hours=10)
    return {"name": "打烊", "kind": "daily", "on": f"{opens:%H}:00", "off": f"{opens + timedelta(hours=2):%H}:00"}


def downloaded(fleet: Fleet, sheet: StoredSheet, folder: Path) -> Path:
    """The workbook as the database has it, as a file."""
    book = fleet.workbooks(SHOP).with_results(sheet.id)
    file = folder / book.name
    file.write_bytes(book.content)
    return file
