"""`itemsync web` as a process: it says where it is, and what it does outlives it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from sync.fields import PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import folder, no_waiting, platform, quick, sandbox
from tests.cli.small_shop import CODES, held, line, results, write
from tests.disk import no_syncing
from tests.web.pages import PATIENCE, Visitor, arrived

__all__ = ["folder", "no_syncing", "no_waiting", "platform", "quick", "sandbox"]

pytestmark = [
    pytest.mark.usefixtures("quick"),
    pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals"),
]


@contextmanager
def started(*args: object) -> Iterator[tuple[Visitor, subprocess.Popen[str]]]:
    """Start the page as a script does, and open it."""
    with process(*args) as (url, server):
        visitor = arrived(url)
        yield visitor, server
        visitor.session.close()


@contextmanager
def process(*args: object) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Start the page as a script does; yields the address that it prints, which works once."""
    command = [sys.executable, "-m", "sync", "web", *map(str, args), "--json", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout is not None
            yield json.loads(server.stdout.readline())["url"], server
        finally:
            server.kill()
            server.communicate()


@pytest.mark.soak
def test_a_server_that_is_killed_in_mid_run_loses_nothing(folder: Path, sandbox: Sandbox) -> None:
    sheet = write(folder / "weekly.xlsx", *(line(code, 价格=21) for code in CODES))
    sandbox.faults = Faults("slow-after@modify:1,delay=60")
    with started(sheet) as (visitor, server):
        preview = visitor.settled(visitor.post("/sheets/here"))
        visitor.until(visitor.post(preview.url + "/approve"), lambda now: now.has("progress"))
        server.kill()
        server.wait(PATIENCE)
    sandbox.faults = Faults()
    with started(sheet) as (visitor, server):
        start = visitor.get("/")
        assert start.has("resume")
        job = visitor.get("/jobs/" + preview.url.rpartition("/")[2])
        assert job.url.endswith("/runs/1"), "what was approved is that run, and isn't approved again"
        done = visitor.until(visitor.post("/resume"), lambda now: now.has("download") and not now.has("resume"))
        assert done.count("done") == 3
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2100] * 3
    assert set(results(sheet).values()) == {"完成"}


def test_an_open_stream_doesnt_hold_the_end_back(folder: Path, sandbox: Sandbox) -> None:
    sheet = write(folder / "weekly.xlsx", *(line(code, 价格=21) for code in CODES))
    sandbox.faults = Faults("slow-before@1,delay=60")
    with started(sheet) as (visitor, server):
        shown = visitor.post("/sheets/here")
        streams = [visitor.session.get(shown.url + "/events", stream=True, timeout=PATIENCE) for _ in range(4)]
        assert [one.status_code for one in streams] == [200, 200, 200, 204], "one browser leaves room for its pages"
        assert next(streams[0].iter_lines()) == b"event: progress"
        server.send_signal(signal.SIGINT)
        assert server.wait(PATIENCE) == 0


def test_what_strangers_send_leaves_no_line_at_the_terminal(folder: Path, sandbox: Sandbox) -> None:
    with started() as (visitor, server):
        host = visitor.url.removeprefix("http://")
        cookie = "; ".join(f"{one.name}={one.value}" for one in visitor.session.cookies)
        left = f"POST /sheets HTTP/1.1\r\nHost: {host}\r\nOrigin: {visitor.url}\r\nCookie: {cookie}\r\n" + UPLOAD
        for sent in (left, "BOGUS\r\n\r\n", "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", int(host.partition(":")[2]))) as stranger:
                stranger.sendall(sent.encode())
        assert visitor.get("/").status == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
        assert server.stderr is not None
        assert server.stderr.read() == ""


UPLOAD = (
    "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 1000\r\n\r\n"
    '--x\r\nContent-Disposition: form-data; name="sheet"; filename="a.xlsx"\r\n\r\nabc'
)
"""An upload that a browser leaves half-way."""


def test_a_defect_is_told_in_a_line_and_the_page_goes_on(folder: Path, sandbox: Sandbox) -> None:
    with started() as (visitor, server):
        preview = visitor.upload(write(folder / "mine.xlsx", line("A-1", 价格=21)))
        (file,) = folder.glob("state.db-jobs/*/jobs.db")
        with closing(sqlite3.connect(file)) as kept, kept:
            kept.execute("UPDATE plan_rows SET plan = '{'")
        broken = visitor.get(preview.url)
        assert (broken.status, "程序出了错" in broken.alert) == (500, True)
        assert visitor.get("/").status == 200
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE) == 0
        assert server.stderr is not None
        told = server.stderr.read()
    assert "ValidationError" in told
    assert "Traceback" not in told


def test_where_there_is_no_terminal_the_page_is_ended_at_the_page(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROWSER", "true")
    with started("--browser") as (visitor, server):
        assert visitor.get("/").has("quit")
        assert "关闭了" in visitor.post("/quit").html
        assert server.wait(PATIENCE) == 0
    with started() as (visitor, _):
        assert not visitor.get("/").has("quit")
        assert visitor.post("/quit").status == 404
