"""Puts the page behind everything that protects it."""

from __future__ import annotations

from html import escape
from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from starlette.requests import HTTPConnection
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sync.errors import Refusal
from sync.messages import say
from sync.web.security import STATIC, BodyLimit, OwnRequests, SafeAnswers, in_both, refusal
from sync.web.stream_limit import Answering, Streams

if TYPE_CHECKING:
    from sync.web.access import PageAccess

LOGIN = "/login"
OWN = ("/account", "/language", "/logout")
"""What a viewer may send, too; each handler asks for the right that it takes besides."""
_LEADING = """<!doctype html><html lang="zh"><meta charset="utf-8"><meta http-equiv="refresh" content="0; url={0}">
<title>itemsync</title><p><a href="{0}">{1} · {2}</a></p></html>
"""


def protected(app: ASGIApp, access: PageAccess) -> ASGIApp:
    """Return the page as it may be served: what comes to `app` is a person's own request, `scope["person"]`."""
    return SafeAnswers(OwnRequests(BodyLimit(KnownPeople(app, access)), access.address))


class KnownPeople:
    """Lets through only requests of people who are logged in, and what a browser needs before that."""

    def __init__(self, app: ASGIApp, access: PageAccess) -> None:
        self._app, self._access = app, access
        self._streams = Streams(access.clock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        if scope["path"].startswith(STATIC):
            return await self._app(scope, receive, send)
        request = HTTPConnection(scope)
        session = self._access.session(request)
        try:
            person = await self._access.person(session)
        except Refusal as trouble:
            return await in_both(trouble.message, HTTPStatus.SERVICE_UNAVAILABLE)(scope, receive, send)
        scope["access"], scope["person"] = self._access, person
        opening = scope["path"] == "/" and scope["method"] == "GET" and "token" in request.query_params
        if opening and (person or self._access.use_token(request.query_params["token"])):
            return await (await self._opened(request, known=person is not None))(scope, receive, send)
        if session is None or person is None:
            return await (self._app if scope["path"] == LOGIN else to_login(request))(scope, receive, send)

        async def goes_on() -> bool:
            return self._access.still(session) and await self._access.person(session) is not None

        if scope["method"] == "POST" and scope["path"] not in OWN and not person.may("edit"):
            return await refusal(HTTPStatus.FORBIDDEN, "role")(scope, receive, send)
        answering = Answering(send, self._streams, session.id, goes_on)
        try:
            return await self._app(scope, receive, answering)
        finally:
            answering.close()

    async def _opened(self, request: HTTPConnection, *, known: bool) -> Response:
        """Lead on to the address without the token, which is used by now."""
        answer = RedirectResponse("/", 303)
        if not known:
            await self._access.begin_local(request, answer)
        return answer


def to_login(request: HTTPConnection) -> Response:
    """Lead to the page for logging in, which leads back.

    By a page, not by a redirect: after a link on another site, browsers send the cookie only with what follows from
    a page of our own.
    """
    asked = request.scope["raw_path"].decode("latin-1")
    again = request.scope["method"] == "GET" and asked != "/"
    there = f"{LOGIN}?{urlencode({'next': asked})}" if again else LOGIN
    if request.headers.get("hx-request"):
        return Response(status_code=401, headers={"HX-Redirect": LOGIN})
    told = say("web.to_login")
    return HTMLResponse(_LEADING.format(escape(there), told.words("zh"), told.words("en")), 401)


def way_back(asked: str) -> str:
    """Return where to go after logging in: a page of our own, whatever an address asks for."""
    own = asked.startswith("/") and not asked.startswith(("//", LOGIN)) and "\\" not in asked
    return asked if own and asked.isascii() and asked.isprintable() else "/"
