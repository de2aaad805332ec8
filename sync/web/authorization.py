"""The shop's authorization: until when it lasts, and a new one."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sync.errors import Refusal
from sync.messages import Message
from sync.service.authorizing import authorize_by_code, needs_secret, pasting_page
from sync.web.forms import posted, text
from sync.web.pages import render, see
from sync.web.people import access_of, may, require
from sync.web.site import at, site_of

HERE = "/authorization"


def show(request: Request) -> Response:
    """Show how the authorization stands, and how to get another."""
    return _page(request, site_of(request).authorizing.trouble)


def begin(request: Request, form: FormData) -> Response:
    """Wait for this machine's browser to come back from the platform."""
    require(request, "approve")
    if not access_of(request).local:
        # The platform leads to the browser's own machine, where nobody would listen.
        raise HTTPException(404)
    try:
        site_of(request).authorizing.begin(_secret(request, form))
    except Refusal as refusal:
        return _page(request, refusal.message, 400)
    return see(at(request, HERE))


def take(request: Request, form: FormData) -> Response:
    """Take the code that the seller was shown."""
    require(request, "approve")
    try:
        with site_of(request).open_shop() as shop:
            authorize_by_code(shop.context, text(form, "code"), _secret(request, form))
    except Refusal as refusal:
        return _page(request, refusal.message, 400)
    return see(at(request, HERE))


def _page(request: Request, trouble: Message | None, status: int = 200) -> Response:
    with site_of(request).open_shop() as shop:
        asked = may(request, "approve") and needs_secret(shop.context)
        there = pasting_page(shop.context) if may(request, "approve") else ""
    safe = access_of(request).local or access_of(request).address.secure
    ways = {"there": there, "waiting": site_of(request).authorizing.page, "asks_secret": asked, "safe": safe}
    return render(request, "authorization.html.j2", status, trouble=trouble, local=access_of(request).local, **ways)


def _secret(request: Request, form: FormData) -> str:
    """Return the app secret that was typed; never over a network that others can read."""
    access = access_of(request)
    return text(form, "secret") if access.local or access.address.secure else ""


ROUTES = [
    Route(HERE, show),
    Route(f"{HERE}/begin", posted(begin), methods=["POST"]),
    Route(f"{HERE}/code", posted(take), methods=["POST"]),
]
