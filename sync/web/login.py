"""Logging in and out."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.messages import Message, say
from sync.web.forms import password, text
from sync.web.pages import render, see
from sync.web.people import access_of, person
from sync.web.protection import LOGIN, way_back

TOO_MANY = 429


def show(request: Request) -> Response:
    """Show the page for logging in; who has done so goes on to where they were led from."""
    back = way_back(request.query_params.get("next", "/"))
    if person(request):
        return see(back)
    return _page(request, back)


async def log_in(request: Request) -> Response:
    """Let a person in whose password it is."""
    access = access_of(request)
    async with request.form(max_files=0, max_fields=10) as form:
        name, given, back = text(form, "name"), password(form, "password"), way_back(text(form, "next"))
    if access.local:
        return _page(request, back)
    address = request.client.host if request.client else ""
    found = await access.log_in(name, given, address)
    if isinstance(found, int):
        wait = say("login.wait", seconds=found) if found else None
        return _page(request, back, wait or say("login.wrong"), TOO_MANY if wait else 403)
    answer = see(back)
    await access.begin(request, answer, found.name)
    return answer


def log_out(request: Request) -> Response:
    """End the session."""
    answer = see(LOGIN)
    access_of(request).end(request, answer)
    return answer


def _page(request: Request, back: str, trouble: Message | None = None, status: int = 200) -> Response:
    return render(request, "login.html.j2", status, back=back, trouble=trouble)


ROUTES = [
    Route(LOGIN, show),
    Route(LOGIN, log_in, methods=["POST"]),
    Route("/logout", log_out, methods=["POST"]),
]
