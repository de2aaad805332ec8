"""The seller's authorization: got in the browser, kept, renewed, told of before a run begins, and forgotten."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from sync.apply.executor import Clock
from sync.config import load
from sync.fields import PRICE
from sync.gateway.secret_store import Secrets, SecretsFile, SecretStore
from sync.gateway.token import Token
from sync.sandbox.authority import Terms
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from sync.service.context import Context
from sync.service.credentials import secret_store
from tests.cli.conftest import Command
from tests.cli.kills import meanwhile
from tests.cli.small_shop import CODES, goods, held, results, type_in
from tests.cli.test_process import process
from tests.clocks import HandClock
from tests.gateway.authorizing import say_yes

FREE = "http://127.0.0.1:0/"
Browse = Callable[[str], None]
LogIn = Callable[[], Token]


class Clocks:
    """This machine's and the platform's; only tests move them."""

    def __init__(self) -> None:
        self.ours = HandClock(datetime.now(UTC))
        self.theirs = HandClock(datetime.now(UTC))

    def move(self, **by: float) -> None:
        for clock in (self.ours, self.theirs):
            clock.move(**by)


@pytest.fixture
def clocks(monkeypatch: pytest.MonkeyPatch) -> Clocks:
    clocks = Clocks()
    monkeypatch.setattr(Context, "clock", property(lambda _: Clock(clocks.ours, time.sleep, time.monotonic)))
    return clocks


@pytest.fixture
def sandbox(clocks: Clocks) -> Iterator[Sandbox]:
    """A platform of each test's own; nobody has authorized anything there."""
    shop = OpenItemShop(clock=clocks.theirs)
    shop.load(map(goods, CODES))
    with Sandbox(shop, clock=clocks.theirs) as sandbox:
        yield sandbox


