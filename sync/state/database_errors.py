"""What the database says when it can't be read or written, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import (
    ArgumentError,
    DatabaseError,
    InterfaceError,
    OperationalError,
    SQLAlchemyError,
    TimeoutError,
)

from sync.errors import Refusal, StateDown
from sync.messages import Message, say
from sync.state.engine import without_password
from sync.state.types import Unreadable

_DAMAGED = ("malformed", "not a database", "no such table", "no such column", "has no column", "Could not decode")
"""What SQLite says of a file that was damaged, or replaced by another while it was open."""

_SAID_BY_POSTGRES = {
    "25006": "state.read_only",  # read_only_sql_transaction: a standby, or a server that was set so
    "25P03": "state.unreachable",  # idle_in_transaction_session_timeout: this process slept in the midst of something
    "42501": "state.forbidden",  # insufficient_privilege
    "42703": "state.damaged",  # undefined_column
    "42P01": "state.damaged",  # undefined_table
    "55P03": "state.busy",  # lock_not_available
    "08": "state.unreachable",  # connection exceptions
    "40": "state.busy",  # transactions that were in each other's way
    "53": "state.unwritable",  # disk full, out of memory
    "57": "state.unreachable",  # shut down, or cut off by an operator
    "58": "state.unwritable",  # the server's own disk
    "XX": "state.damaged",  # corrupted data or index
}
"""By SQLSTATE, or by the first two characters of it (PostgreSQL's appendix A)."""


def trouble(error: BaseException) -> Message | None:
    """Say what is wrong with the state; None: it is something else, such as a mistake of our own in a statement."""
    if isinstance(error, ValueError) and (isinstance(error, Unreadable) or _no_value(error)):
        # A document that state keeps; the errors of other documents are caught where these are read.
        return say("state.damaged")
    if isinstance(error, TimeoutError):
        return say("state.busy")
    if isinstance(error, InterfaceError) and not isinstance(error.orig, sqlite3.Error):
        return say("state.unreachable")
    orig = getattr(error, "orig", None)
    sqlstate = getattr(orig, "sqlstate", "")
    if sqlstate is None and isinstance(error, OperationalError):
        # The driver names none where it came to no connection.
        return say("state.busy" if "too many" in str(orig) else "state.unreachable")
    sqlstate = sqlstate or ""
    if code := _SAID_BY_POSTGRES.get(sqlstate) or _SAID_BY_POSTGRES.get(sqlstate[:2]):
        return say(code)
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


def _no_value(error: ValueError) -> bool:
    # Most commands need no pydantic, see `json_forms`.
    from pydantic import ValidationError  # noqa: PLC0415

    return isinstance(error, ValidationError)


def refused(error: SQLAlchemyError) -> Refusal | SQLAlchemyError:
    """Return what to raise in an error's place: StateDown where it is the state's, else itself."""
    told = trouble(error)
    return StateDown(told) if told else error


@contextmanager
def opening(place: str) -> Iterator[None]:
    """Raise Refusal in the place of whatever keeps a state from being opened."""
    try:
        yield
    except (ArgumentError, SQLAlchemyError, OSError, ImportError, ValueError) as error:
        # A database's own words may hold its URL, and that may hold a password.
        raise _unusable(error, without_password(place)) from None


def _unusable(error: Exception, place: str) -> Refusal:
    told = trouble(error)
    if told and told.code == "state.unreachable":
        return StateDown(say("state.no_server", place=place))
    if told and told.code in ("state.busy", "state.read_only"):
        return StateDown(told)
    if isinstance(error, DatabaseError) and "not a database" in str(error.orig):
        return Refusal(say("state.no_state", place=place))
    if isinstance(error, ImportError) and place.startswith("postgres"):
        return Refusal(say("state.no_driver"))
    return Refusal(
        told if told and told.code in ("state.damaged", "state.forbidden") else say("state.unusable", place=place)
    )
