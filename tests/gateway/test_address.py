"""Which gateways are the same one."""

from __future__ import annotations

import pytest

from sync.address import gateway_name

SAME = [
    ("https://eco.taobao.com/router/rest", "https://gw.api.taobao.com/router/rest"),
    ("https://eco.taobao.com/router/rest", "http://api.taobao.com:80/router/rest"),
    ("https://ECO.taobao.com:443/router/rest", "http://eco.taobao.com/router/rest"),
    ("http://localhost:8200/router/rest", "http://127.0.0.1:8200/router/rest"),
    ("http://[::1]:8200/router/rest", "http://127.0.0.1:8200/"),
    ("https://proxy.example.com/top", "https://proxy.example.com:443/router/rest"),
]
OTHER = [
    ("http://gw.api.tbsandbox.com/router/rest", "https://gw.api.taobao.com/router/rest"),
    ("http://127.0.0.1:8200/router/rest", "http://127.0.0.1:8201/router/rest"),
    ("https://proxy.example.com/router/rest", "https://proxy.example.com:8443/router/rest"),
    ("https://eco.taobao.com.example.com/router/rest", "https://eco.taobao.com/router/rest"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_the_same(one: str, other: str) -> None:
    assert gateway_name(one) == gateway_name(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_another(one: str, other: str) -> None:
    assert gateway_name(one) != gateway_name(other)


def test_no_secret_is_in_a_name() -> None:
    assert gateway_name("https://me:secret@gate.example.com:9/router?key=k") == "gate.example.com:9"
