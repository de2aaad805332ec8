"""Logging in at a terminal: the app secret is typed unseen, the code is pasted, and Ctrl-C gives up."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.test_terminal import Terminal, at_a_terminal
from tests.gateway.authorizing import pasted_code

VAULT = Path("config/itemsync/secrets.json")


@pytest.fixture(autouse=True)
def nobody_yet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No app secret, no token, and no browser."""
    for name in ("ITEMSYNC_APP_SECRET", "ITEMSYNC_SESSION"):
        monkeypatch.delenv(name)
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    # A long address must not be cut in two.
    monkeypatch.setenv("COLUMNS", "500")


def page(terminal: Terminal) -> str:
    """The address that the person is to open."""
    terminal.wait_for("state=")
    terminal.wait_for("授权码")
    return next(line.strip() for line in terminal.seen.splitlines() if "/authorize?" in line)


def test_what_is_typed_and_pasted_is_kept_and_not_shown(synced: Path, itemsync: Command) -> None:
    with at_a_terminal(["auth", "login", "--paste"], 0) as terminal:
        terminal.wait_for("app secret")
        terminal.wait_until_unseen()
        terminal.type(f"{Sandbox.app_secret}\n")
        terminal.type(f"{pasted_code(page(terminal))}\n")
        terminal.wait_for("沙箱小店")
    assert Sandbox.app_secret not in terminal.seen
    kept = next(iter(json.loads(VAULT.read_text(encoding="utf-8")).values()))
    assert kept["app_secret"] == Sandbox.app_secret
    assert kept["token"]["text"] not in terminal.seen
    assert itemsync("plan", synced).code == 0


def test_a_wrong_secret_is_told_and_not_kept() -> None:
    with at_a_terminal(["auth", "login", "--paste"], 4) as terminal:
        terminal.wait_for("app secret")
        terminal.wait_until_unseen()
        terminal.type("wrong-secret\n")
        terminal.type(f"{pasted_code(page(terminal))}\n")
        terminal.wait_for("itemsync auth login")
    assert "client_secret is wrong" in terminal.seen and "wrong-secret" not in terminal.seen
    assert not VAULT.exists() or json.loads(VAULT.read_text(encoding="utf-8")) == {}


def test_ctrl_c_gives_up_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_APP_SECRET", Sandbox.app_secret)
    monkeypatch.setenv("ITEMSYNC_REDIRECT", "http://127.0.0.1:0/")
    with at_a_terminal(["auth", "login"], 130) as terminal:
        terminal.wait_for("Ctrl-C")
        terminal.press_ctrl_c()
    assert "Traceback" not in terminal.seen
