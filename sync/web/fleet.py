"""The page of a fleet: all shops at a glance, what waits in them for an approval, and each shop's own page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import Scope

from sync.errors import Refusal
from sync.fleet.workbooks import StoredSheet
from sync.messages import say
from sync.service.authorizing import Authorizing
from sync.service.jobs import Jobs, JobState
from sync.service.paging import PAGE
from sync.service.people import needs_other
from sync.service.shop import Shop
from sync.web.access import GLANCE
from sync.web.app import application, shop_routes, site_routes
from sync.web.forms import whole
from sync.web.pages import render
from sync.web.people import may, person
from sync.web.preview import TILES
from sync.web.site import OfShop, Site
from sync.web.workbooks import kept_workbook

if TYPE_CHECKING:
    from sync.fleet.fleet import Fleet
    from sync.fleet.status import ShopStatus, WaitingPlan

SHOWN: Mapping[str, Callable[[ShopStatus], object]] = {
    "all": lambda _: True,
    "needs": lambda shop: shop.needs,
    "open": lambda shop: shop.open,
}
"""Which shops are shown, by the name of the filter."""


def make_fleet_app(
    fleet: Fleet, jobs_of: Callable[[str], Jobs], on_defect: Callable[[Exception], object]
) -> Starlette:
    """Return the page of a fleet.

    `jobs_of`: returns a shop's jobs. `on_defect`: told of what the program itself did wrong.
    """
    shops = Mount(
        "/shops/{shop}", routes=shop_routes(), middleware=[Middleware(OfShop, ShopSites(fleet, jobs_of).find)]
    )
    glance = [Route("/", show), Route(GLANCE, glanced)]
    app = application([*glance, shops, *site_routes()], fleet.lang, on_defect)
    app.state.fleet = fleet
    return app


class ShopSites:
    """The pages of a fleet's shops: a shop is opened for each look, and none is held open between two."""

    def __init__(self, fleet: Fleet, jobs_of: Callable[[str], Jobs]) -> None:
        self._fleet, self._jobs_of = fleet, jobs_of
        self._sites: dict[str, Site] = {}
        self._turn = Lock()

    async def find(self, scope: Scope) -> Site:
        """Return the page of the shop that an address names. Raises HTTPException (404) where there is none."""
        return await run_in_threadpool(self._found, scope["path_params"]["shop"])

    def _found(self, name: str) -> Site:
        if not self._fleet.has(name):
            raise HTTPException(404)
        with self._turn:
            # It is kept for what goes on between two requests: an authorization that is waited for.
            return self._sites.setdefault(name, self._site(name))

    def _site(self, name: str) -> Site:
        def open_shop() -> Shop:
            return self._fleet.open_shop(name)

        def approval() -> str:
            with open_shop() as shop:
                return shop.context.profile.approval

        def results(place: str) -> Response:
            workbooks = self._fleet.workbooks(name)
            sheet = workbooks.find(place)
            if not isinstance(sheet, StoredSheet):
                raise Refusal(say("page.download.elsewhere", sheet=sheet.name))
            book = workbooks.with_results(sheet.id)
            return kept_workbook(book.name, book.content)

        return Site(open_shop, self._jobs_of(name), Authorizing(open_shop), approval, results)


def show(request: Request) -> Response:
    """Show all shops, what waits in them, and the workers."""
    return render(request, "fleet.html.j2", **_glance(request))


def glanced(request: Request) -> Response:
    """Show the same, as a part of the page that is asked for again and again."""
    return render(request, "fleet_part.html.j2", **_glance(request))


def _glance(request: Request) -> dict[str, Any]:
    fleet: Fleet = request.app.state.fleet
    status, query = fleet.status(), request.query_params
    wanted, asked = query.get("show", "all"), query.get("q", "").strip()
    chosen = wanted if wanted in SHOWN else "all"
    found = [one for one in status.shops if SHOWN[chosen](one) and asked.casefold() in one.name.casefold()]
    pages = max(1, ceil(len(found) / PAGE))
    page = min(whole(query.get("page", "")) or 1, pages)
    shops = sorted(found, key=lambda one: not one.needs)[(page - 1) * PAGE : page * PAGE]
    return {
        "counts": [(name, sum(map(bool, map(shown, status.shops)))) for name, shown in SHOWN.items()],
        "chosen": chosen,
        "q": asked,
        "shops": shops,
        "paging": {"page": page, "pages": pages, "total": len(found)},
        "tiles_of_plan": TILES,
        "waiting": _waiting(request, status.waiting),
        "waiting_count": sum(one.jobs.get(JobState.WAITING, 0) for one in status.shops),
        "workers": status.workers,
        "address": address_of_shop,
    }


def _waiting(request: Request, plans: Sequence[WaitingPlan]) -> list[tuple[WaitingPlan, bool]]:
    """Return each plan that waits, and whether this person may approve it as it is, from here."""
    mine = may(request, "approve")
    return [
        (plan, mine and plan.plain and not needs_other(plan.approval, plan.job.asked, person(request)))
        for plan in plans
    ]


def address_of_shop(name: str) -> str:
    """Return where a shop's pages stand."""
    return f"/shops/{quote(name, safe='')}"
