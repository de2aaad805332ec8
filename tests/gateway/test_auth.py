"""Renewing: in time, once for all who want it, kept before it is used; and a run that can't have it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier

import pytest
import requests

from sync.errors import GatewayDown, Refusal
from sync.gateway.auth import RETRY_AFTER, FixedToken
from sync.gateway.secret_store import Secrets, SecretsFile
from sync.sandbox.authority import Terms
from sync.sandbox.server import Sandbox
from tests.clocks import HandClock
from tests.gateway.authorizing import OWNER, logged_in, renewing


@pytest.fixture
def clock() -> HandClock:
    return HandClock(datetime.now(UTC))


@pytest.fixture
def sandbox(clock: HandClock) -> Iterator[Sandbox]:
    with Sandbox(clock=clock) as sandbox:
        yield sandbox


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "secrets.json"


def no_space(handle: int) -> None:
    """A full disk."""
    raise OSError(28, "No space left on device")


def renewals(sandbox: Sandbox) -> int:
    return sandbox.authority.asked["refresh_token"]


def test_a_fixed_token_is_used_as_it_is() -> None:
    token = FixedToken("given")
    assert (token.token(), token.renewed("given")) == ("given", None)
    assert "given" not in repr(token)


def test_a_token_is_renewed_a_while_before_it_ends(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(minutes=114)
    assert (access.token(), renewals(sandbox)) == (first.text, 0)
    clock.move(minutes=1)
    second = access.token()
    assert second != first.text and renewals(sandbox) == 1
    assert sandbox.authority.opens(second)
    assert (access.token(), renewals(sandbox)) == (second, 1)


def test_a_run_outlives_many_tokens(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    sandbox.authority.terms = Terms(life=8)
    logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    for _ in range(50):
        clock.move(seconds=3)
        assert sandbox.authority.opens(access.token())
    assert renewals(sandbox) == 25


def test_a_newer_token_is_kept_before_it_is_used(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    """The refresh token is good once, so a process that dies right afterwards must have left the next one behind."""
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(hours=2)
    newer = access.token()
    kept = SecretsFile(file, OWNER).read().token
    assert kept and (kept.text, kept.refresh != first.refresh) == (newer, True)
    clock.move(hours=2)
    assert renewing(sandbox, clock, file).token() != newer
    assert renewals(sandbox) == 2


def test_a_vault_that_cannot_be_written_costs_no_refresh_token(
    sandbox: Sandbox, clock: HandClock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(minutes=116)
    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", no_space)
        assert (access.token(), renewals(sandbox)) == (first.text, 0)
        with pytest.raises(Refusal) as caught:
            access.prepare()
    assert caught.value.message.code == "secrets.unwritable"
    clock.move(seconds=RETRY_AFTER.total_seconds())
    assert sandbox.authority.opens(access.token())


def test_a_newer_token_that_cannot_be_kept_is_used_all_the_same(
    sandbox: Sandbox, clock: HandClock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk fills up while the server is asked: the old refresh token is worth nothing any more."""
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(minutes=116)
    with monkeypatch.context() as disk:
        fsync = os.fsync
        disk.setattr("os.fsync", lambda handle: no_space(handle) if renewals(sandbox) else fsync(handle))
        assert sandbox.authority.opens(access.token()) and access.token() != first.text
    clock.move(minutes=116)
    assert sandbox.authority.opens(access.token())
    kept = SecretsFile(file, OWNER).read().token
    assert kept and kept.text == access.token()
    assert renewals(sandbox) == 2


