"""What a browser sends, read in bounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

FIELDS = 5000
"""Fields of a form: a page has 200 rows, with a few choices each."""


def posted(handler: Callable[[Request, FormData], Response]) -> Callable[[Request], Awaitable[Response]]:
    """Read the form, and let the handler work on a thread of its own."""

    async def endpoint(request: Request) -> Response:
        async with request.form(max_files=1, max_fields=FIELDS) as form:
            return await run_in_threadpool(handler, request, form)

    return endpoint


def text(form: FormData, name: str) -> str:
    """Return what was typed into a field; empty: nothing, or no such field."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> tuple[str, ...]:
    """Return all that was chosen under a name."""
    return tuple(one for one in form.getlist(name) if isinstance(one, str))


def upload(form: FormData, name: str) -> UploadFile | None:
    """Return an uploaded file; None: no file was chosen."""
    value = form.get(name)
    return value if isinstance(value, UploadFile) and value.filename else None


def whole(given: str) -> int | None:
    """Return a whole number; None: it is none."""
    return int(given) if given.isascii() and given.isdigit() and len(given) < 10 else None


def password(form: FormData, name: str) -> str:
    """Return what was typed into a field, with the spaces around it."""
    value = form.get(name)
    return value if isinstance(value, str) else ""
