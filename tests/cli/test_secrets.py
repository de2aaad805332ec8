"""No secret is shown, written or remembered, whatever happens."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command, Ran
from tests.cli.kills import killed
from tests.cli.scene import line, moving, new_line, write


def everything_under(folder: Path) -> list[tuple[str, bytes]]:
    """All files that are there, and the parts of those that are zipped."""
    found = [(path.name, path.read_bytes()) for path in folder.rglob("*") if path.is_file()]
    for path in folder.rglob("*"):
        if path.is_file() and is_zipfile(path):
            with ZipFile(path) as archive:
                found += [(f"{path.name}/{part}", archive.read(part)) for part in archive.namelist()]
    return found


def assert_no_secret(folder: Path, *ran: Ran) -> None:
    secrets = (Sandbox.app_secret, Sandbox.session, "wrong-secret", "stale-session")
    for one in ran:
        for secret in secrets:
            assert secret not in one.out
            assert secret not in one.err
    for name, content in everything_under(folder):
        for secret in secrets:
            assert secret.encode() not in content, name


def test_a_week_leaves_no_secret(synced: Path, folder: Path, itemsync: Command) -> None:
    write(synced, line("A-1", 价格=25), moving("A-2", 5), line("A-3", 价格="贵"), new_line("B-1"))
    ran = [
        itemsync("check", synced, "--json"),
        itemsync("plan", synced, "-o", "plan.json", "--html", "plan.html"),
        itemsync("plan", synced, "--json"),
    ]
    with killed(number=3, after=True), pytest.MonkeyPatch.context() as patch:
        patch.setenv("ITEMSYNC_TIMEOUT", "0.5")
        itemsync("apply", synced, "--yes")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ITEMSYNC_TIMEOUT", "0.5")
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
    ran = itemsync("plan", sheet)
    assert ran.code == 2
    assert "app_secret" in ran.err or "sessions" in ran.err
    settings.unlink()
    assert_no_secret(folder, ran)
