"""Which gateways are the same one (docs/explanation/platform.md#one-call)."""

from __future__ import annotations

from urllib.parse import urlsplit

LIVE = ("eco.taobao.com", "gw.api.taobao.com", "api.taobao.com")
"""The platform's own: the same shops behind all of them."""
_PORTS = {"http": 80, "https": 443}
LOOPBACK = ("127.0.0.1", "localhost", "::1")
"""Names of this machine."""


def gateway_name(address: str) -> str:
    """Return the name of the gateway at `address`: its host, and its port unless that is the usual one."""
    parts = urlsplit(address)
    host = (parts.hostname or "").rstrip(".")
    try:
        port = parts.port
    except ValueError:
        port = None
    if host in LIVE:
        return LIVE[0]
    host = LOOPBACK[0] if host in LOOPBACK else host
    return host if port in (None, _PORTS.get(parts.scheme)) else f"{host}:{port}"
