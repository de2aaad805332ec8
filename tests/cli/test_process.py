"""`python -m sync` as a process of its own: what a script sees of it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sync import __version__
from sync.demo.workbook import write_last_week
from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, type_in

PATIENCE = 60
"""Seconds."""


def process(*args: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with nobody there to be asked."""
    return subprocess.run(
        [sys.executable, "-m", "sync", *map(str, args)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, **(environment or {})},
        timeout=PATIENCE,
        check=False,
    )


def test_it_is_the_same_command(synced: Path, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    ran = process("apply", synced, "--yes", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["rows"][0]["result"] == "done"
    assert held(sandbox, "A-1")[PRICE] == 2500


def test_help_and_version_need_nothing(itemsync: Command, folder: Path) -> None:
    assert itemsync("--version").out == f"itemsync {__version__}\n"
    ran = itemsync("apply", "--help")
    assert (ran.code, ran.err) == (0, "")
    for option in ("--yes", "--force", "--allow-delete", "--only", "--on-conflict", "--rekey", "--republish"):
        assert option in ran.out
    assert not list(folder.iterdir())


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_sandbox_prints_one_line_and_is_a_gateway_until_it_is_told_to_stop(folder: Path) -> None:
    command = [sys.executable, "-m", "sync", "sandbox", "--seed", "samples", "--data", "shop.db", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as server:
        try:
            assert server.stdout is not None
            facts = json.loads(server.stdout.readline())
            assert facts.keys() == {"gateway", "app_key", "app_secret", "session"}
            assert facts["gateway"].endswith("/router/rest")
            write_last_week(folder / "last-week.xlsx")
            variables = {f"ITEMSYNC_{name.upper()}": value for name, value in facts.items()}
            planned = process("plan", "last-week.xlsx", "--json", environment=variables)
            assert json.loads(planned.stdout)["summary"]["none"] == 60
            server.send_signal(signal.SIGTERM)
            out, err = server.communicate(timeout=PATIENCE)
        finally:
            server.kill()
    assert (server.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("given", "code"),
    [("--seed=nowhere.json", "cli.seed"), ("--seed=list.json", "cli.seed"), ("--port=TAKEN", "cli.port")],
    ids=["no file", "no items", "a port that is taken"],
)
def test_a_sandbox_that_cannot_be(folder: Path, itemsync: Command, sandbox: Sandbox, given: str, code: str) -> None:
    (folder / "list.json").write_text("[1, 2]")
    taken = urlsplit(sandbox.gateway).port
    ran = itemsync("sandbox", given.replace("TAKEN", str(taken)), "--json")
    assert (ran.code, ran.error) == (2, code)


TO_PASTE = {
    "bash, zsh": "export ITEMSYNC_{name}={value}",
    "cmd": "set ITEMSYNC_{name}={value}",
    "PowerShell": '$env:ITEMSYNC_{name} = "{value}"',
}


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> int:
    """A free port, from now on the usual one: that of this machine may be taken by anybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        free = int(listener.getsockname()[1])
    monkeypatch.setattr("sync.cli.sandboxes.PORT", free)
    monkeypatch.setattr("sync.sandbox.server.Sandbox.wait", lambda _, ready: ready())
    return free


@pytest.mark.parametrize("shell", TO_PASTE)
def test_a_sandbox_says_what_to_paste(itemsync: Command, port: int, shell: str) -> None:
    facts = {
        "GATEWAY": f"http://127.0.0.1:{port}/router/rest",
        "APP_KEY": Sandbox.app_key,
        "APP_SECRET": Sandbox.app_secret,
        "SESSION": Sandbox.session,
    }
    ran = itemsync("sandbox")
    lines = ran.out.splitlines()
    begins = next(number for number, text in enumerate(lines) if shell in text) + 1
    assert lines[begins : begins + 4] == [TO_PASTE[shell].format(name=name, value=facts[name]) for name in facts]
    assert ran.code == 0 and str(port) not in ran.err


def test_where_its_port_is_taken_the_sandbox_takes_the_next_and_says_so(itemsync: Command, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        ran = itemsync("sandbox")
        assert ran.code == 0 and str(port) in ran.err
        assert f"export ITEMSYNC_GATEWAY=http://127.0.0.1:{port}/" not in ran.out
        told = itemsync("sandbox", "--json")
        assert (told.code, told.err) == (0, "") and str(port) not in told.json["gateway"]
        assert itemsync("sandbox", "--port", port, "--json").error == "cli.port", "what was asked for is meant"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
def test_what_is_pasted_into_bash_is_what_the_tool_reads(itemsync: Command, port: int) -> None:
    block = "\n".join(text for text in itemsync("sandbox").out.splitlines() if text.startswith("export"))
    read = "import os; print(os.environ['ITEMSYNC_GATEWAY'], os.environ['ITEMSYNC_SESSION'])"
    script = f'{block}\n"{sys.executable}" -c "{read}"'
    said = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    assert said.split() == [f"http://127.0.0.1:{port}/router/rest", Sandbox.session]


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["in one piece", "bit by bit"])
def test_a_reader_that_has_seen_enough_is_no_trouble(synced: Path, unbuffered: str) -> None:
    command = [sys.executable, "-m", "sync", "history", "--json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment) as writer:
        assert writer.stdout is not None
        writer.stdout.close()
        assert writer.stderr is not None
        assert writer.stderr.read() == ""
        assert writer.wait(PATIENCE) == 0
