"""All secret stores keep the same promises; and what each does where its place is bad."""

from __future__ import annotations

import json
import os
import stat
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Any

import keyring
import pytest
from cryptography.fernet import Fernet
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from sync.config import Profile
from sync.errors import Refusal
from sync.fleet.fleet import Fleet
from sync.fleet.keys import Keys
from sync.fleet.vault import DatabaseSecrets
from sync.gateway import secret_store as room
from sync.gateway.secret_store import Secrets, SecretsFile, SecretStore
from sync.gateway.system_keyring import SERVICE, SystemKeyring
from sync.gateway.token import Token
from sync.service.credentials import secret_store
from tests.clocks import START

OWNER, OTHER = "default:1@eco.taobao.com", "cakes:1@eco.taobao.com"
TOKEN = Token(
    text="kept-access",
    granted_at=START,
    until=START + timedelta(hours=2),
    refresh="kept-refresh",
    refresh_until=START + timedelta(days=30),
    levels={"w1": START + timedelta(hours=1)},
    nick="沙箱小店",
)
WHOLE = Secrets("kept-secret", TOKEN)
on_posix = pytest.mark.skipif(os.name != "posix", reason="a file's mode says nothing here")
Make = Callable[[str], SecretStore]


class Memory(KeyringBackend):
    """A keyring for the length of a test."""

    priority = 1

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError


class LockedKeyring(Memory):
    """A keyring that nobody has unlocked."""

    def get_password(self, service: str, username: str) -> str | None:
        raise KeyringLocked


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "settings" / "secrets.json"


@pytest.fixture
def memory() -> Iterator[Memory]:
    before, backend = keyring.get_keyring(), Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def florist(postgres: str) -> Iterator[Fleet]:
    """A fleet with a shop, on an empty database."""
    with Fleet.open(postgres, keys=Keys([Fernet.generate_key().decode()])) as opened:
        opened.add("florist", {"gateway": "https://eco.taobao.com/router/rest", "app_key": "1"}, "me")
        yield opened


@pytest.fixture(params=["file", "keyring", "database"])
def make(request: pytest.FixtureRequest, place: Path, memory: Memory) -> Make:
    if request.param == "database":
        fleet: Fleet = request.getfixturevalue("florist")
        return lambda owner: DatabaseSecrets(fleet.engine, fleet.keys, "florist", owner)
    return lambda owner: SecretsFile(place, owner) if request.param == "file" else SystemKeyring(owner, place)


def test_nothing_is_kept_at_first(make: Make) -> None:
    assert make(OWNER).read() == Secrets()


def test_what_is_kept_is_there_for_the_next_command(make: Make) -> None:
    make(OWNER).write(WHOLE)
    assert make(OWNER).read() == WHOLE
    make(OWNER).write(replace(WHOLE, token=None))
    assert make(OWNER).read() == Secrets("kept-secret")


def test_owners_do_not_meet(make: Make) -> None:
    make(OWNER).write(WHOLE)
    make(OTHER).write(Secrets("another"))
    assert (make(OWNER).read(), make(OTHER).read()) == (WHOLE, Secrets("another"))
    make(OWNER).write(Secrets())
    assert (make(OWNER).read(), make(OTHER).read()) == (Secrets(), Secrets("another"))


def test_nothing_can_be_forgotten_twice(make: Make) -> None:
    make(OWNER).write(Secrets())
    make(OWNER).write(Secrets())
    assert make(OWNER).read() == Secrets()


def test_whoever_holds_it_can_write_and_nobody_else_comes_in(make: Make) -> None:
    kept, order, entered = make(OWNER), list[str](), Event()

    def other() -> None:
        entered.set()
        with make(OWNER).locked():
            order.append("other")

    with kept.locked(), kept.locked():
        thread = Thread(target=other)
        thread.start()
        assert entered.wait(5)
        kept.write(WHOLE)
        order.append("first")
    thread.join(5)
    assert order == ["first", "other"]


def test_who_waits_too_long_is_told(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "LONGEST_WAIT", 0.05)
    refused: list[str] = []

    def other() -> None:
        try:
            with make(OWNER).locked():
                refused.append("came in")
        except Refusal as refusal:
            refused.append(refusal.message.code)

    with make(OWNER).locked():
        thread = Thread(target=other)
        thread.start()
        thread.join(5)
    assert refused == ["secrets.busy"]


def test_its_place_and_its_contents_are_not_shown(make: Make) -> None:
    make(OWNER).write(WHOLE)
    shown = f"{make(OWNER).place} {make(OWNER)!r} {make(OWNER).read()!r}"
    assert "kept-" not in shown


