"""The new file beside the old one, and then in its place: in one step, with a copy of the old one kept."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EACCES
from pathlib import Path
from typing import BinaryIO

_PREFIX = ".itemsync-draft-"
"""Of drafts' names, so that one can be told from the staff's own files."""
_SURELY_DEAD = 3600.0
"""Seconds after which nobody writes that draft any more: even a million rows take no more than minutes."""


class Draft:
    """A file that is being written, in the folder in which it will stand."""

    def __init__(self, source: Path, path: Path, file: BinaryIO) -> None:
        self.file = file
        self.path = path
        self._source = source

    def finish(self) -> None:
        """Have it on the disk before anything is replaced by it; raises OSError."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        shutil.copymode(self._source, self.path)

    def replace(self, target: Path, backup: Path | None = None) -> None:
        """Put it in `target`'s place in one step, after copying the source to `backup`; raises OSError."""
        # Replacing a file needs only leave to write in its folder: a file that staff locked must stay as it is.
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES), str(target))
        if backup is not None:
            keep(self._source, backup)
        os.replace(self.path, target)  # noqa: PTH105 (the one call that is known to be atomic)


@contextmanager
def draft(source: Path) -> Iterator[Draft]:
    """Begin a file beside `source`, which is gone afterwards unless it was put somewhere. Raises OSError.

    A process that was killed left its own behind: such a one is removed when the next is begun an hour later.
    """
    handle, name = tempfile.mkstemp(prefix=_PREFIX, suffix=source.suffix, dir=source.parent)
    path = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            _sweep(path)
            yield Draft(source, path, file)
    finally:
        with suppress(OSError):
            path.unlink()


def keep(file: Path, backup: Path) -> None:
    """Copy the file to `backup` in one step: a full disk leaves the backup that was there, not half of a new one.

    Raises OSError.
    """
    with draft(file) as copy:
        with file.open("rb") as content:
            shutil.copyfileobj(content, copy.file)
        copy.finish()
        shutil.copystat(file, copy.path)
        copy.replace(backup)


def _sweep(new: Path) -> None:
    """Remove the drafts that dead processes left in the folder of the `new` one."""
    # By its own time, the clocks of the machines that share the folder needn't agree.
    alive = new.stat().st_mtime - _SURELY_DEAD
    for old in new.parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if old.stat().st_mtime < alive:
                old.unlink()
