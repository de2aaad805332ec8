"""The authorization server's addresses: `/authorize`, where a seller consents, and `/token`."""

from __future__ import annotations

from functools import cache
from urllib.parse import urlencode, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from sync.sandbox import forms
from sync.sandbox.authority import NICK, OUT_OF_BAND, Denied, TokenIssuer
from sync.sandbox.platform import Platform

ASKED = ("response_type", "client_id", "redirect_uri", "state")
"""What the page carries from its address to its form."""
CONSENT = "authorize"
"""The value of the button that consents; the other one refuses."""
KEPT_NOWHERE = {"Cache-Control": "no-store"}


class ConsentPage:
    """Shows the page, takes the seller's answer, and hands out tokens."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self.routes = [
            Route("/authorize", self._ask, methods=["GET"]),
            Route("/authorize", self._answered, methods=["POST"]),
            Route("/token", self._token, methods=["POST"]),
        ]

    @property
    def _authority(self) -> TokenIssuer:
        return self._platform.authority

    async def _ask(self, request: Request) -> Response:
        try:
            asked = forms.query(request)
            self._authority.check(asked, self._platform.application)
        except (Denied, UnicodeDecodeError) as error:
            return _page(400, denied=str(error))
        return _page(200, asked={name: asked[name] for name in ASKED if name in asked})

    async def _answered(self, request: Request) -> Response:
        try:
            asked = forms.pairs(await forms.body(request))
            self._authority.check(asked, self._platform.application)
        except (Denied, UnicodeDecodeError, ClientDisconnect) as error:
            return _page(400, denied=str(error))
        redirect = asked["redirect_uri"]
        consents = asked.get("answer") == CONSENT
        if redirect == OUT_OF_BAND:
            return _page(200, code=self._authority.code(redirect) if consents else None)
        refusal = {"error": "access_denied", "error_description": "the seller did not consent"}
        answer = {"code": self._authority.code(redirect)} if consents else refusal
        state = {"state": asked["state"]} if "state" in asked else {}
        joint = "&" if urlsplit(redirect).query else "?"
        return RedirectResponse(f"{redirect}{joint}{urlencode(answer | state)}", 302, KEPT_NOWHERE)

    async def _token(self, request: Request) -> Response:
        try:
            asked = forms.query(request) | forms.pairs(await forms.body(request))
            answer = self._authority.token(asked, self._platform.application)
        except (UnicodeDecodeError, ClientDisconnect) as error:
            return _error("invalid_request", str(error))
        except Denied as denied:
            return _error(denied.error, denied.description)
        return JSONResponse(dict(answer), headers=KEPT_NOWHERE)


def _error(error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, 400, KEPT_NOWHERE)


def _page(status: int, **shown: object) -> Response:
    """Show the form (`asked`), the code to paste or its refusal (`code`), or why there is neither (`denied`)."""
    return HTMLResponse(_template().render(nick=NICK, consent=CONSENT, **shown), status, KEPT_NOWHERE)


@cache
def _template() -> Template:
    loader = PackageLoader("sync", "sandbox")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.get_template("consent.html.j2")
