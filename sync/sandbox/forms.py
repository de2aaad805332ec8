"""Names and values as a query string and a form have them."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import Request


def pairs(text: str) -> dict[str, str]:
    """Read `name=value&…`, URL-encoded; raises UnicodeDecodeError for what is no UTF-8."""
    return dict(parse_qsl(text, keep_blank_values=True, errors="strict"))


def query(request: Request) -> dict[str, str]:
    """Read a request's query string; raises UnicodeDecodeError."""
    return pairs(request.scope["query_string"].decode())


async def body(request: Request) -> str:
    """Read a request's body; raises UnicodeDecodeError, and ClientDisconnect for one that was cut off."""
    return (await request.body()).decode()
