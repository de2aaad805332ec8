"""Profiles: the file, the variables over it, the options over both; what is wrong is named, what is secret is not."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from sync.config import DEFAULT, FILE_NAME, Profile, load, profiles
from sync.errors import Refusal
from sync.gateway.protocol import SignMethod
from sync.limits import Limits

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

batch = 10
patience = 30

[profiles.default.guards]
price_floor = "9.90"
deletions = 3

[profiles.default.limits."taobao.open.item.get"]
calls_per_second = 40

[profiles.default.publish]
"_sys@schemaVersion" = 2
"品牌" = " OPI "

[profiles.second]
app_key = "2"
"""
on_posix = pytest.mark.skipif(os.name != "posix", reason="a file's mode says nothing here")
SECRETS = ("file-secret", "file-session", "hunter2", "env-secret", "env-session")


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty folder to work in, no variables, and no settings of the person who runs this."""
    for name in [name for name in os.environ if name.startswith("ITEMSYNC_")]:
        monkeypatch.delenv(name)
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.chdir(empty)
    monkeypatch.setattr("sync.config.file.user_config_path", lambda *_, **__: tmp_path / "user")


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    return written(tmp_path, WHOLE)


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(stat.S_IRUSR | stat.S_IWUSR)
    return file


def limits(profile: Profile) -> dict[str, tuple[float | None, int | None]]:
    return {name: (limit.calls_per_second, limit.calls_per_day) for name, limit in profile.limits.items()}


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
    assert (profile.app_secret, profile.session) == (
        "file-secret",
        "file-session",
    )
    assert (profile.sign_method, profile.calls_per_second, profile.calls_per_day) == (SignMethod.MD5, 8.5, 5000)
    assert (profile.connections, profile.timeout, profile.lang) == (2, 12.0, "zh")
    assert profile.categories == (("宠物", "猫咪用品"),)
    assert (profile.guards.price_floor, profile.guards.deletions) == (990, 3)
    assert (profile.batch, profile.patience) == (10, 30.0)
    assert limits(profile) == {"": (8.5, 5000), "taobao.open.item.get": (40.0, None)}
    assert profile.publish == {"_sys@schemaVersion": 2, "品牌": "OPI"}


def test_another_profile_of_the_file(whole: Path) -> None:
    profile = load("second", whole)
    assert (profile.profile, profile.app_key, profile.gateway) == ("second", "2", "")
    assert profile.guards == Limits()


def test_without_a_file_variables_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY", "APP_KEY"):
        monkeypatch.setenv(f"ITEMSYNC_{name}", f"https://{name}")
    load(None, None).require_gateway()


def test_without_anything_there_are_defaults() -> None:
    profile = load(None, None)
    assert (profile.profile, profile.channel, profile.timeout) == ("default", "open", 30.0)
    assert SignMethod(profile.sign_method) is SignMethod.HMAC_SHA256
    assert profile.state_place.endswith("state.db")
    assert profile.secrets_place.endswith("secrets.json")
    assert limits(profile) == {"": (None, None)}


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
    assert (profile.app_secret, profile.session) == (
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
    ("text", "code", "told", "line"),
    [
        ('[profiles.default]\nsesion = "file-session"\n', "config.unknown", "session", 2),
        ('[profiles.default]\nprofile = "x"\n', "config.unknown", "profile", 2),
        ('[profiles.default]\napp_secret = 1\n', "config.wrong", "app_secret", 2),
        ('[profiles.default]\n\nsession = ["file-session"]\n', "config.wrong", "session", 3),
        ('[profiles.default]\nconnections = "many"\n', "config.wrong", "connections", 2),
        ('[profiles.default]\nconnections = "4"\n', "config.wrong", "connections", 2),
        ("[profiles.default]\nconnections = true\n", "config.wrong", "connections", 2),
        ("[profiles.default]\nconnections = 0\n", "config.wrong", "connections", 2),
        ("[profiles.default]\ntimeout = 0\n", "config.wrong", "timeout", 2),
        ("[profiles.default]\ncalls_per_second = inf\n", "config.wrong", "calls_per_second", 2),
        ("[profiles.default]\nbatch = 21\n", "config.wrong", "batch", 2),
        ("[profiles.default]\ncalls_per_second = 1e307\n", "config.wrong", "calls_per_second", 2),
        ("[profiles.default]\ncalls_per_second = 1e-300\n", "config.wrong", "calls_per_second", 2),
        ("[profiles.default]\ncalls_per_day = 99999999999999999999\n", "config.wrong", "calls_per_day", 2),
        ('[profiles.default]\ngateway = "https://g.cn/router/rest"\nsettle = 9\n', "config.wrong", "settle", 3),
        ("[profiles.default]\nsettle = -1\n", "config.wrong", "settle", 2),
        ('[profiles.default]\nverify = "no"\n', "config.wrong", "verify", 2),
        ("[profiles.default]\npatience = -1\n", "config.wrong", "patience", 2),
        ("[profiles.default]\npatience = 1e18\n", "config.wrong", "patience", 2),
        ('[profiles.default]\nkeyring = "yes"\n', "config.wrong", "keyring", 2),
        ("[profiles.default]\ngateway = 2026-11-21\n", "config.wrong", "gateway", 2),
        ('[profiles.default]\nlang = "fr"\n', "config.wrong", "lang", 2),
        ('[profiles.default]\nchannel = "closed"\n', "config.wrong", "channel", 2),
        ('[profiles.default]\nsign_method = "rot13"\n', "config.wrong", "sign_method", 2),
        ('[profiles.default]\ncategories = [\n  ["one"],\n]\n', "config.wrong", "categories", 2),
        ('[profiles.default.guards]\nprice_flor = "1"\n', "config.unknown", "price_floor", 2),
        ('[profiles.default.guards]\nprice_floor = "cheap"\n', "config.wrong", "guards.price_floor", 2),
        ('[profiles.default.guards]\nprice_floor = "NaN"\n', "config.wrong", "guards.price_floor", 2),
        ("[profiles.default]\nguards.share = 30\n", "config.wrong", "guards.share", 2),
        ("[profiles]\n'default'.guards = {share = 30}\n", "config.wrong", "guards.share", 2),
        ('[profiles.default.limits]\n"open.item" = {}\n', "config.wrong", "taobao.open.item.get", 2),
        ('[profiles.default.limits."taobao.x"]\ncalls_per_secnd = 1\n', "config.unknown", "calls_per_second", 2),
        ('[profiles.default.limits."taobao.x"]\ncalls_per_day = 0\n', "config.wrong", "calls_per_day", 2),
        ('[profiles.default.publish]\n"_sys@price" = 1\n', "config.wrong", "publish._sys@price", 2),
        ('[profiles.default.publish]\n"a,b" = "x"\n', "config.wrong", "publish.a,b", 2),
        ('[profiles.default.publish]\n\n"品牌" = 5\n', "config.wrong", "publish.品牌", 3),
        ('[profiles.default.publish]\n"品牌" = " "\n', "config.wrong", "publish.品牌", 2),
        ('[profiles.default.publish]\n"_sys@domainId" = true\n', "config.wrong", "publish._sys@domainId", 2),
        ('[profiles.default.publish]\n"_sys@market" = 3\n', "config.wrong", "publish._sys@market", 2),
        ('[profiles.default]\npublish = "x"\n', "config.wrong", "publish", 2),
        ('app_key = "1"\n', "config.wrong", "app_key", 1),
        ('profiles = "file-secret"\n', "config.wrong", "profiles", 1),
        ('[profiles]\ndefault = "file-secret"\n', "config.wrong", "profiles", 1),
    ],
)  # fmt: skip
def test_what_is_wrong_in_the_file_is_named_with_its_line(
    tmp_path: Path, text: str, code: str, told: str, line: int
) -> None:
    file = written(tmp_path, text)
    refusal = refused(None, file)
    assert refusal.message.code == code
    assert f"{file}:{line})" in refusal.message.words("en")
    assert told in refusal.message.words("en")


def test_a_file_that_is_no_toml(tmp_path: Path) -> None:
    refusal = refused(None, written(tmp_path, '[profiles.default]\nsession = "file-session\n'))
    assert refusal.message.code == "config.unreadable"
    assert "line 2" in refusal.message.words("en")


def test_what_another_profile_says_is_not_looked_at(tmp_path: Path) -> None:
    file = written(tmp_path, '[profiles.default]\napp_key = "1"\n[profiles.other]\nnonsense = 1\n')
    assert load(None, file).app_key == "1"
    assert refused("other", file).message.code == "config.unknown"


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


@pytest.mark.parametrize("missing", ["GATEWAY", "APP_KEY"])
def test_what_is_needed_to_call_is_named_if_missing(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    for name in {"GATEWAY", "APP_KEY"} - {missing}:
        monkeypatch.setenv(f"ITEMSYNC_{name}", "something")
    with pytest.raises(Refusal) as caught:
        load(None, None).require_gateway()
    assert f"Not set: {missing.lower()}. Set the variables ITEMSYNC_{missing}," in caught.value.message.words("en")


def test_a_profile_shows_no_secret(whole: Path) -> None:
    shown = f"{load(None, whole)!r} {load(None, whole)}"
    assert "12345678" in shown
    assert not [secret for secret in SECRETS if secret in shown]


def test_the_default_of_every_guard_is_the_designs() -> None:
    assert load(None, None).guards == Limits()


# --- who said so -----------------------------------------------------------------------------------------------
def test_the_key_of_a_fleet_is_no_setting_and_no_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_KEY", "env-secret")
    assert "env-secret" not in repr(vars(load(None, None)))


def test_a_mistyped_variable_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_SECONDS", "env-secret")
    refusal = refused(None, None)
    assert refusal.message.code == "config.variable"
    told = refusal.message.words("en")
    assert "ITEMSYNC_CALLS_PER_SECONDS is no setting" in told and "mean ITEMSYNC_CALLS_PER_SECOND?" in told
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_SECONDS", "")
    load(None, None)


def test_every_setting_has_a_source(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "5")
    monkeypatch.setenv("ITEMSYNC_BATCH", "")
    found = load(None, whole, state="x.db", lang=None).sources
    assert {
        key: found.get(key, DEFAULT) for key in ("gateway", "timeout", "batch", "state", "redirect", "profile")
    } == {
        "gateway": f"{whole}:3",
        "timeout": "ITEMSYNC_TIMEOUT",
        "batch": f"{whole}:16",
        "state": "--state",
        "redirect": DEFAULT,
        "profile": DEFAULT,
    }
    assert (found["guards.deletions"], found["publish.品牌"]) == (f"{whole}:21", f"{whole}:28")


def test_the_profiles_own_source(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("second", whole).sources["profile"] == "--profile"
    monkeypatch.setenv("ITEMSYNC_PROFILE", "second")
    assert load(None, whole).sources["profile"] == "ITEMSYNC_PROFILE"
    assert load("second", whole).sources["app_key"] == f"{whole}:31"


def test_the_users_own_folder_comes_after_the_working_folder(tmp_path: Path) -> None:
    assert profiles(None) == (None, ())
    user = tmp_path / "user"
    user.mkdir()
    (user / FILE_NAME).write_text("[profiles.mine]\n", encoding="utf-8")
    assert profiles(None) == (user / FILE_NAME, ("mine",))
    Path(FILE_NAME).write_text("[profiles.here]\n", encoding="utf-8")
    assert profiles(None) == (Path(FILE_NAME), ("here",))


# --- who may read it -------------------------------------------------------------------------------------------
@on_posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o620, 0o660])
@pytest.mark.parametrize("key", ["app_secret", "session"])
def test_a_file_with_a_secret_is_its_owners_alone(tmp_path: Path, key: str, mode: int) -> None:
    file = written(tmp_path, f'[profiles.default]\n[profiles.other]\n{key} = "file-secret"\n')
    load(None, file)
    file.chmod(mode)
    refusal = refused(None, file)
    assert refusal.message.code == "secrets.exposed"
    assert f"chmod 600 {file}" in refusal.message.words("zh")


@on_posix
def test_a_secret_in_another_users_file_is_not_trusted(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: whole.stat().st_uid + 1)
    assert refused(None, whole).message.code == "secrets.not_ours"


@on_posix
def test_a_file_without_secrets_may_be_anybodys(tmp_path: Path) -> None:
    file = written(tmp_path, '[profiles.default]\napp_key = "1"\n')
    file.chmod(0o666)
    assert load(None, file).app_key == "1"
