"""What goes wrong in the rooms below and has no words of its own yet."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sync.errors import Refusal, StateDown
from sync.messages import say

P = ParamSpec("P")
T = TypeVar("T")


def in_words(error: Exception) -> Refusal | None:
    """Return what to tell a person of `error`; None: it is a defect of this program."""
    from sync.state.database_errors import trouble

    if of_state := trouble(error):
        return StateDown(of_state)
    if isinstance(error, OSError) and error.filename:
        return Refusal(say("file.trouble", file=str(error.filename), reason=error.strerror or str(error.errno)))
    if isinstance(error, UnicodeEncodeError):
        # Its own words may hold a secret.
        return Refusal(say("text.unsayable"))
    return None


def worded(job: Callable[P, T]) -> Callable[P, T]:
    """Make a job raise a Refusal where the state or a file is what went wrong."""

    @wraps(job)
    def told(*args: P.args, **options: P.kwargs) -> T:
        try:
            return job(*args, **options)
        except Refusal:
            raise
        except Exception as error:
            if refusal := in_words(error):
                # Its own words may quote what a sheet or an address says.
                raise refusal from None
            raise

    return told
