"""What is under way, told as it goes (server-sent events). A page without a stream asks again and again instead."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from sync.errors import Refusal
from sync.service.jobs import JobState
from sync.web.pages import rendered
from sync.web.runs import progress_text
from sync.web.site import site_of

EVERY = 1.0
"""Seconds between two looks."""
MOST, MOST_OF_ONE = 100, 3
"""Streams at once, and of one browser: a browser makes six connections to a site, and pages need some of them."""


class Streams:
    """The streams that are open."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()

    def follow(self, request: Request, look: Callable[[], str | None]) -> Response:
        """Send what `look` returns whenever it is something else; None ends it. 204: ask again and again instead."""
        who = f"{request.client.host if request.client else ''} {request.headers.get('cookie', '')}"
        if self._open.total() >= MOST or self._open[who] >= MOST_OF_ONE:
            return Response(status_code=204)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(self._events(who, look), media_type="text/event-stream", headers=headers)

    async def _events(self, who: str, look: Callable[[], str | None]) -> AsyncIterator[str]:
        self._open[who] += 1
        before = ""
        try:
            while (now := await run_in_threadpool(look)) is not None:
                if now != before:
                    yield _event("progress", now)
                    before = now
                await asyncio.sleep(EVERY)
            yield _event("end", "-")
        finally:
            self._open[who] -= 1
            self._open += Counter()


def of_run(request: Request) -> Response:
    """Follow a run."""
    run: int = request.path_params["run"]
    return _streams(request).follow(request, lambda: _quietly(lambda: progress_text(request, run)))


def of_job(request: Request) -> Response:
    """Follow a job until it is planned, or has become a run."""
    job: str = request.path_params["job"]
    return _streams(request).follow(request, lambda: _quietly(lambda: _reading(request, job)))


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


def _streams(request: Request) -> Streams:
    streams: Streams = request.app.state.streams
    return streams


def _event(name: str, text: str) -> str:
    lines = "\n".join(f"data: {line}" for line in text.splitlines())
    return f"event: {name}\n{lines}\n\n"
