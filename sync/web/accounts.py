"""A person's own account."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.errors import Refusal
from sync.messages import Message, say
from sync.web.forms import password
from sync.web.pages import render, see
from sync.web.people import access_of, require


def show(request: Request) -> Response:
    """Show who one is, and the form for another password."""
    return _page(request, changed="changed" in request.query_params)


async def change(request: Request) -> Response:
    """Give the person another password, which ends the sessions of the old one but this."""
    name, access = require(request, "view"), access_of(request)
    if access.local:
        raise HTTPException(404)
    async with request.form(max_files=0, max_fields=10) as form:
        now, new, again = (password(form, field) for field in ("now", "new", "again"))
    if new != again:
        return _page(request, say("people.differ"), 400)
    try:
        wait = await access.change_password(name, now, new, request.client.host if request.client else "")
    except Refusal as refusal:
        return _page(request, refusal.message, 400)
    if wait is not None:
        return _page(request, say("login.wait", seconds=wait) if wait else say("account.wrong"), 403)
    answer = see("/account?changed")
    await access.begin(request, answer, name)
    return answer


def _page(request: Request, trouble: Message | None = None, status: int = 200, *, changed: bool = False) -> Response:
    if access_of(request).local:
        raise HTTPException(404)
    return render(request, "account.html.j2", status, trouble=trouble, changed=changed)


ROUTES = [Route("/account", show), Route("/account", change, methods=["POST"])]
