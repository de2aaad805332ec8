"""The library as a program uses it, against the same platform as the command line's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Connection, Engine

from sync import Shop
from sync.state.store import Store
from tests.cli.conftest import first_sync, folder, never_synced, no_waiting, platform, sandbox, sheet, synced
from tests.disk import no_syncing

__all__ = [
    "first_sync",
    "folder",
    "never_synced",
    "no_syncing",
    "no_waiting",
    "platform",
    "sandbox",
    "sheet",
    "synced",
]


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    with Shop.open() as opened:
        yield opened


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """A state of either kind, for tests that keep nothing in it."""
    place = str(tmp_path_factory.mktemp("state") / "state.db")
    if request.param == "postgresql":
        server, schema = request.getfixturevalue("postgres_server"), f"test_{uuid4().hex[:12]}"
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(f"CREATE SCHEMA {schema}".encode())
        place = f"{server}&options=-csearch_path%3D{schema}"
    with closing(Store(place, "shop")) as store:
        yield store.engine


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    """A transaction of which nothing stays."""
    with database.connect() as connected:
        yield connected
