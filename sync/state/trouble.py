"""What the database says when it can't be read or written, in words."""

from __future__ import annotations

from sqlite3 import SQLITE_ERROR

from sqlalchemy.exc import DatabaseError, OperationalError, SQLAlchemyError

from sync.messages import Exit, Message, Refusal, say

_DAMAGED = ("malformed", "not a database", "no such table")
"""What SQLite says of a file that was damaged, or replaced by another while it was open."""


def trouble(error: BaseException) -> Message | None:
    """Say what is wrong with the state; None: it is something else, such as a mistake of our own in a statement."""
    if type(error) is not DatabaseError and not isinstance(error, OperationalError):
        return None
    # Not the whole error, which quotes the statement and with it any text of a sheet.
    words = str(error.orig)
    if any(sign in words for sign in _DAMAGED):
        return say("state.damaged")
    if getattr(error.orig, "sqlite_errorcode", None) == SQLITE_ERROR:
        return None
    return say("state.busy" if "locked" in words else "state.unwritable")


def refused(error: SQLAlchemyError) -> Refusal | SQLAlchemyError:
    """Return what to raise in an error's place: a Refusal (exit 5) where it is the state's, else itself."""
    told = trouble(error)
    return Refusal(told, Exit.UNFINISHED) if told else error
