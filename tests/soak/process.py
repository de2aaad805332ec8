"""The process that the plug is pulled on: its state, its clock, its line to the shop."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from uuid import uuid4

import psycopg
from sqlalchemy import event

from sync import Shop
from sync.apply.executor import Clock
from sync.config import of_settings
from sync.gateway.open_item import OpenItems
from sync.item import SHOP_TIME
from sync.service.context import Context
from sync.service.sheet_port import SheetSource
from sync.state.store import Store
from tests.cli.kills import Killed
from tests.commits import before_each_commit
from tests.soak.history_shop import HistoryShop
from tests.soak.in_process import CREDENTIALS, GATEWAY, PlatformAdapter, client

START = datetime(2026, 11, 21, 9, 30, tzinfo=SHOP_TIME)
TIMEOUT = 0.2
"""Seconds."""
SETTINGS = {
    "gateway": GATEWAY,
    "app_key": CREDENTIALS.app_key,
    "session": "SESSION",
    "timeout": TIMEOUT,
    "settle": TIMEOUT,
    "connections": 1,
}


def _in_a_hurry(connection: sqlite3.Connection, _: object) -> None:
    """Here only the process dies, never the disk: nobody has to wait for that."""
    connection.execute("PRAGMA synchronous=OFF").close()


def _schema(server: str) -> str:
    name = f"soak_{uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}".encode())
    return f"{server}&options=-csearch_path%3D{name}"


class KillableProcess:
    """A process that may die at any moment, with its state, its clock and its line to the shop."""

    def __init__(self, batch_size: int, place: str | None = None) -> None:
        """`batch_size`: calls in one request; with 1 the process can be killed between any two.

        `place`: a PostgreSQL server, on which the process has a schema of its own; None: its state is a file.
        """
        self._place = place and _schema(place)
        self._folder = tempfile.TemporaryDirectory(prefix="soak-")
        self.now = START
        self._passed = 0.0
        self.shop = HistoryShop(clock=lambda: self.now)
        self.adapter = PlatformAdapter(self.shop, lambda: self.now, self.point)
        self.lives: int | None = None
        """Points that the process still passes before it dies; None: it lives."""
        self.dies_at: str | None = None
        """The name of the point at which it dies, whatever comes before."""
        self.late_pauses = 0
        """How many times a run waits for lost calls before they take effect."""
        self._profile = of_settings(None, SETTINGS)
        self._batch_size = batch_size
        self._pauses = 0
        self.store = self._open()
        self._saved = Path(self._folder.name) / "PLAN.json"

    def close(self) -> None:
        """Let go of everything."""
        self.store.close()
        self.shop.close()
        self._folder.cleanup()

    def _open(self) -> Store:
        store = Store(self._place or str(Path(self._folder.name) / "state.db"), "default")
        if self._place is None:
            store.engine.dispose()
            event.listen(store.engine, "connect", _in_a_hurry)
        before_each_commit(store.engine, self._commits)
        return store

    def _commits(self, said: str) -> None:
        # A dead process takes no lease and lets go of none: its end is waited for elsewhere.
        if "leases" not in said:
            self.point("commit")

    def point(self, name: str) -> None:
        """A moment at which the process could die; raises Killed if it does."""
        if name == self.dies_at:
            self.dies_at = None
            raise Killed(name)
        if self.lives is None:
            return
        self.lives -= 1
        if self.lives < 0:
            raise Killed(name)

    @contextmanager
    def process(self) -> Iterator[Shop]:
        """What runs inside may be killed; the next one starts afresh, and later."""
        self.pause(1)
        self._pauses = 0
        try:
            yield self.tool()
        except Killed:
            self.store.close()
            self.lives = None
            self.store = self._open()

    def tool(self) -> Shop:
        """The program as it has just been started."""
        context = Context(sheets=self.sheet, clock_until=lambda _: self._clock, connect=lambda _: self._channel())
        context.profile, context.store = self._profile, self.store
        return Shop(context)

    def sheet(self, file: str) -> SheetSource:
        """The sheet that state knows as `file`."""
        raise NotImplementedError

    def pause(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        self._passed += seconds

    def _wait(self, seconds: float) -> None:
        """The run waits for lost calls to have passed."""
        self.pause(seconds)
        self._pauses += 1
        if self._pauses > self.late_pauses:
            self.adapter.late.let_happen(self.shop.who)

    @property
    def _clock(self) -> Clock:
        # Exact to the last bit, where a moment has microseconds: nobody waits for less than one for ever.
        return Clock(lambda: self.now, self._wait, lambda: self._passed)

    def _channel(self) -> OpenItems:
        return OpenItems(client(self.adapter, lambda: self.now, self.pause, self._batch_size), connections=1)
