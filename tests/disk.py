"""Tests in which a process dies, but never the disk: nobody waits for it."""

from __future__ import annotations

import os
import sqlite3

import pytest

from sync.state import engine


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commits and file writes return before they are on the disk."""
    durable = engine._durable

    def in_a_hurry(connection: sqlite3.Connection, record: object) -> None:
        durable(connection, record)
        connection.execute("PRAGMA synchronous=OFF").close()

    monkeypatch.setattr(engine, "_durable", in_a_hurry)
    monkeypatch.setattr(os, "fsync", lambda _: None)
