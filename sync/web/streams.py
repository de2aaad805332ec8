"""What is under way, told as it goes (server-sent events). A page without a stream asks again and again instead."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sync.errors import Refusal
from sync.service.jobs import JobState
from sync.web.pages import rendered
from sync.web.runs import progress_text
from sync.web.site import site_of

EVERY = 0.5
"""Seconds between two looks: a plan is shown within a second after it is there."""
HEARD = 20
"""Looks after which something is sent even if nothing is new: so it shows whether anybody is still there."""


def of_run(request: Request) -> Response:
    """Follow a run."""
    run: int = request.path_params["run"]
    return _following(lambda: _quietly(lambda: progress_text(request, run)))


def of_job(request: Request) -> Response:
    """Follow a job until it is planned, or has become a run."""
    job: str = request.path_params["job"]
    return _following(lambda: _quietly(lambda: _reading(request, job)))


def _reading(request: Request, name: str) -> str | None:
    job = site_of(request).jobs.job(name)
    if job.state not in (JobState.READING, JobState.RUNNING) or job.run is not None:
        return None
    return rendered(request, "reading_part.html.j2", job=job, activity=site_of(request).jobs.activity(name))


def _quietly(look: Callable[[], str | None]) -> str | None:
    """End the stream where something is wrong: the page itself says what."""
    try:
        return look()
    except Refusal:
        return None


def _following(look: Callable[[], str | None]) -> Response:
    """Send what `look` returns whenever it is something else; None ends it."""
    headers = {"X-Accel-Buffering": "no"}
    return StreamingResponse(_events(look), media_type="text/event-stream", headers=headers)


async def _events(look: Callable[[], str | None]) -> AsyncIterator[str]:
    before, quiet = "", 0
    while (now := await run_in_threadpool(look)) is not None:
        quiet = 0 if now != before else quiet + 1
        if now != before:
            yield _event("progress", now)
        elif quiet % HEARD == 0:
            yield ":\n\n"
        before = now
        await asyncio.sleep(EVERY)
    yield _event("end", "-")


def _event(name: str, text: str) -> str:
    lines = "\n".join(f"data: {line}" for line in text.splitlines())
    return f"event: {name}\n{lines}\n\n"
