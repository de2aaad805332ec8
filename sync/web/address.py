"""Where the page is reached: which names it answers to, and which origin its forms come from."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

from sync.errors import Refusal
from sync.messages import say

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "[::1]"})
_USUAL = {"http": 80, "https": 443}


@dataclass(frozen=True)
class PageAddress:
    """The address that the page listens at, and the one that people type."""

    host: str = "127.0.0.1"
    port: int = 8000
    public: str = ""
    """Where a proxy stands before the page: its address, such as `https://shop.example`; empty: none does."""
    tls: bool = False
    """Whether the page speaks TLS itself."""

    def __post_init__(self) -> None:
        """Raise Refusal for a `public` that is no address of a site."""
        if not self.public:
            return
        try:
            parts = urlsplit(self.public)
            wrong = parts.scheme not in _USUAL or not parts.hostname or parts.port == 0
        except ValueError:
            wrong = True
        if wrong or parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
            raise Refusal(say("web.public", address=self.public))

    @property
    def local(self) -> bool:
        """Whether only this machine reaches it: then its one person needs no account."""
        return not self.public and is_loopback(self.host)

    @property
    def scheme(self) -> str:
        """`http` or `https`, as the browser sees it."""
        return urlsplit(self.public).scheme if self.public else "https" if self.tls else "http"

    @property
    def address(self) -> str:
        """What a person types."""
        if self.public:
            return self.public.rstrip("/")
        host = self.host
        if host in {"0.0.0.0", "::", ""}:  # noqa: S104
            host = socket.gethostname()
        elif ":" in host:
            host = f"[{host}]"
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach it by TLS only."""
        return self.scheme == "https"

    def knows(self, host: str) -> bool:
        """Whether a `Host` header names this page.

        A stranger's site that lets its own name lead to this machine (DNS rebinding) is not among the names. An IP
        address can't be rebound: the browser's origin is then that address itself.
        """
        name, port = _parts(host.lower(), _USUAL[self.scheme])
        if self.public:
            public = urlsplit(self.public)
            return (name, port) == _parts(public.netloc.lower(), _USUAL[self.scheme])
        if port != self.port:
            return False
        return name in LOCAL_NAMES or (not self.local and (name in self._own_names or _is_address(name)))

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an `Origin` header is this page's own, as it was called by that `Host`."""
        scheme, separator, netloc = origin.lower().partition("://")
        usual = _USUAL[self.scheme]
        return bool(separator) and scheme == self.scheme and _parts(netloc, usual) == _parts(host.lower(), usual)

    @cached_property
    def _own_names(self) -> frozenset[str]:
        name = socket.gethostname().lower()
        return frozenset({name, f"{name}.local", socket.getfqdn().lower(), self.host.lower()})


def is_loopback(host: str) -> bool:
    """Whether a server that listens at `host` can be reached from this machine only."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _parts(netloc: str, usual: int) -> tuple[str, int]:
    """Return name and port; a port that is none gives -1, which no page has."""
    name, separator, port = netloc.rpartition(":")
    if not separator or "]" in port:
        return netloc, usual
    return name, int(port) if port.isascii() and port.isdigit() and len(port) <= 5 else -1


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True
