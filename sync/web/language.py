"""The reader's language, where it isn't the settings' or the browser's."""

from __future__ import annotations

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response

from sync.messages import LANGUAGES
from sync.web.forms import text
from sync.web.pages import LANGUAGE_COOKIE, see

_YEAR = 365 * 24 * 3600
"""Seconds."""


def choose(request: Request, form: FormData) -> Response:
    """Remember the language in this browser, and show the page again that it was chosen on."""
    back = text(form, "back")
    answer = see(back if back.startswith("/") and not back.startswith(("//", "/\\")) else "/")
    if (chosen := text(form, "lang")) in LANGUAGES:
        answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR, httponly=True, samesite="strict")
    return answer
