"""The keys of a fleet's secrets: where they are found, who makes one, and how one is replaced."""

from __future__ import annotations

import socket
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from sync.errors import Refusal
from sync.fleet.fleet import Fleet
from sync.fleet.keys import VARIABLE, Keys, key_file
from sync.sandbox.server import Sandbox
from sync.state.fleet_tables import WORKERS
from tests.fleet.florist import BY, SHOP, new_key, platform, sandbox, settings_of

__all__ = ["platform", "sandbox"]

FIRST, SECOND = new_key(), new_key()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user who has no key yet."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def kept(*lines: str, file: Path | None = None) -> Path:
    """Write a file of keys, as it is copied from another machine."""
    file = file or key_file()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n")
    file.chmod(0o600)
    return file


def refused(do: object) -> str:
    with pytest.raises(Refusal) as caught:
        do()  # type: ignore[operator]
    assert FIRST not in f"{caught.value!r} {caught.value.message.words('en')} {caught.value.__cause__!r}"
    return caught.value.message.code


# --- where they are ----------------------------------------------------------------------------------------------
def test_the_variable_goes_before_the_file_and_an_empty_one_is_none() -> None:
    kept(SECOND)
    sealed = Keys([FIRST]).encrypt(b"rose")
    assert Keys.found({VARIABLE: f" {FIRST} , "}).decrypt(sealed) == b"rose"  # type: ignore[union-attr]
    assert Keys.found({VARIABLE: ""}).place == str(key_file())  # type: ignore[union-attr]
    key_file().unlink()
    assert Keys.found({}) is None


def test_the_newest_stands_first_and_older_ones_still_open() -> None:
    sealed = Keys([FIRST]).encrypt(b"rose")
    both = Keys([SECOND, FIRST])
    assert (both.decrypt(sealed), both.newest_made(sealed)) == (b"rose", False)
    assert both.newest_made(both.encrypt(b"rose"))
    assert not both.newest_made(both.encrypt(b"rose", like=sealed)), "what is in use goes on being used"


@pytest.mark.parametrize("wrong", [FIRST[:-1], f"{FIRST}x", "rose", "玫瑰"], ids=["short", "long", "word", "字"])
def test_what_is_no_key_is_told_without_it(wrong: str) -> None:
    assert refused(lambda: Keys.found({VARIABLE: wrong})) == "fleet.key.malformed"


def test_a_file_that_others_can_read_is_refused() -> None:
    kept(FIRST).chmod(0o640)
    assert refused(lambda: Keys.found({})) == "secrets.exposed"


def test_a_key_is_not_shown() -> None:
    assert FIRST not in repr(Keys([FIRST])) + str(vars(Keys([FIRST])))


# --- the first shop ----------------------------------------------------------------------------------------------
def test_the_first_shop_makes_a_key_for_its_owner_alone(postgres: str, sandbox: Sandbox) -> None:
    with Fleet.open(postgres) as fleet:
        assert fleet.names() == ()
        assert not key_file().exists(), "only who needs one makes one"
        fleet.add(SHOP, settings_of(sandbox), BY)
        fleet.add("baker", settings_of(sandbox), BY)
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert len(key_file().read_text().split()) == 1
    with Fleet.open(postgres) as fleet, fleet.open_shop(SHOP) as shop:
        assert shop.context.profile.app_secret == sandbox.app_secret


def test_a_machine_without_the_key_makes_none_and_says_so(postgres: str, sandbox: Sandbox) -> None:
    with Fleet.open(postgres, keys=Keys([FIRST])) as fleet:
        fleet.add(SHOP, settings_of(sandbox), BY)
    with Fleet.open(postgres) as other:
        assert refused(lambda: other.add("baker", settings_of(sandbox), BY)) == "fleet.key.none"
        assert refused(lambda: other.open_shop(SHOP)) == "fleet.key.none"
        assert other.names() == (SHOP,)
    assert not key_file().exists()


