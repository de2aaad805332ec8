"""Ctrl-C while a gateway drips: the first asks for a clean stop, the second stops within a second."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from urllib.parse import urlsplit

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, moving, row, write

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send to one process")

AT_ONCE = 5.0
"""Seconds: far below the request's time-out, for a machine that has much else to do."""


class Dripping(ThreadingHTTPServer):
    """A way to the sandbox on which the answers to some requests drip, once the sandbox has carried them out."""

    daemon_threads = True

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = sandbox
        self.drips: Callable[[str], bool] = lambda _: False
        """Told a request's body."""
        self.dripping = Event()
        self.over = Event()

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/router/rest"


class _Handler(BaseHTTPRequestHandler):
    server: Dripping
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with closing(HTTPConnection(urlsplit(self.server.behind.origin).netloc, timeout=10)) as origin:
            origin.request("POST", self.path, body, {"Content-Type": self.headers["Content-Type"]})
            answer = origin.getresponse().read()
        if self.server.drips(body.decode()):
            self.server.dripping.set()
            with suppress(OSError):
                while not self.server.over.wait(0.02):
                    self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.close_connection = True
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def way(sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Dripping]:
    with Dripping(sandbox) as server:
        Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        monkeypatch.setenv("ITEMSYNC_GATEWAY", server.gateway)
        yield server
        server.over.set()
        server.shutdown()


def started(*args: object) -> subprocess.Popen[str]:
    """Run a command in a process of its own."""
    command = [sys.executable, "-m", "sync", "--lang", "en", *map(str, args)]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ)


def interrupt(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGINT)


def test_the_second_ctrl_c_stops_a_run_at_once(
    synced: Path, way: Dripping, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(synced, moving("A-1", 6), line("A-2", 价格=25), line("A-3"))
    way.drips = lambda body: "inventory.incr" in body
    with started("apply", synced, "--yes") as process:
        assert process.stderr is not None
        assert way.dripping.wait(30)
        interrupt(process)
        while "Stopping" not in (told := process.stderr.readline()):
            assert told
        began = monotonic()
        interrupt(process)
        assert process.wait(AT_ONCE) == 130
        assert monotonic() - began < AT_ONCE
    monkeypatch.setenv("ITEMSYNC_GATEWAY", sandbox.gateway)
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "0.3")
    # The way there is a gateway of its own.
    assert itemsync("state", "rebind", "--yes").code == 0
    assert itemsync("resume").code == 0
    assert (held(sandbox, "A-1")[INVENTORY], held(sandbox, "A-2")[PRICE]) == (16, 2500)
    assert row(synced, "A-1")["库存增减"] is None


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")], ids=" ".join)
def test_the_first_ctrl_c_stops_a_reading_at_once(synced: Path, way: Dripping, command: tuple[str, ...]) -> None:
    name, *options = command
    way.drips = lambda body: "item.get" in body
    with started(name, synced, *options) as process:
        assert way.dripping.wait(30)
        interrupt(process)
        assert process.wait(AT_ONCE) == 130


def test_without_ctrl_c_the_deadline_ends_it(
    synced: Path, way: Dripping, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "0.3")
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    way.drips = lambda body: "inventory.incr" in body
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 16
