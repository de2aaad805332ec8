"""Where the browser comes back to: one right visit counts, and no stranger's."""

from __future__ import annotations

import socket

import pytest
import requests

from sync.errors import GatewayDown, Refusal
from sync.gateway.callback import Callback

FREE = "http://127.0.0.1:0/"
LONG, SHORT = 10.0, 0.01
"""Seconds."""


def visit(callback: Callback, query: str, path: str = "") -> requests.Response:
    return requests.get(f"{callback.redirect}{path}?{query}", timeout=10)


def refused(callback: Callback, seconds: float) -> Refusal:
    with pytest.raises(Refusal) as caught:
        callback.wait(seconds)
    assert type(caught.value) is GatewayDown
    return caught.value


def test_the_code_comes_with_the_right_state() -> None:
    with Callback(FREE, "the state") as callback:
        page = visit(callback, "code=abc%2B1&state=the+state")
        assert callback.wait(LONG) == "abc+1"
    assert page.status_code == 200
    assert "可以关闭这个页面" in page.text and "you can close this window" in page.text
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("query", ["code=abc", "code=abc&state=", "code=abc&state=other", "error=no&state=other", ""])
def test_a_visit_with_another_state_neither_helps_nor_ends_the_waiting(query: str) -> None:
    with Callback(FREE, "state") as callback:
        page = visit(callback, query)
        assert page.status_code == 400 and "abc" not in page.text
        refused(callback, SHORT)
        visit(callback, "code=right&state=state")
        assert callback.wait(LONG) == "right"


def test_a_browser_asks_for_more_than_the_page() -> None:
    with Callback(FREE, "state") as callback:
        assert visit(callback, "code=abc&state=state", "favicon.ico").status_code == 404
        assert refused(callback, SHORT).message.code == "auth.nobody_came"


def test_the_seller_may_say_no() -> None:
    with Callback(FREE, "state") as callback:
        page = visit(callback, "error=access_denied&error_description=%3Cb%3Eno&state=state")
        refusal = refused(callback, LONG)
    assert "access_denied <b>no" in refusal.message.words("en")
    assert page.status_code == 200 and "<b>" not in page.text


def test_a_connection_that_says_nothing_holds_nobody_up() -> None:
    """Browsers open some beforehand."""
    with Callback(FREE, "state") as callback:
        port = int(callback.redirect.rsplit(":", 1)[1].strip("/"))
        with socket.create_connection(("127.0.0.1", port)):
            visit(callback, "code=abc&state=state")
            assert callback.wait(LONG) == "abc"


def test_the_address_that_was_registered_is_the_one_that_is_told() -> None:
    with Callback("http://localhost:0/back/here", "state") as callback:
        assert callback.redirect.startswith("http://localhost:") and callback.redirect.endswith("/back/here")
        assert ":0/" not in callback.redirect
        assert requests.get(f"{callback.redirect}?code=abc&state=state", timeout=10).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1:8400/",
        "http://192.168.1.2:8400/",
        "http://127.0.0.1:x/",
        "http://127.0.0.1/",
        "urn:ietf:wg:oauth:2.0:oob",
        "http://[::1",
    ],
)
def test_an_address_where_nobody_can_listen(address: str) -> None:
    with pytest.raises(Refusal) as caught:
        Callback(address, "state")
    assert caught.value.message.code == "auth.redirect"


def test_a_port_that_is_taken() -> None:
    with Callback(FREE, "state") as first, pytest.raises(Refusal) as caught, Callback(first.redirect, "state"):
        pass
    assert caught.value.message.code == "auth.port"
    assert "--paste" in caught.value.message.words("zh")