# --- the file ---------------------------------------------------------------------------------------------------
@on_posix
def test_the_file_and_its_folder_are_the_owners_alone(place: Path) -> None:
    SecretsFile(place, OWNER).write(WHOLE)
    assert (stat.S_IMODE(place.stat().st_mode), stat.S_IMODE(place.parent.stat().st_mode)) == (0o600, 0o700)
    assert {file.name for file in place.parent.iterdir()} <= {place.name, f"{place.name}.lock"}


@on_posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o602])
def test_a_file_that_others_can_read_is_refused(place: Path, mode: int) -> None:
    kept = SecretsFile(place, OWNER)
    kept.write(WHOLE)
    place.chmod(mode)
    for touch in (kept.read, lambda: kept.write(WHOLE)):
        with pytest.raises(Refusal) as caught:
            touch()
        assert caught.value.message.code == "secrets.exposed"
        assert f"chmod 600 {place}" in caught.value.message.words("en")


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"default:1@eco.taobao.com": {"token": 1}}', b"\xff"], ids=str)
def test_a_file_that_is_damaged_is_told(place: Path, content: bytes) -> None:
    SecretsFile(place, OWNER).write(WHOLE)
    place.write_bytes(content)
    with pytest.raises(Refusal) as caught:
        SecretsFile(place, OWNER).read()
    assert caught.value.message.code == "secrets.unreadable"


def test_a_write_that_fails_leaves_what_was(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    SecretsFile(place, OWNER).write(WHOLE)
    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", full)
        with pytest.raises(Refusal) as caught:
            SecretsFile(place, OWNER).write(Secrets("another"))
    assert caught.value.message.code == "secrets.unwritable"
    assert SecretsFile(place, OWNER).read() == WHOLE
    assert [file.name for file in place.parent.iterdir() if "json" not in file.name] == []


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(Refusal) as caught:
        SecretsFile(tmp_path / "file" / "secrets.json", OWNER).write(WHOLE)
    assert caught.value.message.code == "secrets.unwritable"


# --- the keyring ------------------------------------------------------------------------------------------------
def test_the_keyring_lists_it_under_our_name(place: Path, memory: Memory) -> None:
    SystemKeyring(OWNER, place).write(WHOLE)
    assert list(memory.kept) == [(SERVICE, OWNER)]
    assert json.loads(memory.kept[SERVICE, OWNER])["app_secret"] == "kept-secret"


@pytest.mark.parametrize(
    ("backend", "reason"),
    [(fail.Keyring, "NoKeyringError"), (LockedKeyring, "KeyringLocked"), (null.Keyring, "nothing was kept")],
    ids=["none", "locked", "forgetful"],
)
@pytest.mark.usefixtures("memory")
def test_a_keyring_that_cannot_be_used(place: Path, backend: type[KeyringBackend], reason: str) -> None:
    keyring.set_keyring(backend())
    with pytest.raises(Refusal) as caught:
        SystemKeyring(OWNER, place).write(WHOLE)
    assert caught.value.message.code == "secrets.keyring"
    assert reason in caught.value.message.words("en") and "keyring = true" in caught.value.message.words("zh")


def test_what_is_not_ours_in_the_keyring_is_told(place: Path, memory: Memory) -> None:
    memory.kept[SERVICE, OWNER] = "hunter2"
    with pytest.raises(Refusal) as caught:
        SystemKeyring(OWNER, place).read()
    assert "hunter2" not in caught.value.message.words("en")


def test_a_keyring_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "sync.gateway.system_keyring")
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(Refusal) as caught:
        secret_store(Profile(app_key="1", keyring=True))
    assert 'pip install "itemsync[keyring]"' in caught.value.message.words("en")


# --- which one --------------------------------------------------------------------------------------------------
def test_the_owner_is_profile_application_and_gateway(place: Path, memory: Memory) -> None:
    first = Profile(app_key="1", gateway="https://eco.taobao.com/router/rest", secrets=str(place))
    secret_store(first).write(WHOLE)
    others: list[dict[str, Any]] = [
        {"app_key": "2"},
        {"gateway": "http://127.0.0.1:1/router/rest"},
        {"profile": "cakes"},
        {"keyring": True},
    ]
    assert [secret_store(replace(first, **other)).read() for other in others] == [Secrets()] * 4
    assert secret_store(replace(first, timeout=1.0)).read() == WHOLE
