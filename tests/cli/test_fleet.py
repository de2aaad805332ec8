"""`itemsync fleet` as it is typed: shops, sheets, schedules and keys in a real PostgreSQL, a worker beside it."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from docs.commands import commands
from sync.fields import INVENTORY, PRICE
from sync.fleet.fleet import Fleet
from sync.sandbox.server import Sandbox
from tests.cli.conftest import SHEET, Command
from tests.cli.small_shop import Json, held, line, moving, write

DOCS = Path(__file__).parents[2] / "docs"
PATIENCE = 20.0
"""Seconds until a worker must have done what is asked."""


@pytest.fixture
def fleet(itemsync: Command, postgres: str, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Types `itemsync fleet …` on an empty database, in a shell whose variables lead to no shop."""
    for name in ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION", "SETTLE"):
        monkeypatch.delenv(f"ITEMSYNC_{name}")
    monkeypatch.setenv("ITEMSYNC_STATE", postgres)
    monkeypatch.setenv("ITEMSYNC_KEY", Fernet.generate_key().decode())
    return lambda *words: itemsync("fleet", *words)


@pytest.fixture
def settings(folder: Path, sandbox: Sandbox) -> Path:
    file = folder / "florist.toml"
    file.write_text(
        f'gateway = "{sandbox.gateway}"\napp_key = "{sandbox.app_key}"\napp_secret = "{sandbox.app_secret}"\n'
        f'session = "{sandbox.session}"\nsettle = 0\n',
        encoding="utf-8",
    )
    file.chmod(0o600)
    return file


@pytest.fixture
def florist(fleet: Command, settings: Path) -> Command:
    """The same with a shop in the fleet."""
    assert fleet("add", "florist", "--settings", settings).code == 0
    return fleet


def shop(fleet: Command) -> Json:
    (only,) = fleet("status", "--json").json["shops"]
    return dict(only)


def test_a_shop_is_added_changed_listed_and_removed(fleet: Command, settings: Path) -> None:
    assert fleet("list", "--json").json == {"shops": []}
    assert fleet("add", "florist", "--settings", settings, "--json").json == {"name": "florist", "new": True}
    assert fleet("add", "florist", "--settings", settings, "--json").json == {"name": "florist", "new": False}
    assert fleet("list", "--json").json == {"shops": [{"name": "florist"}]}
    assert fleet("list").out == "florist\n"
    assert fleet("remove", "florist").code == 0
    assert fleet("list", "--json").json == {"shops": []}


def test_a_settings_file_that_others_can_read_is_told(fleet: Command, settings: Path) -> None:
    settings.chmod(0o644)
    added = fleet("add", "florist", "--settings", settings)
    assert (added.code, "chmod 600" in added.err) == (0, True)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("[profiles.florist]\n", "config.alone"),
        ("gateway = \n", "config.unreadable"),
        ('gatewy = "https://eco.taobao.com/router/rest"\n', "config.unknown"),
    ],
)
def test_2_settings_that_are_none(fleet: Command, settings: Path, text: str, error: str) -> None:
    settings.write_text(text, encoding="utf-8")
    added = fleet("add", "florist", "--settings", settings, "--json")
    assert (added.code, added.error) == (2, error)
    assert fleet("list", "--json").json == {"shops": []}


def test_2_without_postgresql(fleet: Command, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_STATE", str(folder / "state.db"))
    for words in (["list"], ["status"], ["worker"], ["web"], ["rekey"], ["remove", "florist"]):
        refused = fleet(*words, "--json")
        assert (refused.code, refused.error) == (2, "fleet.postgres"), words
    assert not (folder / "state.db").exists()


def test_2_a_shop_that_is_not_there(fleet: Command, folder: Path) -> None:
    sheet = write(folder / SHEET, line("A-1"))
    for words in (["submit", "florist", sheet], ["remove", "florist"], ["schedule", "florist", "watch", "5m"]):
        assert fleet(*words, "--json").code == 2, words


def test_2_what_only_yes_can_allow(florist: Command, sheet: Path) -> None:
    refused = florist("submit", "florist", sheet, "--allow-delete", "--json")
    assert (refused.code, refused.error) == (2, "cli.usage")


def test_schedules(florist: Command) -> None:
    set_ = florist("schedule", "florist", "watch", "5m", "--json")
    assert (set_.code, set_.json) == (0, {"shop": "florist", "kind": "watch", "every": "5m"})
    assert florist("schedule", "florist", "plan", "0 9 * * 1").code == 0
    assert florist("schedule", "florist", "watch", "off", "--json").json["every"] is None
    for wrong in (["watch", "often"], ["watch", "61 * * * *"], ["sleep", "5m"]):
        assert florist("schedule", "florist", *wrong).code == 2, wrong


def test_a_sheet_waits_for_a_worker_and_its_shop_can_not_be_removed(florist: Command, sheet: Path) -> None:
    submitted = florist("submit", "florist", sheet, "--json")
    assert (submitted.code, submitted.json["shop"], submitted.json["state"]) == (0, "florist", "reading")
    assert (shop(florist)["name"], shop(florist)["open"]) == ("florist", 1)
    assert florist("remove", "florist").code == 5, "it is at work"


def test_a_worker_carries_out_what_was_submitted_and_ends_at_sigterm(
    florist: Command, postgres: str, folder: Path, sandbox: Sandbox
) -> None:
    sheet = write(folder / SHEET, line("A-1", 价格=25), moving("A-2", 5), line("A-3"))
    before = sheet.read_bytes()
    submitted = florist("submit", "florist", sheet, "--yes")
    assert (submitted.code, "itemsync fleet worker" in submitted.err) == (0, True)
    asking = threading.Thread(target=_end_when_done, args=[postgres])
    asking.start()
    assert florist("worker", "--concurrency", "2").code == 0
    asking.join()
    assert (shop(florist)["open"], florist("status", "--json").json["workers"]) == (0, [])
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[INVENTORY]) == (2500, 15)
    assert sheet.read_bytes() == before


def _end_when_done(postgres: str) -> None:
    """Ask this process to end, as systemd does, once its worker has nothing left to do."""
    with Fleet.open(postgres) as fleet:
        until = time.monotonic() + PATIENCE
        while fleet.status().shops[0].open and time.monotonic() < until:
            time.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize("unit", ["itemsync-worker.service", "itemsync-page.service"])
def test_the_units_run_commands_that_there_are(unit: str) -> None:
    text = (DOCS / "fleet" / unit).read_text(encoding="utf-8")
    (line,) = (line for line in text.splitlines() if line.startswith("ExecStart="))
    _, group, name, *options = line.split()
    commands()[f"{group} {name}"].make_context(name, options)


@pytest.mark.parametrize("page", ["fleet.md", "fleet.zh.md"])
def test_the_page_shows_the_workers_unit_as_it_is(page: str) -> None:
    unit = (DOCS / "fleet" / "itemsync-worker.service").read_text(encoding="utf-8")
    assert f"```ini\n{unit}```" in (DOCS / "how-to" / page).read_text(encoding="utf-8")
