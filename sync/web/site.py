"""What the pages of one shop work with, and where they stand."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from starlette.requests import HTTPConnection
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sync.service.authorizing import Authorizing
from sync.service.jobs import Jobs
from sync.service.shop import Shop


@dataclass(frozen=True)
class Site:
    """One shop's page."""

    open_shop: Callable[[], Shop]
    """Opens the shop anew: one isn't for several threads."""
    jobs: Jobs
    authorizing: Authorizing
    approval: Callable[[], str]
    """Says who may approve: `any` approver, or an `other` than who submitted."""
    results: Callable[[str], Response]
    """Gives the workbook of a run, by the place that its sheet had. Raises Refusal for one that is kept elsewhere."""
    sheet: Path | None = None
    """The sheet of this machine that the page was started with."""
    quit: Callable[[], object] | None = None
    """Ends the page where no terminal does; None: a terminal does."""


class OfShop:
    """Tells the pages behind it which shop they are of."""

    def __init__(self, app: ASGIApp, find: Callable[[Scope], Awaitable[Site]]) -> None:
        """`find`: returns the shop's page that a request is for."""
        self._app, self._find = app, find

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        scope["site"] = await self._find(scope)
        await self._app(scope, receive, send)


def site_of(request: HTTPConnection) -> Site:
    """Return what the page works with; only pages of a shop have it."""
    site: Site = request.scope["site"]
    return site


def of_shop(request: HTTPConnection) -> bool:
    """Whether it is a page of a shop, and none of the whole site, such as the one for logging in."""
    return "site" in request.scope


def at(request: HTTPConnection, path: str) -> str:
    """Return the address of one of the shop's pages, wherever it stands among others; else of one of the site's."""
    return (quote(request.scope.get("root_path", "")) if of_shop(request) else "") + path


def path_in_shop(request: HTTPConnection) -> str:
    """Return which of the shop's pages it is: the path below where the shop stands."""
    path: str = request.scope["path"]
    return path.removeprefix(request.scope.get("root_path", ""))
