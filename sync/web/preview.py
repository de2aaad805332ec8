"""A job: its sheet is read, its plan is shown and decided about, and approved."""

from __future__ import annotations

import re
from typing import Any
from unicodedata import normalize

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from sync.errors import Refusal
from sync.messages import say
from sync.service.jobs import Job, JobState, ShownPlan
from sync.service.people import needs_other
from sync.service.request import Choices
from sync.web.forms import text, texts, whole
from sync.web.pages import language_of, render, see
from sync.web.people import person, require
from sync.web.rows import preview_rows
from sync.web.site import at, site_of
from sync.web.workbooks import kept_workbook

TILES = ("publish", "update", "delete", "none", "invalid", "blocked", "drift", "conflict", "stale")
"""The counts of a plan, each a filter."""
TABS = (
    "needs",
    "conflict",
    "drift",
    "stale",
    "price",
    "stock",
    "status",
    "publish",
    "delete",
    "other",
    "changes",
    "all",
)
"""The parts of a plan, in the order in which a person should look at them."""


def show(request: Request) -> Response:
    """Show a job as it stands."""
    job = _job(request)
    match job.state:
        case JobState.ENDED:
            return see(at(request, f"/runs/{job.run}"))
        case JobState.RUNNING if job.run is not None:
            return see(at(request, f"/runs/{job.run}"))
        case JobState.READING | JobState.RUNNING:
            return render(request, "reading.html.j2", job=job, activity=site_of(request).jobs.activity(job.id))
        case JobState.WAITING:
            return render(request, "preview.html.j2", **_preview(request, job))
    return render(request, "refused.html.j2", job=job)


def reading(request: Request) -> Response:
    """Show how far the reading is: a part of the page, that is asked for again and again."""
    job = _job(request)
    if job.state not in (JobState.READING, JobState.RUNNING) or job.run is not None:
        return Response(status_code=204, headers={"HX-Refresh": "true"})
    return render(request, "reading_part.html.j2", job=job, activity=site_of(request).jobs.activity(job.id))


def rows(request: Request) -> Response:
    """Show a page of the plan's rows: a part of the page."""
    return render(request, "preview_rows.html.j2", **_preview(request, _job(request)))


def tick(request: Request, form: FormData) -> Response:
    """Take a row into the run, or leave it out."""
    by = require(request, "edit")
    job, row = _job(request), whole(text(form, "row"))
    if row is not None:
        site_of(request).jobs.tick(job.id, row, by, included=str(row) in texts(form, "take"))
    return _after(request, job, form)


def settle(request: Request, form: FormData) -> Response:
    """Decide who wins at one path of a row."""
    by = require(request, "edit")
    job, row, choice = _job(request), whole(text(form, "row")), text(form, "choice")
    if row is not None:
        site_of(request).jobs.settle(job.id, row, text(form, "path"), choice, by)
    return _after(request, job, form)


def consent(request: Request, form: FormData) -> Response:
    """Consent to a guard, or take that back."""
    by = require(request, "edit")
    job, name = _job(request), text(form, "name")
    site_of(request).jobs.consent(job.id, name, by, given=name in texts(form, "guard"))
    return _after(request, job, form)


def approve(request: Request, form: FormData) -> Response:
    """Begin the run; a second time shows the run that there is."""
    by = require(request, "approve")
    job, jobs = _job(request), site_of(request).jobs
    if job.state is JobState.WAITING:
        # Chinese keyboards write wide digits.
        typed = normalize("NFKC", text(form, "deletions"))
        if typed and whole(typed) is None:
            raise Refusal(say("job.deletions", typed=typed, expected=jobs.tally(job.id).delete))
        jobs.approve(job.id, by, texts(form, "guard"), whole(typed), _shown(form))
    # Who approves one after another of many shops goes on where they are.
    return see("/" if text(form, "then") == "glance" else at(request, f"/jobs/{job.id}"))


def _shown(form: FormData) -> ShownPlan:
    """Return what the page showed when it was approved."""
    take = frozenset(texts(form, "take"))
    rows = {row: one in take for one in texts(form, "shown") if (row := whole(one)) is not None}
    choices = []
    for name in form:
        kind, _, place = name.partition("-")
        number, _, path = place.partition("-")
        if kind == "choice" and (row := whole(number)) is not None:
            choices.append((row, path, text(form, name)))
    return ShownPlan(rows, choices, frozenset(texts(form, "guard-shown")), whole(text(form, "decision")))


def drop(request: Request, form: FormData) -> Response:
    """Put a plan away."""
    by = require(request, "edit")
    site_of(request).jobs.drop(_job(request).id, by)
    return see(at(request, "/"))


def again(request: Request, form: FormData) -> Response:
    """Plan the sheet anew, perhaps another worksheet of it."""
    by = require(request, "edit")
    choices = _choices(form) if text(form, "more") else None
    new = site_of(request).jobs.again(_job(request).id, by, text(form, "worksheet") or None, choices)
    return see(at(request, f"/jobs/{new.id}"))


def _choices(form: FormData) -> Choices:
    """Read what was chosen beside the sheet."""
    codes = re.split(r"[\s,，、;；]+", text(form, "as_new"))
    return Choices(
        rekey=text(form, "rekey") == "yes",
        republish=text(form, "republish") == "yes",
        as_new=frozenset(filter(None, codes)),
    )


def correct(request: Request, form: FormData) -> Response:
    """Plan a copy of the workbook in which cells were corrected."""
    by = require(request, "edit")
    cells = zip(texts(form, "cell"), texts(form, "value"), strict=False)
    filled = {cell: value for cell, value in cells if value.strip()}
    job = _job(request)
    if not filled:
        return see(at(request, f"/jobs/{job.id}"))
    return see(at(request, f"/jobs/{site_of(request).jobs.correct(job.id, filled, by).id}"))


def sheet(request: Request) -> Response:
    """Give a job's workbook as it stands."""
    kept = site_of(request).jobs.workbook(_job(request).id)
    return kept_workbook(kept.name, kept.content)


def _job(request: Request) -> Job:
    return site_of(request).jobs.job(request.path_params["job"])


def _preview(request: Request, job: Job) -> dict[str, Any]:
    jobs, query = site_of(request).jobs, request.query_params
    counts = jobs.tabs(job.id)
    tab = query.get("tab") or next(one for one in (*TABS, "all") if counts.get(one) or one == "all")
    page = jobs.rows(job.id, tab, query.get("q", ""), whole(query.get("page", "")) or 1)
    return {
        "job": job,
        "counts": [(name, job.counts.get(name, 0)) for name in TILES],
        "tabs": [(name, counts.get(name, 0)) for name in TABS if counts.get(name) or name == tab],
        "tab": tab,
        "q": query.get("q", ""),
        "page": page,
        "rows": preview_rows(page.rows, language_of(request)),
        "tally": jobs.tally(job.id),
        "needs_other": needs_other(site_of(request).approval(), job.asked, person(request)),
    }


def _after(request: Request, job: Job, form: FormData) -> Response:
    """Show what a decision made of the plan."""
    if request.headers.get("hx-request"):
        try:
            tally = site_of(request).jobs.tally(job.id)
        except Refusal:
            # It was approved or put away meanwhile: the page itself shows how it stands.
            return Response(status_code=204, headers={"HX-Refresh": "true"})
        return render(request, "decided.html.j2", tally=tally)
    back = text(form, "back")
    return see(at(request, f"/jobs/{job.id}?{back}" if back else f"/jobs/{job.id}"))
