"""Files that are written whole or not at all: a draft beside, then put in its place in one step.

Every file that the program makes is made here, so that a full disk or a power cut leaves what was there before, and
never half of something. What holds a shop's prices is for its owner alone, unless the file that it replaces isn't.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EACCES, EEXIST, ELOOP
from pathlib import Path
from typing import BinaryIO

PRIVATE = 0o600
"""The mode of a file for its owner alone."""
COMMON = 0o666
"""The mode of a file that is there to be passed on, less what the user's own mask takes away."""
_OTHERS, _OTHERS_WRITE = 0o077, 0o022
"""The mode bits of everybody but the owner."""
_PREFIX = ".itemsync-draft-"
"""Of drafts' names, so that one can be told from the staff's own files."""
_SURELY_DEAD = 3600.0
"""Seconds after which nobody writes that draft any more: even a million rows take no more than minutes."""


class AtomicFile:
    """A file that is being written, in the folder in which it will stand."""

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.file = file
        self.path = path

    def finish(self) -> None:
        """Have it on the disk before anything is replaced by it; raises OSError."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()

    def replace(self, target: Path) -> None:
        """Put it in `target`'s place in one step; raises OSError."""
        check_writable(target)
        os.replace(self.path, target)  # noqa: PTH105 (the one call that is known to be atomic)


@contextmanager
def draft(folder: Path, suffix: str = "", mode: int = PRIVATE) -> Iterator[AtomicFile]:
    """Begin a file in `folder`, which is gone afterwards unless it was put somewhere. Raises OSError.

    A process that was killed left its own behind: such a one is removed when the next is begun an hour later.
    """
    path = fresh_name(folder, suffix)
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags, mode)
    try:
        with os.fdopen(handle, "w+b") as file:
            _sweep(path)
            yield AtomicFile(path, file)
    finally:
        with suppress(OSError):
            path.unlink()


def fresh_name(folder: Path, suffix: str = "") -> Path:
    """Return a name that no file in `folder` has, by which what a dead process left is known and removed."""
    return folder / f"{_PREFIX}{os.urandom(8).hex()}{suffix}"


def write_whole(target: Path, content: bytes | Iterable[bytes], mode: int = PRIVATE) -> None:
    """Replace `target` in one step; raises OSError. A file that is there keeps its mode.

    `content`: as a whole, or in parts that are made one after another.

    Nothing is ever written through a link to a file, for somebody else may have put it there. A device or a pipe,
    such as `/dev/stdout`, has nothing to lose and is written as it is.
    """
    there, parts = refuse_link(target), (content,) if isinstance(content, bytes) else content
    if there is not None and not stat.S_ISREG(there):
        with target.open("wb") as stream:
            stream.writelines(parts)
        return
    with draft(target.parent, target.suffix, mode) as new:
        new.file.writelines(parts)
        new.finish()
        if there is not None:
            new.path.chmod(stat.S_IMODE(there))
        new.replace(target)


def write_new(target: Path, content: bytes, mode: int = COMMON) -> None:
    """Make a file that isn't there, in one step. Raises FileExistsError if there is anything, a link too; OSError."""
    with draft(target.parent, target.suffix, mode) as new:
        new.file.write(content)
        new.finish()
        try:
            # Unlike a replacement, a second name is refused where there is a file of that name.
            os.link(new.path, target)
        except FileExistsError:
            raise
        except OSError:
            # Not every file system knows second names.
            if os.path.lexists(target):
                raise FileExistsError(EEXIST, os.strerror(EEXIST), str(target)) from None
            new.replace(target)


def keep_private(file: Path) -> None:
    """Take a file that holds what a sheet holds away from everybody but its owner.

    One that others may write as well is shared on purpose, and stays as it is; so does one that isn't ours.
    """
    with suppress(OSError):
        facts = file.stat()
        if os.name == "posix" and facts.st_uid == os.geteuid() and not facts.st_mode & _OTHERS_WRITE:
            file.chmod(stat.S_IMODE(facts.st_mode) & ~_OTHERS)


def refuse_link(target: Path) -> int | None:
    """Return the mode of what `target` names, None if there is nothing; raises OSError for a link to a file."""
    try:
        named = target.lstat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISLNK(named):
        return named
    with suppress(FileNotFoundError):
        reached = target.stat().st_mode
        if not stat.S_ISREG(reached):
            return reached
    raise OSError(ELOOP, "a link to another file", str(target))


def check_writable(target: Path) -> None:
    """Raise PermissionError for a file that may not be written.

    Replacing it needs only leave to write in its folder; but what staff locked must stay as it is.
    """
    if target.exists() and not os.access(target, os.W_OK):
        raise PermissionError(EACCES, os.strerror(EACCES), str(target))


def _sweep(new: Path) -> None:
    """Remove the drafts that dead processes left in the folder of the `new` one."""
    # By its own time, the clocks of the machines that share the folder needn't agree.
    alive = new.stat().st_mtime - _SURELY_DEAD
    for old in new.parent.glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if old.stat().st_mtime < alive:
                old.unlink()
