"""Profiles: the file, the variables over it, the options over both; what is wrong is named, what is secret is not."""

from pathlib import Path

import pytest

from sync.config import FILE_NAME, load
from sync.gateway.protocol import SignMethod
from sync.messages import Refusal
from sync.plan.guards import Limits

WHOLE = """
[profiles.default]
gateway = "https://eco.taobao.com/router/rest"
app_key = "12345678"
app_secret = "file-secret"
session = "file-session"
sign_method = "md5"
calls_per_second = 8.5
calls_per_day = 5000
connections = 2
timeout = 12
state = "postgresql://me:hunter2@db/itemsync"
lang = "zh"
categories = [["宠物", "猫咪用品"]]

[profiles.default.guards]
price_floor = "9.90"
deletions = 3

[profiles.second]
app_key = "2"
"""
SECRETS = ("file-secret", "file-session", "hunter2", "env-secret", "env-session")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, no variables, and no settings of the person who runs this."""
    for name in ("APP_KEY", "APP_SECRET", "SESSION", "GATEWAY", "STATE", "LANG", "PROFILE", "CHANNEL"):
        monkeypatch.delenv(f"ITEMSYNC_{name}", raising=False)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr("sync.config.user_config_path", lambda *_, **__: tmp_path / "nobody")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(WHOLE, encoding="utf-8")
    return file


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    return file


def refused(name: str | None, file: Path | None) -> Refusal:
    with pytest.raises(Refusal) as caught:
        load(name, file)
    for secret in SECRETS:
        assert secret not in repr(caught.value) + caught.value.message.words("zh") + caught.value.message.words("en")
    return caught.value


def test_the_file(whole: Path) -> None:
    profile = load(None, whole)
    assert (profile.profile, profile.gateway, profile.app_key) == (
        "default",
        "https://eco.taobao.com/router/rest",
        "12345678",
    )
    assert (profile.app_secret.get_secret_value(), profile.session.get_secret_value()) == (
        "file-secret",
        "file-session",
    )
    assert (profile.sign_method, profile.calls_per_second, profile.calls_per_day) == (SignMethod.MD5, 8.5, 5000)
    assert (profile.connections, profile.timeout, profile.lang) == (2, 12.0, "zh")
    assert profile.categories == (("宠物", "猫咪用品"),)
    assert (profile.guards.limits().price_floor, profile.guards.limits().deletions) == (990, 3)


def test_another_profile_of_the_file(whole: Path) -> None:
    profile = load("second", whole)
    assert (profile.profile, profile.app_key, profile.gateway) == ("second", "2", "")
    assert profile.guards.limits() == Limits()


def test_without_a_file_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION"):
        monkeypatch.setenv(f"ITEMSYNC_{name}", f"https://{name}")
    load(None, None).require_gateway()


def test_without_anything_there_are_defaults() -> None:
    profile = load(None, None)
    assert (profile.profile, profile.channel, profile.timeout) == ("default", "open", 30.0)
    assert profile.sign_method is SignMethod.HMAC_SHA256
    assert profile.state_place.endswith("state.db")


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("GATEWAY", "https://other/router/rest", "https://other/router/rest"),
        ("APP_KEY", "9", "9"),
        ("CALLS_PER_SECOND", "3", 3.0),
        ("CALLS_PER_DAY", "70", 70),
        ("STATE", "/elsewhere/state.db", "/elsewhere/state.db"),
        ("LANG", "en", "en"),
        ("LANG", "", "zh"),
    ],
)
def test_variables_are_stronger_than_the_file(
    whole: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, expected: object
) -> None:
    monkeypatch.setenv(f"ITEMSYNC_{variable}", value)
    assert getattr(load(None, whole), variable.lower()) == expected


def test_secrets_of_variables_are_stronger_too(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_APP_SECRET", "env-secret")
    monkeypatch.setenv("ITEMSYNC_SESSION", "env-session")
    profile = load(None, whole)
    assert (profile.app_secret.get_secret_value(), profile.session.get_secret_value()) == (
        "env-secret",
        "env-session",
    )


def test_options_are_strongest(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_STATE", "/from/a/variable.db")
    monkeypatch.setenv("ITEMSYNC_PROFILE", "default")
    profile = load("second", whole, state="/from/an/option.db", lang=None)
    assert (profile.state_place, profile.profile) == ("/from/an/option.db", "second")


def test_a_variable_chooses_the_profile(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_PROFILE", "second")
    profile = load(None, whole)
    assert (profile.profile, profile.app_key) == ("second", "2")


def test_the_working_folders_file_is_found(tmp_path: Path) -> None:
    (tmp_path / "empty" / FILE_NAME).write_text('[profiles.default]\napp_key = "here"\n', encoding="utf-8")
    assert load(None, None).app_key == "here"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ('[profiles.default]\nsesion = "file-session"\n', "config.wrong", "sesion"),
        ('[profiles.default]\napp_secret = 1\n', "config.wrong", "app_secret"),
        ('[profiles.default]\nsession = ["file-session"]\n', "config.wrong", "session"),
        ('[profiles.default]\nconnections = "many"\n', "config.wrong", "connections"),
        ("[profiles.default]\nconnections = 0\n", "config.wrong", "connections"),
        ("[profiles.default]\ntimeout = 0\n", "config.wrong", "timeout"),
        ('[profiles.default]\nlang = "fr"\n', "config.wrong", "lang"),
        ('[profiles.default]\nchannel = "closed"\n', "config.wrong", "channel"),
        ('[profiles.default]\nsign_method = "rot13"\n', "config.wrong", "sign_method"),
        ('[profiles.default]\ncategories = [["one"]]\n', "config.wrong", "categories"),
        ('[profiles.default.guards]\nprice_flor = "1"\n', "config.wrong", "guards.price_flor"),
        ('[profiles.default.guards]\nprice_floor = "cheap"\n', "config.wrong", "guards.price_floor"),
        ('[profiles.default.guards]\nprice_floor = "NaN"\n', "config.wrong", "guards.price_floor"),
        ("[profiles.default.guards]\nshare = 30\n", "config.wrong", "guards.share"),
        ('app_key = "1"\n', "config.wrong", "app_key"),
        ('profiles = "file-secret"\n', "config.wrong", "profiles"),
        ('[profiles]\ndefault = "file-secret"\n', "config.wrong", "profiles"),
        ('[profiles.default]\nsession = "file-session\n', "config.unreadable", "line 2"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, text: str, code: str, told: str) -> None:
    file = written(tmp_path, text)
    refusal = refused(None, file)
    assert refusal.message.code == code
    assert told in refusal.message.words("en") and file.name in refusal.message.words("en")


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    file = tmp_path / "settings.toml"
    file.write_bytes("gateway = '网关'".encode("gbk"))
    assert refused(None, file).message.code == "config.unreadable"


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CONNECTIONS", "env-secret"),
        ("CALLS_PER_SECOND", "-1"),
        ("SIGN_METHOD", "env-secret"),
        ("CATEGORIES", "env-secret"),
        ("GUARDS", "{env-secret"),
    ],
)
def test_what_is_wrong_in_a_variable_is_named(
    whole: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(f"ITEMSYNC_{variable}", value)
    for file in (None, whole):
        refusal = refused(None, file)
        assert refusal.message.code == "config.wrong"
        assert f"ITEMSYNC_{variable}" in refusal.message.words("en")


def test_a_profile_that_is_not_there(whole: Path) -> None:
    refusal = refused("third", whole)
    assert refusal.message.code == "config.no_profile"
    assert "third" in refusal.message.words("zh") and "default, second" in refusal.message.words("zh")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert refused(None, tmp_path / "gone.toml").message.code == "config.no_file"


@pytest.mark.parametrize("missing", ["GATEWAY", "APP_KEY", "APP_SECRET", "SESSION"])
def test_what_is_needed_to_call_is_named_if_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in {"GATEWAY", "APP_KEY", "APP_SECRET", "SESSION"} - {missing}:
        monkeypatch.setenv(f"ITEMSYNC_{name}", "env-secret")
    with pytest.raises(Refusal) as caught:
        load(None, None).require_gateway()
    told = caught.value.message.words("en")
    assert f"ITEMSYNC_{missing}" in told and "env-secret" not in told


def test_a_profile_shows_no_secret(whole: Path) -> None:
    shown = f"{load(None, whole)!r} {load(None, whole)}"
    assert "12345678" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_the_default_of_every_guard_is_the_designs() -> None:
    assert load(None, None).guards.limits() == Limits()