def test_a_refused_token_is_renewed_whatever_our_clock_says(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    newer = access.renewed(first.text)
    assert newer is not None and newer != first.text and access.token() == newer
    # Twenty threads were refused with the old token: the first one's renewal serves them all.
    assert [access.renewed(first.text) for _ in range(20)] == [newer] * 20
    assert renewals(sandbox) == 1


@pytest.mark.parametrize("moment", ["due", "refused"])
def test_many_threads_renew_once(sandbox: Sandbox, clock: HandClock, file: Path, moment: str) -> None:
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    if moment == "due":
        clock.move(hours=2)
    together = Barrier(8)

    def want(_: int) -> str | None:
        together.wait(10)
        return access.token() if moment == "due" else access.renewed(first.text)

    with ThreadPoolExecutor(8) as pool:
        tokens = set(pool.map(want, range(8)))
    assert len(tokens) == 1 and first.text not in tokens
    assert renewals(sandbox) == 1


@pytest.mark.parametrize("moment", ["due", "refused"])
def test_who_finds_a_newer_token_in_the_vault_takes_it(
    sandbox: Sandbox, clock: HandClock, file: Path, moment: str
) -> None:
    """Two processes, each with its own lock and memory: they meet in the secret store alone."""
    first = logged_in(sandbox, clock, file)
    accesses = [renewing(sandbox, clock, file) for _ in range(4)]
    if moment == "due":
        clock.move(hours=2)
    together = Barrier(4)

    def want(number: int) -> str | None:
        together.wait(10)
        access = accesses[number]
        return access.token() if moment == "due" else access.renewed(first.text)

    with ThreadPoolExecutor(4) as pool:
        tokens = set(pool.map(want, range(4)))
    assert len(tokens) == 1 and first.text not in tokens
    assert renewals(sandbox) == 1


def test_a_login_in_the_middle_of_a_run_is_noticed(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    sandbox.authority.terms = Terms(renewable=False)
    logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(minutes=116)
    anew = logged_in(sandbox, clock, file)
    assert access.token() == anew.text


@pytest.mark.parametrize(
    ("terms", "code"),
    [(Terms(renewable=False), "auth.ended"), (Terms(renews=False), "auth.refused")],
    ids=["not renewable", "refused"],
)
def test_a_token_that_cannot_be_renewed_is_used_to_its_end(
    sandbox: Sandbox, clock: HandClock, file: Path, terms: Terms, code: str
) -> None:
    sandbox.authority.terms = terms
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(hours=2)
    asked = [access.token() for _ in range(100)] + [access.renewed(first.text) for _ in range(100)]
    assert asked == [first.text] * 100 + [None] * 100
    assert renewals(sandbox) <= 1, "nobody asks again and again"
    with pytest.raises(Refusal) as caught:
        renewing(sandbox, clock, file).prepare()
    assert (caught.value.message.code, type(caught.value)) == (code, GatewayDown)
    assert "itemsync auth login" in caught.value.message.words("zh")


def test_a_token_that_lives_for_no_time_is_not_asked_for_again_and_again(
    sandbox: Sandbox, clock: HandClock, file: Path
) -> None:
    logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    sandbox.authority.terms = Terms(life=0)
    clock.move(hours=2)
    for _ in range(100):
        access.token()
    assert renewals(sandbox) == 1


def test_a_clock_that_is_set_back_keeps_nobody_from_renewing(
    sandbox: Sandbox, clock: HandClock, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    clock.move(hours=2)
    with monkeypatch.context() as disk:
        disk.setattr("os.fsync", no_space)
        assert access.token() == first.text
    clock.move(hours=-1)
    assert access.renewed(first.text) is not None


def test_a_run_may_begin_with_the_rest_of_a_token_that_cannot_be_renewed(
    sandbox: Sandbox, clock: HandClock, file: Path
) -> None:
    sandbox.authority.terms = Terms(renewable=False)
    first = logged_in(sandbox, clock, file)
    clock.move(minutes=119)
    assert renewing(sandbox, clock, file).prepare().text == first.text


def test_a_logout_stops_renewing(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    logged_in(sandbox, clock, file)
    access = renewing(sandbox, clock, file)
    SecretsFile(file, OWNER).write(Secrets())
    clock.move(hours=2)
    with pytest.raises(Refusal) as caught:
        access.renew()
    assert (caught.value.message.code, renewals(sandbox)) == ("auth.none", 0)


def test_the_sandbox_refuses_what_has_ended(sandbox: Sandbox, clock: HandClock, file: Path) -> None:
    """What the tests above rely on: a refresh token is good once."""
    token = logged_in(sandbox, clock, file)
    body = {
        "grant_type": "refresh_token",
        "refresh_token": token.refresh or "",
        "client_id": sandbox.app_key,
        "client_secret": sandbox.app_secret,
    }
    answers = [requests.post(f"{sandbox.origin}/token", data=body, timeout=10).status_code for _ in range(2)]
    assert answers == [200, 400]
