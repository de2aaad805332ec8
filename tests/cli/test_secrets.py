"""No secret is shown, written or remembered, whatever happens."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pytest

from sync.sandbox.authority import Terms
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command, CommandResult
from tests.cli.kills import killed
from tests.cli.seller import LIST
from tests.cli.small_shop import line, moving, new_line, type_in, write
from tests.cli.test_process import process
from tests.readme import ROOT

SECRETS = (Sandbox.app_secret, Sandbox.session, "wrong-secret", "stale-session")
VAULT = Path("config/itemsync/secrets.json")


def everything_under(folder: Path) -> list[tuple[str, bytes]]:
    """All files that are there, and the parts of those that are zipped."""
    found = [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    for path in folder.rglob("*"):
        if path.is_file() and is_zipfile(path):
            with ZipFile(path) as archive:
                found += [(f"{path.name}/{part}", archive.read(part)) for part in archive.namelist()]
    return found


def assert_no_secret(folder: Path, *ran: CommandResult, secrets: Sequence[str] = SECRETS) -> None:
    for one in ran:
        for secret in secrets:
            assert secret not in one.out
            assert secret not in one.err
    for name, content in everything_under(folder):
        for secret in secrets:
            # Where a login keeps them is the one place where they may be.
            assert name == "secrets.json" or secret.encode() not in content, name


def test_a_week_leaves_no_secret(synced: Path, folder: Path, itemsync: Command) -> None:
    write(synced, line("A-1", 价格=25), moving("A-2", 5), line("A-3", 价格="贵"), new_line("B-1"))
    ran = [
        itemsync("check", synced, "--json"),
        itemsync("plan", synced, "-o", "plan.json", "--html", "plan.html"),
        itemsync("plan", synced, "--json"),
    ]
    with killed(number=3, after=True), pytest.MonkeyPatch.context() as patch:
        patch.setenv("ITEMSYNC_TIMEOUT", "1")
        itemsync("apply", synced, "--yes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ITEMSYNC_TIMEOUT", "1")
        ran += [itemsync("apply", synced, "--yes"), itemsync("resume")]
    write(synced, line("A-1", 价格=26))
    ran += [
        itemsync("apply", synced, "--yes", "--report", "report"),
        itemsync("history"),
        itemsync("show", 3),
        itemsync("show", 3, "--json"),
        itemsync("undo", 3, "--yes", "--json"),
    ]
    names = {name for name, _ in everything_under(folder)}
    assert {"plan.json", "plan.html", "run-3.html", "run-3.xlsx", "state.db", "weekly.bak.xlsx"} <= names
    assert_no_secret(folder, *ran)


@pytest.mark.parametrize(
    "wrong",
    [
        {"APP_SECRET": "wrong-secret"},
        {"SESSION": "stale-session"},
        {"GATEWAY": "http://127.0.0.1:9/router/rest"},
        {"GATEWAY": "http://127.0.0.1:9/nothing?session=stale-session"},
        {"GATEWAY": "ftp://me:wrong-secret@example.invalid/"},
        {"CONNECTIONS": "wrong-secret"},
    ],
    ids=" ".join,
)
def test_trouble_tells_no_secret(
    sheet: Path,
    folder: Path,
    itemsync: Command,
    monkeypatch: pytest.MonkeyPatch,
    wrong: dict[str, str],
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(f"ITEMSYNC_{name}", value)
    ran = [itemsync("--debug", "plan", sheet), itemsync("apply", sheet, "--yes", "--json")]
    assert {one.code for one in ran} <= {2, 4}
    assert_no_secret(folder, *ran)


def test_a_secret_in_the_settings_file_is_told_by_its_name_alone(
    sheet: Path, folder: Path, itemsync: Command
) -> None:
    settings = folder / "itemsync.toml"
    settings.write_text('[profiles.default]\nsessions = "stale-session"\napp_secret = ["wrong-secret"]\n')
    settings.chmod(0o600)
    ran = itemsync("plan", sheet)
    assert ran.code == 2
    assert "app_secret" in ran.err or "sessions" in ran.err
    settings.unlink()
    assert_no_secret(folder, ran)


def kept() -> set[str]:
    """The token and the refresh token that the secret store holds now."""
    held = json.loads(VAULT.read_text(encoding="utf-8"))
    return {one["token"][name] for one in held.values() for name in ("text", "refresh")}


@pytest.fixture
def lasting(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The platform, on its usual terms again afterwards."""
    yield sandbox
    sandbox.authority.terms = Terms()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="nobody can see how processes were started")
def test_a_login_and_its_runs_leave_no_secret(
    synced: Path, folder: Path, itemsync: Command, lasting: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does anything that is seen of the processes while they are at work."""
    monkeypatch.delenv("ITEMSYNC_SESSION")
    monkeypatch.setenv("ITEMSYNC_REDIRECT", "http://127.0.0.1:0/")
    monkeypatch.setenv("BROWSER", f"{sys.executable} -m tests.cli.seller %s")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    login = process("--debug", "auth", "login")
    assert login.returncode == 0, login.stderr
    secrets = {Sandbox.app_secret, *kept()}
    type_in(synced, "A-1", "价格", 25)
    ran = [
        CommandResult(login.returncode, login.stdout, login.stderr),
        itemsync("auth", "status"),
        itemsync("auth", "status", "--json"),
        itemsync("profile", "show", "--json"),
        itemsync("--log", "calls.log", "--debug", "apply", synced, "--yes", "--report", "report"),
        itemsync("auth", "refresh"),
    ]
    secrets |= kept()
    assert [one.code for one in ran] == [0] * 6
    lasting.authority.terms = Terms(renews=False)
    ran += [
        itemsync("--debug", "auth", "refresh"),
        itemsync("--log", "calls.log", "plan", synced, "--json"),
        itemsync("auth", "logout"),
        itemsync("--debug", "plan", synced),
    ]
    assert len(secrets) == 5 and {"calls.log", "run-2.html"} <= {name for name, _ in everything_under(folder)}
    assert "sync --debug auth login" in LIST.read_text(encoding="utf-8")
    assert_no_secret(folder, *ran, secrets=sorted(secrets))
