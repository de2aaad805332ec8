"""Tests in which a process dies, but never the disk: nobody waits for it, nor for the making of each new state."""

from __future__ import annotations

import os
import sqlite3
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from sqlalchemy import Engine, create_engine

from sync.state import engine, state_file
from sync.state.store import Store


@pytest.fixture(autouse=True)
def no_syncing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let commits and file writes return before they are on the disk; a new state's file is a copy of a ready one."""
    durable, ready = engine._durable, _ready_state()

    def in_a_hurry(connection: sqlite3.Connection, record: object) -> None:
        durable(connection, record)
        connection.execute("PRAGMA synchronous=OFF").close()

    monkeypatch.setattr(engine, "_durable", in_a_hurry)
    monkeypatch.setattr(os, "fsync", lambda _: None)
    monkeypatch.setattr(state_file, "_blank", lambda _: ready)
    monkeypatch.setattr(engine, "create_engine", _create_alike)


@cache
def _ready_state() -> bytes:
    """The file of a state that holds nothing yet; `tests/state` has each made anew."""
    with TemporaryDirectory() as folder:
        place = Path(folder) / "state.db"
        Store(str(place), "default").close()
        return place.read_bytes()


@cache
def _first_of_its_kind(database: str) -> Engine:
    made = create_engine(f"{database}://")
    made.connect().close()
    return made


def _create_alike(url: object, **options: object) -> Engine:
    """Make an engine that knows the statements that others compiled: a process has one, and a test many."""
    made: Engine = create_engine(url, **options)  # type: ignore[call-overload]
    if made.dialect.name == "sqlite":
        known = _first_of_its_kind("sqlite")
        made.dialect, made._compiled_cache = known.dialect, known._compiled_cache
    return made
