"""Profiles, the settings file, variables, and where state is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, type_in, write

VARIABLES = ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION", "STATE", "LANG")


@pytest.fixture
def two_shops(sheet: Path, sandbox: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file with two profiles, and no variables."""
    for name in VARIABLES:
        monkeypatch.delenv(f"ITEMSYNC_{name}")
    shop = (
        f'gateway = "{sandbox.gateway}"\napp_key = "{sandbox.app_key}"\napp_secret = "{sandbox.app_secret}"\n'
        f'session = "{sandbox.session}"\nstate = "{(folder / "both.db").as_posix()}"\n'
    )
    file = folder / "shops.toml"
    file.write_text(f"[profiles.nails]\n{shop}\n[profiles.cakes]\n{shop}lang = 'en'\n")
    file.chmod(0o600)
    return file


def test_two_profiles_in_one_file_keep_their_memories_apart(
    two_shops: Path, sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    def profile(name: str) -> tuple[str, ...]:
        return ("--config", str(two_shops), "--profile", name)

    assert itemsync(*profile("nails"), "apply", sheet, "--yes").code == 0
    write(sheet, line("A-1", 库存=12), line("A-2"), line("A-3"))
    assert itemsync(*profile("nails"), "plan", sheet, "--json").json["guards"] == []
    assert itemsync(*profile("cakes"), "plan", sheet, "--json").json["guards"] == ["first-stock"]
    assert [len(itemsync(*profile(name), "history", "--json").json["runs"]) for name in ("nails", "cakes")] == [1, 0]
    assert itemsync(*profile("cakes"), "show", 1, "--json").error == "state.no_run"
    assert "outer id" in itemsync(*profile("cakes"), "plan", sheet).out


@pytest.mark.parametrize("name", ["nails", "cakes"])
def test_the_profile_may_be_a_variable(
    two_shops: Path, sheet: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("ITEMSYNC_PROFILE", name)
    two_shops.rename("itemsync.toml")
    assert itemsync("plan", sheet).code == 0


def test_an_unknown_profile_names_those_there_are(two_shops: Path, sheet: Path, itemsync: Command) -> None:
    ran = itemsync("--config", two_shops, "--profile", "nail", "plan", sheet)
    assert (ran.code, ran.out) == (2, "")
    assert "cakes, nails" in ran.err


@pytest.mark.parametrize("name", VARIABLES[:4])
def test_a_credential_that_is_missing_is_named(
    sheet: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(f"ITEMSYNC_{name}")
    for command in (("plan", sheet), ("apply", sheet, "--yes")):
        ran = itemsync(*command)
        assert (ran.code, ran.out) == (2, "")
        assert f"ITEMSYNC_{name}" in ran.err
        secret = name in ("APP_SECRET", "SESSION")
        assert itemsync(*command, "--json").error == ("auth.missing" if secret else "config.missing")
    assert not sandbox.calls


def test_check_needs_no_credentials(sheet: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(f"ITEMSYNC_{name}")
    assert itemsync("check", sheet).code == 0


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("gateway = ", "config.unreadable"),
        ("[profiles.default]\ngatewai = 'x'", "config.unknown"),
        ("[profiles.default]\nconnections = 0", "config.wrong"),
        ("gateway = 'x'", "config.wrong"),
    ],
    ids=["no TOML", "an unknown key", "a number out of range", "outside a profile"],
)
def test_a_wrong_settings_file(sheet: Path, itemsync: Command, text: str, code: str) -> None:
    Path("itemsync.toml").write_text(text)
    ran = itemsync("plan", sheet, "--json")
    assert (ran.code, ran.error) == (2, code)
    assert "itemsync.toml" in ran.json["error"]["message"]


def test_a_settings_file_that_is_not_there(sheet: Path, itemsync: Command) -> None:
    assert itemsync("--config", "nowhere.toml", "plan", sheet, "--json").error == "config.no_file"


@pytest.mark.parametrize("kind", ["file", "database"])
def test_state_may_be_a_file_or_a_database(
    sheet: Path, itemsync: Command, folder: Path, sandbox: Sandbox, kind: str
) -> None:
    place = folder / "elsewhere" / "memory.db"
    place.parent.mkdir()
    state = str(place) if kind == "file" else f"sqlite:///{place}"
    assert itemsync("--state", state, "apply", sheet, "--yes").code == 0
    type_in(sheet, "A-1", "价格", 25)
    assert itemsync("--state", state, "apply", sheet, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert len(itemsync("--state", state, "history", "--json").json["runs"]) == 2
    assert place.exists()
    assert not (folder / "state.db").exists()


@pytest.mark.parametrize(
    "state", ["nosuch://host/db", "mysql://root:pass-of-db@127.0.0.1:1/items"], ids=["kind", "driver"]
)
def test_a_state_that_cannot_be_opened(sheet: Path, itemsync: Command, state: str) -> None:
    ran = itemsync("--state", state, "plan", sheet)
    assert (ran.code, ran.out) == (2, "")
    assert "--state" in ran.err
    assert "pass-of-db" not in ran.err


def test_a_file_that_is_no_state(sheet: Path, itemsync: Command) -> None:
    Path("notes.txt").write_text("milk, bread\n" * 200)
    assert itemsync("--state", "notes.txt", "plan", sheet, "--json").error == "state.no_state"
    assert Path("notes.txt").read_text() == "milk, bread\n" * 200


def test_plain_http_to_another_machine_is_refused(
    sheet: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "http://eco.taobao.com/router/rest")
    monkeypatch.delenv("ITEMSYNC_SETTLE")
    ran = itemsync("plan", sheet, "--json")
    assert (ran.code, ran.error) == (2, "gateway.address")
