"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from getpass import getuser
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request

Role = Literal["viewer", "editor", "approver"]
_MAY: dict[str, tuple[Role, ...]] = {
    "view": ("viewer", "editor", "approver"),
    "edit": ("editor", "approver"),
    "approve": ("approver",),
}


@dataclass(frozen=True)
class Person:
    """Who asks."""

    name: str
    role: Role


def person(request: Request) -> Person:
    """Return who asks; where nobody has to say so, whoever started the page."""
    found = request.scope.get("person")
    return found if isinstance(found, Person) else Person(_own_name(), "approver")


def may(request: Request, what: str) -> bool:
    """Whether the person may `view`, `edit` or `approve`."""
    return person(request).role in _MAY[what]


def require(request: Request, what: str) -> str:
    """Return the person's name. Raises HTTPException (403) for one who may not."""
    if not may(request, what):
        raise HTTPException(403)
    return person(request).name


def _own_name() -> str:
    try:
        return getuser()
    except (OSError, KeyError, ImportError):
        return ""
