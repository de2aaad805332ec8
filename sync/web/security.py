"""What every request is held to, and what every answer carries, whoever asks: plain ASGI, before any handler."""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sync.messages import Worded, say
from sync.web.address import PageAddress

READS, WRITES = ("GET", "HEAD"), ("POST",)
LONGEST_PATH, LONGEST_QUERY, LONGEST_HEAD = 1_000, 4_000, 16_384
"""Bytes, as they were sent; of all headers together."""
BODY, UPLOAD = 1 << 20, 64 << 20
"""Bytes that a form may have, and one with a workbook in it."""
UPLOADS = re.compile(r"(/shops/[^/]+)?/sheets")
"""Where workbooks are sent to."""
STATIC = "/static/"
_ODD_PATH = re.compile(r"[\x00-\x1f\x7f\\]|(^|/)\.\.?(/|$)|^//|^[^/]|^$")

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        *(f"{kind}-src 'self'" for kind in ("script", "style", "img", "font", "connect")),
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS: Mapping[str, str] = {
    "content-security-policy": CONTENT_SECURITY_POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    # Not `no-referrer`: with that, browsers hide the origin of our own forms, too.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class SafeAnswers:
    """Gives every answer its headers; what isn't a file of the program's own is kept by nobody."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                if not scope["path"].startswith(STATIC):
                    headers["cache-control"] = "no-store"
            await send(message)

        await self._app(scope, receive, safely if scope["type"] == "http" else send)


class OwnRequests:
    """Turns away what doesn't come from this page's own pages, and what no page of it would ask for."""

    def __init__(self, app: ASGIApp, address: PageAddress) -> None:
        self._app, self._address = app, address

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "lifespan":
            return await self._app(scope, receive, send)
        if scope["type"] != "http":
            # No page has a web socket; closing it before it is accepted answers 403.
            return await send({"type": "websocket.close"})
        if status := self._odd(scope) or self._strange(scope["method"], Headers(scope=scope)):
            return await refusal(status)(scope, receive, send)
        return await self._app(scope, receive, send)

    def _odd(self, scope: Scope) -> HTTPStatus | None:
        if scope["method"] not in (*READS, *WRITES):
            return HTTPStatus.METHOD_NOT_ALLOWED
        if len(scope["raw_path"] or b"") > LONGEST_PATH or len(scope["query_string"]) > LONGEST_QUERY:
            return HTTPStatus.REQUEST_URI_TOO_LONG
        if sum(len(name) + len(value) for name, value in scope["headers"]) > LONGEST_HEAD:
            return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        return HTTPStatus.BAD_REQUEST if _ODD_PATH.search(scope["path"]) else None

    def _strange(self, method: str, headers: Headers) -> HTTPStatus | None:
        """Tell requests that another site has a browser send.

        Over plain HTTP in a network, browsers send no `Sec-Fetch-Site`: there `Origin` alone decides.
        """
        host, origin, site = headers.get("host", ""), headers.get("origin"), headers.get("sec-fetch-site")
        if len(headers.getlist("host")) != 1 or not self._address.knows(host):
            return HTTPStatus.MISDIRECTED_REQUEST
        if method in READS:
            # A link may lead here from anywhere; pictures, scripts and frames of other sites may not.
            foreign = site in {"cross-site", "same-site"} and headers.get("sec-fetch-mode") != "navigate"
            return HTTPStatus.FORBIDDEN if foreign else None
        if origin is None:
            return None if site == "same-origin" else HTTPStatus.FORBIDDEN
        own = len(headers.getlist("origin")) == 1 and self._address.is_own(origin, host)
        return None if own and site in {None, "same-origin", "none"} else HTTPStatus.FORBIDDEN


class BodyLimit:
    """Ends a request whose body is too long, by what is really sent, whatever it says of itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        most = UPLOAD if UPLOADS.fullmatch(scope["path"]) else BODY
        said = Headers(scope=scope).get("content-length", "0")
        if not (said.isascii() and said.isdigit() and len(said) < 15) or int(said) > most:
            return await refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)(scope, receive, send)
        had = 0

        async def counted() -> Message:
            nonlocal had
            message = await receive()
            had += len(message.get("body", b""))
            if had > most:
                raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
            return message

        return await self._app(scope, counted, send)


def refusal(status: HTTPStatus, why: str = "") -> PlainTextResponse:
    """Return the answer to a request that comes to no handler, in both languages: whose it is isn't known yet."""
    return in_both(say(f"web.refused.{why or status.value}"), status)


def in_both(told: Worded, status: HTTPStatus) -> PlainTextResponse:
    """Return an answer in both languages."""
    return PlainTextResponse(f"{told.words('zh')}\n{told.words('en')}\n", status)