@pytest.fixture(autouse=True)
def nobody_yet(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No token anywhere; a browser there is, and no test opens the real one."""
    monkeypatch.delenv("ITEMSYNC_SESSION")
    monkeypatch.setenv("ITEMSYNC_REDIRECT", FREE)
    monkeypatch.setenv("ITEMSYNC_CONNECTIONS", "1")
    monkeypatch.setenv("ITEMSYNC_BATCH", "1")
    monkeypatch.setenv("BROWSER", "none")


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Browse:
    """Let the seller answer with one of the page's buttons whenever the browser is opened."""

    def answering(answer: str) -> None:
        monkeypatch.setattr("webbrowser.open", lambda page: Thread(target=say_yes, args=(page, answer)).start())

    return answering


@pytest.fixture
def log_in(itemsync: Command, browser: Browse) -> LogIn:
    """Let the seller authorize, on the sandbox's terms of now."""

    def now() -> Token:
        browser("authorize")
        ran = itemsync("auth", "login")
        assert ran.code == 0, ran.err
        return kept()

    return now


def the_vault() -> SecretStore:
    return secret_store(load(None, None))


def kept() -> Token:
    token = the_vault().read().token
    assert token is not None
    return token


# --- logging in ---------------------------------------------------------------------------------------------------
def test_the_seller_says_yes_in_the_browser_and_that_is_all(
    synced: Path, itemsync: Command, browser: Browse, folder: Path, sandbox: Sandbox
) -> None:
    assert itemsync("plan", synced, "--json").error == "auth.missing"
    browser("authorize")
    ran = itemsync("auth", "login")
    assert ran.code == 0
    assert f"{sandbox.origin}/authorize?response_type=code&client_id={sandbox.app_key}&" in ran.err
    assert "沙箱小店 已授权" in ran.out and "自动续期" in ran.out
    assert (folder / "config" / "itemsync" / "secrets.json").is_file()
    type_in(synced, "A-1", "价格", 25)
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500


def test_the_seller_may_say_no(itemsync: Command, browser: Browse) -> None:
    browser("refuse")
    ran = itemsync("auth", "login")
    assert ran.code == 4
    assert "access_denied" in ran.err and "Traceback" not in ran.err
    assert the_vault().read() == Secrets()


def test_a_stranger_who_calls_back_gets_nowhere(
    itemsync: Command, browser: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as a page that wants its own account to be the one that is authorized."""
    monkeypatch.setattr("sync.service.login.PATIENCE", 0.5)

    def stranger(page: str) -> None:
        Thread(target=say_yes, args=(page.replace("state=", "state=x"),)).start()

    monkeypatch.setattr("webbrowser.open", stranger)
    ran = itemsync("auth", "login")
    assert ran.code == 4 and "--paste" in ran.err
    assert the_vault().read() == Secrets()


def test_without_a_display_the_printed_address_is_enough(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    command = [sys.executable, "-m", "sync", "auth", "login"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as login:
        try:
            assert login.stderr is not None
            page = next(line for line in login.stderr if "/authorize?" in line)
            say_yes(page.strip())
            out, _ = login.communicate(timeout=60)
        finally:
            login.kill()
    assert login.returncode == 0 and "沙箱小店" in out
    assert kept().nick == "沙箱小店"


def test_there_is_nobody_to_type_the_app_secret(itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ITEMSYNC_APP_SECRET")
    ran = itemsync("auth", "login")
    assert (ran.code, "ITEMSYNC_APP_SECRET" in ran.err) == (2, True)


def test_a_gateway_whose_authority_nobody_knows(itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "https://gateway.example/router/rest")
    monkeypatch.delenv("ITEMSYNC_SETTLE")
    ran = itemsync("auth", "login")
    assert (ran.code, "gateway.example" in ran.err) == (2, True)


def test_a_login_that_is_given_up_undoes_no_renewal_that_came_meanwhile(
    log_in: LogIn, itemsync: Command, browser: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run renews its token at the very moment at which the login tries whether the secret store can be written."""
    newer = replace(log_in(), text="a-newer-token")
    vault_of_the_run, read = the_vault(), SecretsFile.read
    at_work = Thread(target=lambda: vault_of_the_run.write(Secrets(None, newer)))

    def read_and_be_slow(secret_store: SecretsFile) -> Secrets:
        found = read(secret_store)
        if at_work.ident is None:
            at_work.start()
            at_work.join(0.3)
        return found

    monkeypatch.setattr(SecretsFile, "read", read_and_be_slow)
    browser("refuse")
    assert itemsync("auth", "login").code == 4
    at_work.join(10)
    assert kept().text == newer.text


def test_a_session_that_is_set_goes_before_and_that_is_told(
    itemsync: Command, browser: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_SESSION", "given")
    browser("authorize")
    assert "ITEMSYNC_SESSION" in itemsync("auth", "login").err
    status = itemsync("auth", "status", "--json")
    assert (status.code, status.json["source"]) == (0, "ITEMSYNC_SESSION")


# --- status, refresh, logout ----------------------------------------------------------------------------------------
def test_status_says_who_until_when_and_for_what(log_in: LogIn, itemsync: Command, clocks: Clocks) -> None:
    logged_in = log_in()
    ran = itemsync("auth", "status")
    assert ran.code == 0
    assert "沙箱小店" in ran.out and "也可以修改商品" in ran.out
    told = itemsync("auth", "status", "--json").json
    assert (told["seller"], told["valid"], told["renewable"], told["may_write"]) == ("沙箱小店", True, True, True)
    assert logged_in.text not in ran.out and (logged_in.refresh or "-") not in ran.out
    clocks.move(days=31)
    assert itemsync("auth", "status").code == 4


def test_status_before_any_login(itemsync: Command) -> None:
    ran = itemsync("auth", "status", "--json")
    assert (ran.code, ran.error) == (4, "auth.none")


def test_refresh_renews_at_once(log_in: LogIn, itemsync: Command, sandbox: Sandbox) -> None:
    logged_in = log_in()
    assert itemsync("auth", "refresh").code == 0
    assert kept().text != logged_in.text
    assert sandbox.authority.asked["refresh_token"] == 1


def test_refresh_of_what_cannot_be_renewed(itemsync: Command, log_in: LogIn, sandbox: Sandbox) -> None:
    sandbox.authority.terms = Terms(renewable=False)
    log_in()
    ran = itemsync("auth", "refresh")
    assert (ran.code, "itemsync auth login" in ran.err) == (4, True)


def test_logout_forgets_the_token_and_says_what_stays(
    log_in: LogIn, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    log_in()
    the_vault().write(replace(the_vault().read(), app_secret=Sandbox.app_secret))
    ran = itemsync("auth", "logout")
    assert ran.code == 0 and "app secret 仍保存在" in ran.out
    assert the_vault().read() == Secrets(Sandbox.app_secret)
    monkeypatch.delenv("ITEMSYNC_APP_SECRET")
    assert itemsync("auth", "logout").code == 0
    assert itemsync("auth", "refresh").code == 2


# --- before a run ---------------------------------------------------------------------------------------------------
def test_reading_only_is_told_and_nothing_is_begun(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox
) -> None:
    sandbox.authority.terms = Terms(writes=False)
    log_in()
    type_in(synced, "A-1", "价格", 25)
    planned = itemsync("plan", synced)
    assert planned.code == 0 and "只能读取" in planned.err
    sandbox.calls.clear()
    for command in (("apply", synced, "--yes"), ("undo", 1, "--yes")):
        ran = itemsync(*command, "--json")
        assert (ran.code, ran.error) == (4, "auth.read_only")
    assert not sandbox.calls


def test_an_end_that_nobody_can_put_off_is_told_before_anything_is_read(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox, clocks: Clocks
) -> None:
    sandbox.authority.terms = Terms(renewable=False)
    log_in()
    assert itemsync("plan", synced).err == ""
    clocks.move(minutes=113)
    soon = itemsync("plan", synced)
    assert (soon.code, "7 分钟" in soon.err) == (0, True)
    clocks.move(minutes=7)
    sandbox.calls.clear()
    for name, *options in (("plan",), ("apply", "--yes")):
        ran = itemsync(name, synced, *options, "--json")
        assert (ran.code, ran.error) == (4, "auth.ended")
    assert not sandbox.calls


def test_a_run_that_may_take_longer_than_the_authorization_is_told(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox.authority.terms = Terms(life=1200, renewable=False)
    log_in()
    assert itemsync("plan", synced).err == ""
    # Three rows, at five calls a second: 21 minutes.
    monkeypatch.setattr("sync.service.authorization.CALLS_A_ROW", 2100)
    warned = itemsync("plan", synced).err
    assert "20 分钟" in warned and "21 分钟" in warned


# --- in a run -------------------------------------------------------------------------------------------------------
def test_what_ended_over_the_week_is_renewed_without_a_word(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox, clocks: Clocks
) -> None:
    log_in()
    clocks.move(days=7)
    type_in(synced, "A-1", "价格", 25)
    ran = itemsync("apply", synced, "--yes")
    assert (ran.code, ran.err) == (0, "")
    assert sandbox.authority.asked["refresh_token"] == 1


def test_a_run_outlives_its_token(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox, clocks: Clocks
) -> None:
    sandbox.authority.terms = Terms(life=10)
    log_in()
    for code in CODES:
        type_in(synced, code, "价格", 25)
    with meanwhile(lambda: clocks.move(seconds=11), number=2):
        assert itemsync("apply", synced, "--yes").code == 0
    assert sandbox.authority.asked["refresh_token"] == 1


def test_a_token_that_the_platform_ends_early_is_renewed_once(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox, clocks: Clocks
) -> None:
    """Its clock is ahead of ours, so that code 27 is the first that we hear of it."""
    sandbox.authority.terms = Terms(life=300)
    log_in()
    for code in CODES:
        type_in(synced, code, "价格", 25)
    with meanwhile(lambda: clocks.theirs.move(seconds=301), number=2):
        ran = itemsync("apply", synced, "--yes")
    assert ran.code == 0
    assert set(results(synced).values()) == {"完成"}
    assert sandbox.authority.asked["refresh_token"] == 1


def test_a_run_whose_token_cannot_be_renewed_goes_on_after_a_login(
    synced: Path, itemsync: Command, log_in: LogIn, sandbox: Sandbox, clocks: Clocks
) -> None:
    sandbox.authority.terms = Terms(life=300, renews=False)
    log_in()
    for code in CODES:
        type_in(synced, code, "价格", 25)
    with meanwhile(lambda: clocks.theirs.move(seconds=301), number=2):
        ran = itemsync("apply", synced, "--yes")
    assert ran.code == 4
    assert "itemsync auth login" in ran.err and "itemsync resume" in ran.err
    log_in()
    assert itemsync("resume").code == 0
    assert {held(sandbox, code)[PRICE] for code in CODES} == {2500}


def test_two_processes_renew_once(itemsync: Command, log_in: LogIn, sandbox: Sandbox) -> None:
    logged_in = log_in()
    assert itemsync("history").code == 0
    soon = logged_in.granted_at + timedelta(seconds=60)
    ending = replace(logged_in, granted_at=soon - timedelta(hours=2), until=soon, levels={})
    the_vault().write(Secrets(None, ending))
    with ThreadPoolExecutor(2) as both:
        ran = list(both.map(lambda _: process("profile", "check"), range(2)))
    assert [one.returncode for one in ran] == [0, 0], [one.stderr for one in ran]
    assert sandbox.authority.asked["refresh_token"] == 1
    assert os.environ["ITEMSYNC_APP_SECRET"] not in "".join(one.stdout + one.stderr for one in ran)
