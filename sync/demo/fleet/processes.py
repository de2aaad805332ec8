"""The demo's workers and its page, each a process of its own as on a machine of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sync.errors import Refusal
from sync.messages import say

PATIENCE = 30
"""Seconds until a process that was asked to end is killed."""


class DemoProcess:
    """An `itemsync fleet` command that runs until it is asked to end."""

    def __init__(self, environment: Mapping[str, str], *command: str) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "sync", "fleet", *command, "--json"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._command = command

    @property
    def pid(self) -> int:
        """The process's number."""
        return self._process.pid

    def ready(self) -> Mapping[str, Any]:
        """Wait until it says that it is ready; returns what it says. Raises Refusal where it ended instead."""
        assert self._process.stdout  # noqa: S101
        line = self._process.stdout.readline()
        try:
            said: Mapping[str, Any] = json.loads(line)
        except ValueError:
            raise Refusal(say("demo.fleet.ended.early", command=" ".join(self._command))) from None
        return said

    def kill(self) -> None:
        """End it as a power cut does."""
        self._process.kill()
        self.end()

    def end(self) -> int | None:
        """Ask it to end, and wait; returns how it ended."""
        self._process.terminate()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            return None
        finally:
            if self._process.stdout:
                self._process.stdout.close()


@contextmanager
def process(environment: Mapping[str, str], *command: str) -> Iterator[DemoProcess]:
    """Run a command for as long as the context lasts."""
    started = DemoProcess(environment, *command)
    try:
        yield started
    finally:
        started.end()
