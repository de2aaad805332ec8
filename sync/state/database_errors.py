"""What the database says when it can't be read or written, in words."""

from __future__ import annotations

import sqlite3

from pydantic import ValidationError
from sqlalchemy.exc import DatabaseError, InterfaceError, OperationalError, SQLAlchemyError, TimeoutError

from sync.errors import Refusal, StateDown
from sync.messages import Message, say

_DAMAGED = ("malformed", "not a database", "no such table", "Could not decode")
"""What SQLite says of a file that was damaged, or replaced by another while it was open."""


def trouble(error: BaseException) -> Message | None:
    """Say what is wrong with the state; None: it is something else, such as a mistake of our own in a statement."""
    if isinstance(error, ValidationError):
        # A document that state keeps; the errors of other documents are caught where these are read.
        return say("state.damaged")
    if isinstance(error, TimeoutError):
        return say("state.busy")
    if isinstance(error, InterfaceError) and not isinstance(error.orig, sqlite3.Error):
        return say("state.unreachable")
    if type(error) is not DatabaseError and not isinstance(error, OperationalError):
        return None
    if error.connection_invalidated:
        return say("state.unreachable")
    # Not the whole error, which quotes the statement and with it any text of a sheet.
    words = str(error.orig)
    if any(sign in words for sign in _DAMAGED):
        return say("state.damaged")
    if getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR:
        return None
    return say("state.busy" if "locked" in words else "state.unwritable")


def refused(error: SQLAlchemyError) -> Refusal | SQLAlchemyError:
    """Return what to raise in an error's place: a Refusal (exit 5) where it is the state's, else itself."""
    told = trouble(error)
    return StateDown(told) if told else error