def test_a_wrong_key_opens_nothing_and_adds_nothing(postgres: str, sandbox: Sandbox) -> None:
    with Fleet.open(postgres, keys=Keys([FIRST])) as fleet:
        fleet.add(SHOP, settings_of(sandbox), BY)
    with Fleet.open(postgres, keys=Keys([SECOND])) as other:
        for do in (
            lambda: other.open_shop(SHOP),
            lambda: other.add("baker", settings_of(sandbox), BY),
            lambda: other.add(SHOP, settings_of(sandbox), BY),
            other.rekey,
        ):
            assert refused(do) == "fleet.key.wrong"
        assert other.names() == (SHOP,)
        other.remove(SHOP)
        assert other.names() == (), "a shop whose key is lost can be removed"


# --- another key -------------------------------------------------------------------------------------------------
def opens(postgres: str, *with_keys: str) -> bool:
    with Fleet.open(postgres, keys=Keys(with_keys)) as fleet:
        try:
            return bool(fleet.open_shop(SHOP).context.profile.app_secret)
        except Refusal:
            return False


def test_everything_goes_over_to_the_newest_key_of_the_variable(postgres: str, sandbox: Sandbox) -> None:
    with Fleet.open(postgres, keys=Keys([FIRST])) as fleet:
        fleet.add(SHOP, settings_of(sandbox), BY)
        fleet.add("baker", settings_of(sandbox), BY)
    with Fleet.open(postgres, keys=Keys([SECOND, FIRST])) as fleet:
        fleet.add("baker", settings_of(sandbox), BY)
        assert opens(postgres, FIRST), "before that, nothing is written with a key that others don't know yet"
        assert (fleet.rekey(), fleet.rekey()) == (2, 2)
    assert (opens(postgres, SECOND), opens(postgres, FIRST)) == (True, False)


def test_a_file_gets_a_new_key_and_who_has_it_open_goes_on(postgres: str, sandbox: Sandbox) -> None:
    kept(FIRST)
    with Fleet.open(postgres) as fleet, Fleet.open(postgres) as working:
        fleet.add(SHOP, settings_of(sandbox), BY)
        assert working.open_shop(SHOP)
        assert fleet.rekey() == 1
        new, old = key_file().read_text().split()
        assert (old, stat.S_IMODE(key_file().stat().st_mode)) == (FIRST, 0o600)
        assert (opens(postgres, new), opens(postgres, FIRST)) == (True, False)
        assert working.open_shop(SHOP).context.profile.app_secret == sandbox.app_secret


def test_with_workers_elsewhere_the_new_key_waits_until_they_have_it(
    postgres: str, sandbox: Sandbox, home: Path
) -> None:
    kept(FIRST)
    there = kept(FIRST, file=home / "other" / "fleet.key")
    with (
        Fleet.open(postgres) as here,
        Fleet.open(postgres, keys=Keys.found({}, there)) as elsewhere,
    ):
        here.add(SHOP, settings_of(sandbox), BY)
        at_work(here, socket.gethostname(), "the-other-machine")
        with pytest.raises(Refusal) as told:
            here.rekey()
        assert told.value.message.args["hosts"] == "the-other-machine"
        here.add(SHOP, settings_of(sandbox), BY)
        assert elsewhere.open_shop(SHOP).context.profile.app_secret == sandbox.app_secret, "nothing has changed"
        there.write_bytes(key_file().read_bytes())
        assert here.rekey() == 1
        assert elsewhere.open_shop(SHOP).context.profile.app_secret == sandbox.app_secret, "no restart is needed"
    assert len(key_file().read_text().split()) == 2
    assert not opens(postgres, FIRST)


def at_work(fleet: Fleet, *hosts: str) -> None:
    now = datetime.now(UTC)
    known = {"pid": 1, "version": "0", "concurrency": 1, "since": now, "seen_at": now}
    with fleet.engine.begin() as connection:
        connection.execute(insert(WORKERS), [{"id": host, "host": host, **known} for host in hosts])
