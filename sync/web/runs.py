"""Runs: how far one is, what became of it, and the history."""

from __future__ import annotations

from datetime import timedelta
from math import ceil
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from sync.call import Result
from sync.codes import key_words
from sync.errors import Refusal
from sync.legible import legible
from sync.messages import say
from sync.service.paging import PAGE
from sync.service.resuming import ANSWERS
from sync.web.forms import text, texts, whole
from sync.web.pages import language_of, render, rendered, see
from sync.web.people import require
from sync.web.rows import result_named, run_rows
from sync.web.site import at, site_of

RESULTS = ("done", "failed", "skipped", "unknown", "invalid", "blocked", "none")
QUIET = timedelta(seconds=20)
"""A run that isn't carried out here and whose journal says nothing for so long may have been cut off."""
STILL = timedelta(seconds=5)
"""A journal that says nothing for so long: the run waits for something, and the page says so."""


def history(request: Request) -> Response:
    """Show the runs, the newest first."""
    page = whole(request.query_params.get("page", "")) or 1
    with site_of(request).open_shop() as shop:
        runs = shop.history()
    pages = max(1, ceil(len(runs) / PAGE))
    page = min(page, pages)
    shown = runs[(page - 1) * PAGE : page * PAGE]
    return render(request, "history.html.j2", runs=shown, paging={"page": page, "pages": pages, "total": len(runs)})


def show(request: Request) -> Response:
    """Show a run: how far it is, or what became of it."""
    run = _number(request)
    if going := progress_of(request, run):
        return render(request, "progress.html.j2", run=run, **going)
    query, jobs = request.query_params, site_of(request).jobs
    page_number, wanted = whole(query.get("page", "")) or 1, query.get("result", "")
    with site_of(request).open_shop() as shop:
        summary, progress = shop.summary_of(run), shop.progress(run)
        page = shop.run_page(run, result_named(wanted), query.get("q", ""), page_number)
        questions = shop.questions() if progress.results.get(Result.UNKNOWN) else {}
    return render(
        request,
        "results.html.j2",
        run=run,
        summary=summary,
        progress=progress,
        counts=[(name, sum(n for one, n in progress.results.items() if one.value == name)) for name in RESULTS],
        result=wanted,
        q=query.get("q", ""),
        page=page,
        rows=run_rows(page, language_of(request)),
        questions={
            code: asked for code, asked in questions.items() if code in {key_words(one.key) for one in page.results}
        },
        trouble=jobs.trouble_of_run(run),
        job=jobs.job_of_run(run),
    )


def progress(request: Request) -> Response:
    """Show how far a run is: a part of the page, that is asked for again and again."""
    run = _number(request)
    going = progress_of(request, run)
    if going is None:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return render(request, "progress_part.html.j2", run=run, **going)


def progress_text(request: Request, run: int) -> str | None:
    """Return how far a run is, as `progress` shows it; None: nobody works on it any more."""
    going = progress_of(request, run)
    return rendered(request, "progress_part.html.j2", run=run, **going) if going else None


def progress_of(request: Request, run: int) -> dict[str, Any] | None:
    """Return what the page says of a run under way, here or elsewhere as far as its journal tells; None: it isn't."""
    jobs = site_of(request).jobs
    activity = jobs.activity_of_run(run)
    with site_of(request).open_shop() as shop:
        if activity is None and ((left := shop.unfinished()) is None or left.id != run):
            return None
        progress = shop.progress(run)
        still = shop.context.clock.now() - progress.moved_at
    left_at = jobs.left_at(run)
    if activity is None and not (still < QUIET and (left_at is None or progress.moved_at > left_at)):
        return None
    return {"progress": progress, "waits": still > STILL, "activity": activity}


def stop(request: Request, form: FormData) -> Response:
    """Ask a run for a clean stop."""
    require(request, "edit")
    run = _number(request)
    if not site_of(request).jobs.stop(run):
        raise Refusal(say("page.stop.elsewhere", run=run))
    return see(at(request, f"/runs/{run}"))


def undo(request: Request, form: FormData) -> Response:
    """Plan the undo of a run, or of ticked rows."""
    by = require(request, "edit")
    job = site_of(request).jobs.undo(_number(request), texts(form, "code"), by)
    return see(at(request, f"/jobs/{job.id}"))


def answer(request: Request, form: FormData) -> Response:
    """Take a person's answer about a 库存增减 that got lost."""
    require(request, "approve")
    code, said = text(form, "code"), next((one for one in ANSWERS if one == text(form, "answer")), None)
    with site_of(request).open_shop() as shop:
        # An old page, or a second click, may answer what isn't asked any more, and something else may be by now.
        question = shop.questions().get(code)
        now = legible(question.words(language_of(request))).strip() if question else ""
        if said and question and text(form, "asked") in ("", now):
            shop.answer({code: said})
    return see(at(request, f"/runs/{_number(request)}"))


def abandon(request: Request, form: FormData) -> Response:
    """End a run that isn't finished where it stands."""
    require(request, "approve")
    run = _number(request)
    with site_of(request).open_shop() as shop:
        # Of an old page, the run may have come to its end by now.
        if (left := shop.unfinished()) and left.id == run:
            shop.abandon(run)
    return see(at(request, f"/runs/{run}"))


def download(request: Request) -> Response:
    """Give the workbook with the results."""
    with site_of(request).open_shop() as shop:
        place = shop.summary_of(_number(request)).sheet
    return site_of(request).results(place)


def _number(request: Request) -> int:
    number: int = request.path_params["run"]
    return number
