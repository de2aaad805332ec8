"""Renders pages in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from sync.errors import GatewayDown, GuardTripped, Locked, Overtaken, Refusal, StateDown, Unfinished
from sync.item import clock_text
from sync.legible import legible
from sync.messages import LANGUAGES, Language, Worded, say
from sync.service.standing import ShopStanding, standing
from sync.web.people import access_of, may, person
from sync.web.site import at, of_shop, path_in_shop, site_of

LANGUAGE_COOKIE = "lang"
_STATUS: Mapping[type[Refusal], int] = {
    GatewayDown: 502,
    StateDown: 503,
    Locked: 409,
    Overtaken: 409,
    Unfinished: 409,
    GuardTripped: 409,
}

_AT_PAGE = {
    "itemsync resume": "page.instead.resume",
    "itemsync auth login": "page.instead.auth",
    "itemsync history": "page.instead.history",
    "itemsync undo": "page.instead.undo",
}
"""What a text tells to type, and where it is done at the page."""


def language_of(request: Request) -> Language:
    """Return the language of the reader: chosen, of the settings, or of the browser."""
    if chosen := next((one for one in LANGUAGES if one == request.cookies.get(LANGUAGE_COOKIE)), None):
        return chosen
    said: Language | None = request.app.state.lang
    if said:
        return said
    wanted = request.headers.get("accept-language", "").strip().lower()
    return "zh" if wanted.startswith("zh") else "en" if wanted.startswith("en") else "zh"


def render(request: Request, template: str, status: int = 200, **more: Any) -> Response:
    """Render a template. Every one of them has `t` (a text by its code), `w` (what says itself), and `top`."""
    text = rendered(request, template, **more)
    return HTMLResponse(text, status)


def rendered(request: Request, template: str, **more: Any) -> str:
    """Return a template's text."""
    lang = language_of(request)

    def t(code: str, /, **args: object) -> str:
        return legible(say(code, **args).words(lang))

    def w(worded: Worded | str | None) -> str:
        if worded is None or isinstance(worded, str):
            return legible(worded or "")
        text = legible(worded.words(lang))
        # Beside a question are its buttons.
        told = text.replace("itemsync resume --answer", "")
        return text + "".join(t(code) for command, code in _AT_PAGE.items() if command in told)

    known = {
        "request": request,
        "base": at(request, ""),
        "path": path_in_shop(request),
        "of_shop": of_shop(request),
        "fleet": hasattr(request.app.state, "fleet"),
        "lang": lang,
        "t": t,
        "w": w,
        "clock": _clock,
        "person": person(request),
        "may": lambda right: may(request, right),
        "accounts": not access_of(request).local,
        "top": lambda: top(request),
        "going": lambda run: site_of(request).jobs.activity_of_run(run) is not None,
    }
    return _environment().get_template(template).render(**known | more)


def top(request: Request) -> ShopStanding | None:
    """Return what stands on top of every page of a shop; None: it can't be opened, and the page itself says why.

    Who hasn't logged in learns nothing of the shop.
    """
    if person(request) is None or not of_shop(request):
        return None
    try:
        with site_of(request).open_shop() as shop:
            return standing(shop.context)
    except Refusal:
        return None


def refused(request: Request, refusal: Refusal) -> Response:
    """Say why something can't be done, and what to do."""
    status = next((code for kind, code in _STATUS.items() if isinstance(refusal, kind)), 400)
    return render(request, "error.html.j2", status, message=refusal.message)


def see(address: str) -> Response:
    """Lead the browser on, so that neither the back button nor a reload sends a form again."""
    return RedirectResponse(address, 303)


def _clock(moment: datetime | None) -> str:
    return clock_text(moment) if moment else ""


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("sync", "web/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
