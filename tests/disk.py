"""Tests in which a process dies, but never the disk: nobody waits for it."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator

import pytest

from sync.state import engine


@pytest.fixture(autouse=True, scope="session")
def no_syncing() -> Iterator[None]:
    """Let commits and file writes return before they are on the disk."""
    durable = engine._durable

    def in_a_hurry(connection: sqlite3.Connection, record: object) -> None:
        durable(connection, record)
        connection.execute("PRAGMA synchronous=OFF").close()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "_durable", in_a_hurry)
        patch.setattr(os, "fsync", lambda _: None)
        yield
