"""Which names the page answers to, and which origin is its own."""

from __future__ import annotations

import socket

import pytest

from sync.errors import Refusal
from sync.web.address import PageAddress

LOCAL = PageAddress("127.0.0.1", 8420)
LAN = PageAddress("0.0.0.0", 8420)
BEHIND = PageAddress("127.0.0.1", 8420, public="https://shop.example")
TLS = PageAddress("192.168.1.5", 443, tls=True)
OWN_NAME = socket.gethostname().lower()


@pytest.mark.parametrize(
    ("address", "host", "known"),
    [
        (LOCAL, "127.0.0.1:8420", True),
        (LOCAL, "localhost:8420", True),
        (LOCAL, "LocalHost:8420", True),
        (LOCAL, "[::1]:8420", True),
        (LOCAL, "127.0.0.1", False),
        (LOCAL, "127.0.0.1:8421", False),
        (LOCAL, "127.0.0.1:0x20e4", False),
        (LOCAL, "127.0.0.1:８４２０", False),
        (LOCAL, "evil.example:8420", False),
        (LOCAL, "127.0.0.1.evil.example:8420", False),
        (LOCAL, "evil.example:8420@127.0.0.1:8420", False),
        (LOCAL, "192.168.1.5:8420", False),
        (LOCAL, "", False),
        (LOCAL, ":8420", False),
        (LAN, "192.168.1.5:8420", True),
        (LAN, "[fd00::5]:8420", True),
        (LAN, f"{OWN_NAME}:8420", True),
        (LAN, "localhost:8420", True),
        (LAN, "evil.example:8420", False),
        (LAN, "192.168.1.5.nip.io:8420", False),
        (LAN, "192.168.1.5:80", False),
        (BEHIND, "shop.example", True),
        (BEHIND, "shop.example:443", True),
        (BEHIND, "127.0.0.1:8420", False),
        (BEHIND, "evil.example", False),
        (TLS, "192.168.1.5", True),
    ],
)
def test_a_host_is_known_or_not(address: PageAddress, host: str, known: bool) -> None:
    assert address.knows(host) is known


@pytest.mark.parametrize(
    ("address", "origin", "host", "own"),
    [
        (LOCAL, "http://127.0.0.1:8420", "127.0.0.1:8420", True),
        (LOCAL, "HTTP://LOCALHOST:8420", "localhost:8420", True),
        (LOCAL, "http://localhost:8420", "127.0.0.1:8420", False),
        (LOCAL, "http://127.0.0.1:9999", "127.0.0.1:8420", False),
        (LOCAL, "https://127.0.0.1:8420", "127.0.0.1:8420", False),
        (LOCAL, "http://evil.example", "127.0.0.1:8420", False),
        (LOCAL, "null", "127.0.0.1:8420", False),
        (LOCAL, "", "127.0.0.1:8420", False),
        (LOCAL, "127.0.0.1:8420", "127.0.0.1:8420", False),
        (LAN, "http://192.168.1.5:8420", "192.168.1.5:8420", True),
        (LAN, "http://192.168.1.6:8420", "192.168.1.5:8420", False),
        (BEHIND, "https://shop.example", "shop.example", True),
        (BEHIND, "https://shop.example:443", "shop.example", True),
        (BEHIND, "http://shop.example", "shop.example", False),
        (BEHIND, "https://evil.shop.example", "shop.example", False),
    ],
)
def test_an_origin_is_the_pages_own_or_not(address: PageAddress, origin: str, host: str, own: bool) -> None:
    assert address.is_own(origin, host) is own


@pytest.mark.parametrize(
    ("host", "public", "local"),
    [
        ("127.0.0.1", "", True),
        ("127.8.8.8", "", True),
        ("::1", "", True),
        ("localhost", "", True),
        ("0.0.0.0", "", False),
        ("::", "", False),
        ("192.168.1.5", "", False),
        ("localhost.example", "", False),
        ("127.0.0.1", "https://shop.example", False),
    ],
)
def test_only_this_machine_alone_needs_no_accounts(host: str, public: str, local: bool) -> None:
    assert PageAddress(host, 8420, public=public).local is local


@pytest.mark.parametrize(
    "public",
    [
        "shop.example",
        "ftp://shop.example",
        "https://",
        "https://a:b@c",
        "https://a/b",
        "https://a:99999",
        "https://a?b",
    ],
)
def test_a_public_address_is_that_of_a_site(public: str) -> None:
    with pytest.raises(Refusal) as caught:
        PageAddress("127.0.0.1", 8420, public=public)
    assert caught.value.message.code == "web.public"


def test_what_a_person_types() -> None:
    assert LOCAL.address == "http://127.0.0.1:8420"
    assert LAN.address == f"http://{socket.gethostname()}:8420"
    assert BEHIND.address == "https://shop.example"
    assert PageAddress("::1", 8420).address == "http://[::1]:8420"
