"""`/metrics`: asked by this machine itself, or by whoever has an account."""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections.abc import Callable
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sync.errors import Refusal
from sync.web.address import LOCAL_NAMES, is_loopback
from sync.web.security import in_both, refusal

if TYPE_CHECKING:
    from sync.web.access import PageAccess

METRICS = "/metrics"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_FORWARDED = ("forwarded", "x-forwarded-for", "via")
"""What a proxy adds: then it wasn't this machine that asked."""
_LONGEST = 1_000
"""Characters of a name and a password."""


class Metrics:
    """Answers `/metrics`, and leaves everything else to the pages."""

    def __init__(self, app: ASGIApp, access: PageAccess, text: Callable[[], bytes]) -> None:
        """`text`: makes the figures; may raise Refusal."""
        self._app, self._access, self._text = app, access, text

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] != METRICS or scope["method"] not in ("GET", "HEAD"):
            return await self._app(scope, receive, send)
        answer = await self._answer(scope, Headers(scope=scope))
        answer.headers["cache-control"] = "no-store"
        answer.headers["x-content-type-options"] = "nosniff"
        return await answer(scope, receive, send)

    async def _answer(self, scope: Scope, headers: Headers) -> Response:
        caller = scope["client"][0] if scope["client"] else ""
        if not self._of_this_machine(caller, headers):
            if not self._access.address.knows(headers.get("host", "")):
                return refusal(HTTPStatus.MISDIRECTED_REQUEST)
            if denied := await self._denied(headers.get("authorization", ""), caller):
                return denied
        try:
            return Response(await run_in_threadpool(self._text), media_type=CONTENT_TYPE)
        except Refusal as trouble:
            return in_both(trouble.message, HTTPStatus.SERVICE_UNAVAILABLE)

    def _of_this_machine(self, caller: str, headers: Headers) -> bool:
        """Whether a program of this machine asks. A page of a stranger's site that a browser here shows doesn't."""
        name = headers.get("host", "").lower().removesuffix(f":{self._access.address.port}")
        forwarded = any(one in headers for one in _FORWARDED)
        return is_loopback(caller) and name in LOCAL_NAMES and not forwarded

    async def _denied(self, given: str, caller: str) -> Response | None:
        """Say why somebody may not look; None: they may."""
        name, _, password = _basic(given).partition(":")
        if self._access.local or not name:
            return _asking()
        found = await self._access.log_in(name, password, caller)
        if not isinstance(found, int):
            return None
        return _asking(found)


def _asking(wait: int = 0) -> Response:
    """Ask for a name and a password; `wait`: seconds before the next try."""
    if wait:
        return PlainTextResponse("", HTTPStatus.TOO_MANY_REQUESTS, {"Retry-After": str(wait)})
    return PlainTextResponse("", HTTPStatus.UNAUTHORIZED, {"WWW-Authenticate": 'Basic realm="itemsync"'})


def _basic(given: str) -> str:
    """Return `name:password` of a header; empty: there is none."""
    kind, _, coded = given.partition(" ")
    if kind.lower() != "basic" or len(coded) > _LONGEST:
        return ""
    try:
        return b64decode(coded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
