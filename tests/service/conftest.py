"""The library as a program uses it, against the same platform as the command line's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync import Shop
from tests.cli.conftest import first_sync, folder, no_waiting, platform, sandbox, sheet, synced
from tests.disk import no_syncing

__all__ = ["first_sync", "folder", "no_syncing", "no_waiting", "platform", "sandbox", "sheet", "synced"]


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop.open() as opened:
        yield opened
