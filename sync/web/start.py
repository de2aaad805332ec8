"""The first page: choose a sheet, go on with an unfinished run, see what waits."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sync.errors import Refusal
from sync.messages import say
from sync.service.paging import PAGE
from sync.web.forms import upload
from sync.web.pages import render, see
from sync.web.people import require
from sync.web.site import at, site_of


def start(request: Request) -> Response:
    """Show the page."""
    site = site_of(request)
    with site.open_shop() as shop:
        unfinished = shop.unfinished()
    waiting = site.jobs.waiting()[:PAGE]
    going = unfinished is not None and site.jobs.activity_of_run(unfinished.id) is not None
    known: dict[str, Any] = {"sheet": site.sheet, "waiting": waiting, "quits": site.quit is not None}
    return render(request, "start.html.j2", unfinished=None if going else unfinished, **known)


def submit(request: Request, form: FormData) -> Response:
    """Take an uploaded sheet."""
    by = require(request, "edit")
    sheet = upload(form, "sheet")
    if sheet is None:
        raise Refusal(say("page.no_file"))
    job = site_of(request).jobs.submit(sheet.filename or "", sheet.file, by)
    return see(at(request, f"/jobs/{job.id}"))


def submit_here(request: Request, form: FormData) -> Response:
    """Plan the sheet that the page was started with."""
    by = require(request, "edit")
    site = site_of(request)
    if site.sheet is None:
        raise Refusal(say("page.no_file"))
    return see(at(request, f"/jobs/{site.jobs.submit_file(site.sheet, by).id}"))


def resume(request: Request, form: FormData) -> Response:
    """Go on with the run that was cut off."""
    by = require(request, "approve")
    run = site_of(request).jobs.resume(by)
    return see(at(request, f"/runs/{run}" if run else "/"))


def leave(request: Request, form: FormData) -> Response:
    """End the page where no terminal does."""
    require(request, "approve")
    site = site_of(request)
    if site.quit is None:
        raise HTTPException(404)
    site.quit()
    return render(request, "left.html.j2")
