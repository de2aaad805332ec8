"""What the pages work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request

from sync.messages import Language
from sync.service.jobs import Jobs
from sync.service.shop import Shop


@dataclass(frozen=True)
class Site:
    """One shop's page."""

    open_shop: Callable[[], Shop]
    """Opens the shop anew: one isn't for several threads."""
    jobs: Jobs
    lang: Language | None = None
    """The language that the settings say; None: each browser's own."""
    approval: str = "any"
    """Who may approve: `any` approver, or an `other` than who submitted."""
    sheet: Path | None = None
    """The sheet of this machine that the page was started with."""
    on_defect: Callable[[Exception], object] = lambda _: None
    """Told of what the program itself did wrong: the page shows no more than that."""
    quit: Callable[[], object] | None = None
    """Ends the page where no terminal does; None: a terminal does."""


def site_of(request: Request) -> Site:
    """Return what the page works with."""
    site: Site = request.app.state.site
    return site
