"""A new state's file comes into being with content, so that an empty file is known to be a lost state."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy import Engine

from sync.atomic_files import PRIVATE, draft, write_new
from sync.errors import Locked, Refusal
from sync.messages import say
from sync.state.engine import file_of

_PATIENCE = 30.0
"""Seconds that another process may take to make the file."""
_EMPTY = 1
"""Bytes up to which SQLite takes a file for a new one."""


def make_file(engine: Engine) -> None:
    """Make the file of a new state, in one step; of one that is there, or of no file, nothing.

    Raises Refusal for a file that is empty, or that lost what was written into it last: it would forget that. Raises
    OSError where it can't be made.
    """
    file = file_of(engine)
    if file is None:
        return
    if not file.exists():
        _make(file)
    if file.is_file() and file.stat().st_size <= _EMPTY:
        raise Refusal(say("state.no_state", place=file))
    if _lost_log(file):
        raise Refusal(say("state.log_lost", place=file))


def _lost_log(file: Path) -> bool:
    """Whether the write-ahead log of a process that was cut off is gone.

    SQLite makes the log before its index (`-shm`), and removes it after that; so the index is never alone.
    """
    log, index = (file.with_name(f"{file.name}{suffix}") for suffix in ("-wal", "-shm"))
    return not log.exists() and index.exists() and not log.exists()


def _make(file: Path) -> None:
    beside = file.with_name(f"{file.name}.making")
    lock = FileLock(beside, timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise Locked(say("state.busy")) from None
    try:
        # Another process may have been quicker, and may have done much with it since.
        with suppress(FileExistsError):
            write_new(file, _blank(file.parent), PRIVATE)
    finally:
        lock.release()
        # Whoever still waits with the removed lock, or comes with one of its own, finds the file made.
        with suppress(OSError):
            beside.unlink()


def _blank(folder: Path) -> bytes:
    """A database without a table. SQLite itself would leave a new file empty until its first commit."""
    with draft(folder, ".db") as new:
        try:
            with closing(sqlite3.connect(new.path)) as connection:
                connection.execute("VACUUM")
        except sqlite3.Error as error:
            raise OSError(str(error)) from error
        return new.path.read_bytes()
