"""What the database says when it can't be read or written, in words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError
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

_DAMAGED = ("malformed", "not a database", "no such table", "Could not decode")
"""What SQLite says of a file that was damaged, or replaced by another while it was open."""

_SAID_BY_POSTGRES = {"42P01": "state.damaged", "40001": "state.busy", "40P01": "state.busy", "55P03": "state.busy"}
"""By SQLSTATE: a table is missing; a transaction or a lock that others were in the way of."""


def trouble(error: BaseException) -> Message | None:
    """Say what is wrong with the state; None: it is something else, such as a mistake of our own in a statement."""
    if isinstance(error, ValidationError):
        # A document that state keeps; the errors of other documents are caught where these are read.
        return say("state.damaged")
    if isinstance(error, TimeoutError):
        return say("state.busy")
    if isinstance(error, InterfaceError) and not isinstance(error.orig, sqlite3.Error):
        return say("state.unreachable")
    sqlstate = getattr(getattr(error, "orig", None), "sqlstate", None)
    if sqlstate in _SAID_BY_POSTGRES:
        return say(_SAID_BY_POSTGRES[sqlstate])
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
    if told and told.code == "state.busy":
        return StateDown(told)
    if isinstance(error, DatabaseError) and "not a database" in str(error.orig):
        return Refusal(say("state.no_state", place=place))
    if isinstance(error, ImportError) and place.startswith("postgres"):
        return Refusal(say("state.no_driver"))
    return Refusal(told if told and told.code == "state.damaged" else say("state.unusable", place=place))
