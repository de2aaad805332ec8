"""`python -m sync` as a process of its own: what a script sees of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sync import __version__
from sync.sandbox.server import Sandbox
from tests.cli.scene import type_in

PATIENCE = 60
"""Seconds."""


def itemsync(*args: object, environment: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with nobody there to be asked."""
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
    ran = itemsync("apply", synced, "--json")
    assert ran.returncode == 2
    assert json.loads(ran.stdout)["error"]["code"] == "cli.say_yes"
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert json.loads(ran.stdout)["rows"][0]["result"] == "done"


def test_help_and_version_need_nothing(tmp_path: Path) -> None:
    assert itemsync("--version").stdout == f"itemsync {__version__}\n"
    ran = itemsync("apply", "--help")
    assert ran.returncode == 0
    for option in ("--yes", "--force", "--allow-delete", "--only", "--on-conflict", "--rekey", "--republish"):
        assert option in ran.stdout


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_sandbox_prints_one_line_and_is_a_gateway_until_it_is_told_to_stop(folder: Path) -> None:
    command = [sys.executable, "-m", "sync", "sandbox", "--seed", "samples", "--data", "shop.db", "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            facts = json.loads(process.stdout.readline())
            assert facts.keys() == {"gateway", "app_key", "app_secret", "session"}
            assert facts["gateway"].endswith("/router/rest")
            from sync.demo.workbook import write_last_week

            write_last_week(folder / "last-week.xlsx")
            variables = {f"ITEMSYNC_{name.upper()}": value for name, value in facts.items()}
            planned = itemsync("plan", "last-week.xlsx", "--json", environment=variables)
            assert json.loads(planned.stdout)["summary"]["none"] == 60
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=PATIENCE)
        finally:
            process.kill()
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize(
    ("seed", "port"), [("nowhere.json", "0"), ("list.json", "0"), ("samples", "PORT")], ids=["no file", "no items", "taken"]
)
def test_a_sandbox_that_cannot_be(folder: Path, sandbox: Sandbox, seed: str, port: str) -> None:
    Path("list.json").write_text("[1, 2]")
    taken = sandbox.gateway.split(":")[2].split("/")[0]
    ran = itemsync("sandbox", "--seed", seed, "--port", taken if port == "PORT" else port, "--json")
    assert ran.returncode == 2
    assert json.loads(ran.stdout).keys() == {"error"}


@pytest.mark.parametrize("unbuffered", ["", "1"], ids=["in one piece", "bit by bit"])
def test_a_reader_that_has_seen_enough_is_no_trouble(synced: Path, unbuffered: str) -> None:
    command = [sys.executable, "-m", "sync", "plan", str(synced), "--json"]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, encoding="utf-8", env=environment) as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(PATIENCE) == 0
