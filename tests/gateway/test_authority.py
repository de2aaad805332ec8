"""The authorization server: which one, what is asked of it, and what its refusals are told as."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import responses

from sync.errors import GatewayDown, Refusal
from sync.gateway.authority import PASTE, AuthorizationClient, authority_of
from sync.sandbox.server import Sandbox
from tests.clocks import START, HandClock
from tests.gateway.authorizing import authority, logged_in, pasted_code

LIVE = AuthorizationClient("https://oauth.taobao.com", "12345678", "the-app-secret", now=lambda: START)
TOKEN_ADDRESS = "https://oauth.taobao.com/token"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def refused(code: str, server: AuthorizationClient = LIVE) -> Refusal:
    """Let an exchange fail; whatever happened, neither secret nor code is told."""
    with pytest.raises(Refusal) as caught:
        server.exchange("the-code", PASTE)
    told = caught.value.message.words("zh") + caught.value.message.words("en")
    assert server.app_secret not in told and "the-code" not in told
    assert (caught.value.message.code, type(caught.value)) == (code, GatewayDown)
    return caught.value


@pytest.mark.parametrize(
    ("gateway", "expected"),
    [
        ("https://eco.taobao.com/router/rest", "https://oauth.taobao.com"),
        ("https://gw.api.taobao.com/router/rest", "https://oauth.taobao.com"),
        ("https://api.taobao.com/router/rest", "https://oauth.taobao.com"),
        ("http://gw.api.tbsandbox.com/router/rest", "https://oauth.tbsandbox.com"),
        ("http://127.0.0.1:8123/router/rest", "http://127.0.0.1:8123"),
        ("http://me:hunter2@localhost:8123/router/rest?x=1", "http://localhost:8123"),
        ("http://[::1]:8123/router/rest", "http://[::1]:8123"),
    ],
)
def test_every_gateway_has_its_authority(gateway: str, expected: str) -> None:
    assert authority_of(gateway) == expected


@pytest.mark.parametrize(
    "gateway", ["https://eco.taobao.com.evil.example/router/rest", "https://x.example", "nonsense"]
)
def test_a_secret_is_not_sent_to_a_stranger(gateway: str) -> None:
    with pytest.raises(Refusal) as caught:
        authority_of(gateway)
    assert caught.value.message.code == "auth.no_authority"


def test_the_page_is_asked_for_a_code() -> None:
    address = urlsplit(LIVE.page("http://127.0.0.1:8400/", "a b&c"))
    assert (address.netloc, address.path) == ("oauth.taobao.com", "/authorize")
    assert parse_qs(address.query) == {
        "response_type": ["code"],
        "client_id": ["12345678"],
        "redirect_uri": ["http://127.0.0.1:8400/"],
        "state": ["a b&c"],
    }
    assert "the-app-secret" not in repr(LIVE)


def test_a_code_becomes_a_token_and_a_token_a_newer_one(sandbox: Sandbox, tmp_path: Path) -> None:
    clock = HandClock(datetime.now(UTC))
    first = logged_in(sandbox, clock, tmp_path / "secrets.json")
    assert (first.nick, first.until - clock.at) == ("沙箱小店", timedelta(hours=2))
    second = authority(sandbox, clock).renew(first)
    assert {first.text, first.refresh}.isdisjoint({second.text, second.refresh})
    assert sandbox.authority.opens(second.text)


def test_a_code_is_good_once(sandbox: Sandbox) -> None:
    server = authority(sandbox, HandClock(datetime.now(UTC)))
    code = pasted_code(server.page(PASTE, "state"))
    server.exchange(code, PASTE)
    with pytest.raises(Refusal) as caught:
        server.exchange(code, PASTE)
    assert "invalid_grant" in caught.value.message.words("en")


def test_a_wrong_app_secret_is_told(sandbox: Sandbox) -> None:
    told = refused(
        "auth.refused", authority(sandbox, HandClock(datetime.now(UTC)), secret="a-wrong-secret")
    ).message.words("en")
    assert "client_secret is wrong" in told and "Check the app key and the app secret" in told


def test_what_the_server_echoes_is_not_passed_on() -> None:
    with responses.RequestsMock() as platform:
        words = f"no the-app-secret, no the-code: {'x' * 500}"
        platform.post(TOKEN_ADDRESS, json={"error": "invalid", "error_description": words}, status=400)
        told = refused("auth.refused").message.words("en")
    assert "no ***, no ***" in told and len(told) < 400


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>504</html>",
        "[]",
        '{"access_token": ""}',
        '{"access_token": "x"}',
        '{"error_response": {"code": 27}}',
    ],
)
def test_an_answer_that_is_none_is_told(body: str) -> None:
    with responses.RequestsMock() as platform:
        platform.post(TOKEN_ADDRESS, body=body)
        refused("auth.garbled")


def test_a_redirect_is_not_followed() -> None:
    with responses.RequestsMock() as platform:
        platform.post(TOKEN_ADDRESS, status=302, headers={"Location": "https://evil.example/token"})
        refused("auth.garbled")


def test_a_server_that_is_not_there_is_told() -> None:
    # Nobody listens on the discard port of this machine.
    refused("auth.unreachable", AuthorizationClient("http://127.0.0.1:9", "1", "the-app-secret"))
