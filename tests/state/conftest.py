"""One contract for every database: a test that asks for `place` is run on each of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.state.store import Store


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new state is to be."""
    return request.getfixturevalue("postgres") if request.param == "postgresql" else str(tmp_path / "state.db")


@pytest.fixture
def store(place: str) -> Iterator[Store]:
    opened = Store(place, "shop")
    yield opened
    opened.close()
