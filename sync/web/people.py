"""Who asks, and what they may do."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request

from sync.service.people import Person, Right
from sync.web.access import PageAccess


def person(request: Request) -> Person | None:
    """Return who asks; None: somebody who hasn't logged in, whom only the page for that is shown."""
    found: Person | None = request.scope["person"]
    return found


def may(request: Request, right: Right) -> bool:
    """Whether the person may `view`, `edit` or `approve`."""
    asking = person(request)
    return asking is not None and asking.may(right)


def require(request: Request, right: Right) -> str:
    """Return the person's name. Raises HTTPException (403) for one who may not."""
    asking = person(request)
    if asking is None or not asking.may(right):
        raise HTTPException(403)
    return asking.name


def access_of(request: Request) -> PageAccess:
    """Return who lets people in."""
    access: PageAccess = request.scope["access"]
    return access
