"""A new state's file is made by one process at a time, so that an empty file is known to be a lost state."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout
from sqlalchemy.engine import URL

from sync.messages import Exit, Refusal, say

_PATIENCE = 30.0
"""Seconds that another process may take to make the tables."""
_EMPTY = 1
"""Bytes up to which SQLite takes a file for a new one."""


@contextmanager
def made_once(url: URL) -> Iterator[None]:
    """Hold the lock of a new file while it is made; of one that holds something, or of no file, nothing.

    Raises Refusal (exit 2) for a file that is empty and that nobody is making: taken as new, it would forget
    everything. Raises OSError where no lock can be had.
    """
    place = url.database if url.get_backend_name() == "sqlite" else None
    file = Path(place) if place and not place.startswith((":memory:", "file:")) else None
    if file is None or _holds_something(file):
        yield
        return
    # SQLite leaves a new file empty until its first commit: whoever comes meanwhile waits here for the maker.
    beside = file.with_name(f"{file.name}.making")
    lock = FileLock(beside, timeout=_PATIENCE)
    try:
        lock.acquire()
    except Timeout:
        raise Refusal(say("state.busy"), Exit.UNFINISHED) from None
    try:
        if file.exists() and not _holds_something(file):
            raise Refusal(say("state.no_state", place=file))
        yield
    finally:
        lock.release()
        # Whoever still waits with the removed lock, or comes with one of its own, finds the state made.
        with suppress(OSError):
            beside.unlink()


def _holds_something(file: Path) -> bool:
    return file.exists() and (not file.is_file() or file.stat().st_size > _EMPTY)
