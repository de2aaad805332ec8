"""`itemsync profile`: which there are, what each says and who said so, and whether the gateway is content."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command

FILE = """[profiles.nails]
app_key = "1"
state = "postgresql://me:pass-of-db@db/itemsync"

[profiles.cakes]
gateway = "https://me:pass-of-proxy@eco.taobao.com/router/rest?session=in-the-address"
app_secret = "wrong-secret"
categories = [["服装", "女装"]]

[profiles.cakes.limits."taobao.open.item.get"]
calls_per_second = 40

[profiles.cakes.publish]
"_sys@schemaVersion" = 2
"""


@pytest.fixture
def file(folder: Path) -> Path:
    file = folder / "itemsync.toml"
    file.write_text(FILE, encoding="utf-8")
    file.chmod(0o600)
    return file


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """No variables but the language."""
    for name in ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION", "STATE"):
        monkeypatch.delenv(f"ITEMSYNC_{name}")


def shown(itemsync: Command, *before: object) -> dict[str, tuple[object, str]]:
    """What `profile show` says of each setting, and who said so."""
    document = itemsync(*before, "profile", "show", "--json").json
    return {one["key"]: (one["value"], one["source"]) for one in document["settings"]}


def test_list_marks_the_one_in_use(file: Path, itemsync: Command) -> None:
    ran = itemsync("--profile", "cakes", "profile", "list")
    assert (ran.code, ran.out.splitlines()[1:]) == (0, ["  nails", "* cakes"])
    assert "itemsync.toml" in ran.out
    listed = itemsync("--profile", "nails", "profile", "list", "--json").json
    assert listed == {
        "file": "itemsync.toml",
        "profiles": [{"name": "nails", "chosen": True}, {"name": "cakes", "chosen": False}],
    }


def test_list_without_a_file(itemsync: Command) -> None:
    ran = itemsync("profile", "list")
    assert ran.code == 0 and "没有配置文件" in ran.out and "* default" in ran.out
    assert itemsync("profile", "list", "--json").json == {"file": None, "profiles": []}


@pytest.mark.usefixtures("bare")
def test_show_says_who_said_what(file: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "12")
    monkeypatch.delenv("ITEMSYNC_SETTLE")
    found = shown(itemsync, "--profile", "cakes", "--state", "x.db")
    assert {key: found[key] for key in ("profile", "timeout", "state", "lang", "batch", "categories")} == {
        "profile": ("cakes", "--profile"),
        "timeout": (12.0, "ITEMSYNC_TIMEOUT"),
        "state": ("x.db", "--state"),
        "lang": ("zh", "ITEMSYNC_LANG"),
        "batch": (20, "default"),
        "categories": ("服装>女装", "itemsync.toml:8"),
    }
    assert found["limits.taobao.open.item.get"] == ("calls_per_second = 40.0", "itemsync.toml:10")
    assert found["publish._sys@schemaVersion"] == (2, "itemsync.toml:14")
    assert found["guards.deletions"] == (20, "default")
    assert "itemsync.toml:8" in itemsync("--profile", "cakes", "profile", "show").out


@pytest.mark.usefixtures("bare")
def test_show_shows_no_secret(file: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_SESSION", "stale-session")
    monkeypatch.delenv("ITEMSYNC_SETTLE")
    ran = [itemsync("--profile", name, "profile", "show") for name in ("nails", "cakes")]
    assert [one.code for one in ran] == [0, 0]
    for secret in ("pass-of-db", "pass-of-proxy", "in-the-address", "wrong-secret", "stale-session"):
        assert secret not in "".join(one.out + one.err for one in ran)
    cakes, nails = shown(itemsync, "--profile", "cakes"), shown(itemsync, "--profile", "nails")
    assert (cakes["app_secret"], cakes["session"]) == (("set", "itemsync.toml:7"), ("set", "ITEMSYNC_SESSION"))
    assert nails["app_secret"] == ("missing", "default")


def test_check_makes_one_call_that_changes_nothing(itemsync: Command, sandbox: Sandbox) -> None:
    ran = itemsync("profile", "check")
    assert (ran.code, ran.err) == (0, "")
    assert sandbox.gateway in ran.out
    assert sandbox.calls == {"taobao.open.item.get": 1}
    assert itemsync("profile", "check", "--json").json["right"] is True


@pytest.mark.parametrize(
    ("wrong", "code", "error"),
    [
        ({"APP_SECRET": "wrong-secret"}, 4, "gateway.signature"),
        ({"APP_KEY": "2"}, 4, "gateway.credentials"),
        ({"SESSION": "stale-session"}, 4, "gateway.session"),
        ({"GATEWAY": "http://127.0.0.1:9/router/rest"}, 4, "gateway.unreachable"),
        ({"GATEWAY": ""}, 2, "config.missing"),
        ({"SESSION": ""}, 2, "auth.missing"),
    ],
    ids=str,
)
def test_check_says_what_is_wrong(
    itemsync: Command, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, str], code: int, error: str
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(f"ITEMSYNC_{name}", value)
    ran = itemsync("profile", "check", "--json")
    assert (ran.code, ran.error) == (code, error)
