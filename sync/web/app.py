"""The page's addresses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from sync.errors import Refusal
from sync.messages import Language
from sync.web import accounts, authorization, insight, items, language, login, preview, rules, runs, start, streams
from sync.web.forms import posted
from sync.web.pages import refused, render
from sync.web.site import OfShop, Site

_STATIC = Path(__file__).with_name("static")


def make_app(site: Site, lang: Language | None, on_defect: Callable[[Exception], object]) -> Starlette:
    """Return the page of a shop.

    `lang`: the language that the settings say; None: each browser's own. `on_defect`: told of what the program itself
    did wrong: the page shows no more than that.
    """

    async def only(_: Scope) -> Site:
        return site

    return application([*shop_routes(), *site_routes()], lang, on_defect, [Middleware(OfShop, only)])


def application(
    routes: Sequence[BaseRoute],
    lang: Language | None,
    on_defect: Callable[[Exception], object],
    middleware: Sequence[Middleware] = (),
) -> Starlette:
    """Return pages that say in words what goes wrong; the rest is as for `make_app`."""

    def defect(request: Request, error: Exception) -> Response:
        on_defect(error)
        answer = render(request, "error.html.j2", 500, code="page.defect")
        # The server lets go of the connection after a defect: who used it once more would be cut off.
        answer.headers["Connection"] = "close"
        return answer

    handlers = {Refusal: _refused, HTTPException: _failed, ClientDisconnect: _left, Exception: defect}
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.state.lang = lang
    return app


def shop_routes() -> list[BaseRoute]:
    """Return the addresses of a shop's pages, as they are below where it stands."""
    return [
        Route("/", start.start),
        Route("/sheets", posted(start.submit), methods=["POST"]),
        Route("/sheets/here", posted(start.submit_here), methods=["POST"]),
        Route("/quit", posted(start.leave), methods=["POST"]),
        Route("/resume", posted(start.resume), methods=["POST"]),
        Route("/jobs/{job}", preview.show),
        Route("/jobs/{job}/rows", preview.rows),
        Route("/jobs/{job}/reading", preview.reading),
        Route("/jobs/{job}/events", streams.of_job),
        Route("/jobs/{job}/tick", posted(preview.tick), methods=["POST"]),
        Route("/jobs/{job}/settle", posted(preview.settle), methods=["POST"]),
        Route("/jobs/{job}/consent", posted(preview.consent), methods=["POST"]),
        Route("/jobs/{job}/approve", posted(preview.approve), methods=["POST"]),
        Route("/jobs/{job}/drop", posted(preview.drop), methods=["POST"]),
        Route("/jobs/{job}/again", posted(preview.again), methods=["POST"]),
        Route("/jobs/{job}/cells", posted(preview.correct), methods=["POST"]),
        Route("/jobs/{job}/sheet", preview.sheet),
        Route("/runs", runs.history),
        Route("/runs/{run:int}", runs.show),
        Route("/runs/{run:int}/progress", runs.progress),
        Route("/runs/{run:int}/events", streams.of_run),
        Route("/runs/{run:int}/download", runs.download),
        Route("/runs/{run:int}/stop", posted(runs.stop), methods=["POST"]),
        Route("/runs/{run:int}/undo", posted(runs.undo), methods=["POST"]),
        Route("/runs/{run:int}/answer", posted(runs.answer), methods=["POST"]),
        Route("/runs/{run:int}/abandon", posted(runs.abandon), methods=["POST"]),
        Route("/items", items.find),
        Route("/items/{code:path}", items.show),
        Route("/rules", rules.show),
        *insight.ROUTES,
        *authorization.ROUTES,
    ]


def site_routes() -> list[BaseRoute]:
    """Return the addresses that a whole site has once, however many shops are on it."""
    return [
        Route("/language", posted(language.choose), methods=["POST"]),
        *login.ROUTES,
        *accounts.ROUTES,
        Mount("/static", StaticFiles(directory=_STATIC)),
    ]


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)  # noqa: S101
    return refused(request, error)


def _failed(request: Request, error: Exception) -> Response:
    """Say what an address has: nothing, or nothing for this person."""
    status = error.status_code if isinstance(error, HTTPException) else 400
    known = {403: "page.forbidden", 404: "page.nothing_here", 413: "web.refused.413"}
    code = known.get(status, "page.wrong_request")
    return render(request, "error.html.j2", status, code=code)


def _left(request: Request, error: Exception) -> Response:
    """Answer a browser that left in the middle of an upload: nobody hears it."""
    return Response(status_code=400)
