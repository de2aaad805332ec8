"""A `watch` that is a process of its own, which is killed and started again as a service would be."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sync.item import Status
from sync.sandbox.shop import utc_now
from tests.cli.small_shop import Json
from tests.cli.watch.event_clock import RecordingShop

PATIENCE = 30.0
"""Seconds."""


class KillingShop(RecordingShop):
    """A shop that can pull the plug of a process at the moment at which it has done what that asked for."""

    def __init__(self) -> None:
        super().__init__(clock=utc_now)
        self.victim: WatchProcess | None = None
        """Dies with the next status call."""

    def set_status(self, item_id: int, status: int) -> None:
        super().set_status(item_id, status)
        if victim := self.victim:
            self.victim = None
            victim.kill()

    @property
    def statuses(self) -> list[tuple[str, Status]]:
        """What was turned, in the order of time."""
        return [(turn.code, turn.status) for turn in self.turns]


class WatchProcess:
    """`itemsync watch SHEET --every 1s --json` at work."""

    def __init__(self, sheet: Path) -> None:
        command = [sys.executable, "-m", "sync", "watch", str(sheet), "--every", "1s", "--json"]
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", stdin=subprocess.DEVNULL
        )

    def tick(self) -> Json:
        """Wait for its next tick."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, self._process.stderr and self._process.stderr.read()
        told: Json = json.loads(line)
        return told

    def kill(self) -> None:
        """Pull the plug."""
        self._process.kill()

    def wait(self) -> int:
        """Wait for its end, and return its exit code."""
        code = self._process.wait(PATIENCE)
        for pipe in (self._process.stdout, self._process.stderr):
            assert pipe is not None
            pipe.close()
        return code

    def stop(self) -> int:
        """End it as a service manager does, and return its exit code."""
        self._process.send_signal(signal.SIGTERM)
        return self.wait()


@contextmanager
def watching(sheet: Path) -> Iterator[WatchProcess]:
    """Let it work; whatever happens, nothing is left behind."""
    process = WatchProcess(sheet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def until(so: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not so():
        assert time.monotonic() < end, "it never came to that"
        time.sleep(0.02)
