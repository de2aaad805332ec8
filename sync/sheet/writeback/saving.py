"""The staff's own file is replaced in one step, with a copy kept, and never over what they saved meanwhile."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from filecmp import cmp
from pathlib import Path
from time import localtime, strftime
from typing import BinaryIO

from sync import atomic_files
from sync.atomic_files import AtomicFile, check_writable
from sync.sheet.file_version import Version, version, version_of

_KEPT = 5
"""Backups of a file."""
_MOMENT = "%Y%m%d-%H%M%S"


class SavedSince(Exception):
    """Somebody saved the file after it was read: what was made of it would undo their work."""


@contextmanager
def draft(source: Path) -> Iterator[AtomicFile]:
    """Begin a file beside `source`, for whoever may read that one; see `atomic_files.draft`. Raises OSError."""
    with atomic_files.draft(source.parent, source.suffix) as new:
        # Some programs save by removing the old file first; reading it then says that it is gone.
        with suppress(FileNotFoundError):
            _keep_owner(source, new.path)
            shutil.copymode(source, new.path)
        yield new


def _keep_owner(source: Path, new: Path) -> None:
    """Let the new file belong to whom the old one belongs, as far as we may: only root may give files away."""
    if os.name != "posix":
        return
    facts = source.stat()
    for owner in (facts.st_uid, -1):
        with suppress(PermissionError):
            os.chown(new, owner, facts.st_gid)
            return


def replace(source: Path, new: AtomicFile, read: Version | None) -> Path:
    """Put a finished draft in the place of `source`, after a copy of that was made; returns the copy.

    `read`: the version that the draft was made of. Raises `SavedSince` where there is another: before anything was
    replaced, or else with theirs put back. OSError: nothing was replaced.
    """
    check_writable(source)
    if version(source) != read:
        raise SavedSince
    with source.open("rb") as old:
        # Of the very file that is open: another may have taken its name by now.
        backup = back_up(old, source)
        with _second_name(source) as other:
            _swap(new, source, old, other, read)
    return backup


def _swap(new: AtomicFile, source: Path, old: BinaryIO, other: Path | None, read: Version | None) -> None:
    if os.name != "posix":
        # There a file that is open can't be replaced, nor be written by anybody else meanwhile.
        old.close()
    ours = version(new.path)
    if not _still(old, read) or version(source) != read:
        raise SavedSince
    os.replace(new.path, source)  # noqa: PTH105 (the one call that is known to be atomic)
    if version(source) != ours:
        raise SavedSince
    if other and not _still(old, read):
        # Some programs write into the file that they hold open, and may not be through with it.
        os.replace(other, source)  # noqa: PTH105
        raise SavedSince


@contextmanager
def _second_name(source: Path) -> Iterator[Path | None]:
    """Keep the file itself at hand, so that it can get its name back; None where there are no second names."""
    name = atomic_files.fresh_name(source.parent)
    try:
        os.link(source, name)
    except OSError:
        yield None
        return
    try:
        yield name
    finally:
        with suppress(OSError):
            name.unlink()


def _still(old: BinaryIO, read: Version | None) -> bool:
    """Whether nobody wrote into the file that we hold open."""
    return old.closed or version_of(os.fstat(old.fileno())) == read


def put_beside(new: AtomicFile, target: Path) -> Path | None:
    """Put a finished draft in the place of `target`; raises OSError. Returns the copy of what was there."""
    backup = None
    if target.exists():
        with target.open("rb") as last:
            backup = back_up(last, target)
    new.replace(target)
    return backup


def back_up(content: BinaryIO, file: Path) -> Path:
    """Copy the `content` of a file to `NAME.bak` beside it in one step, with its times and rights; raises OSError.

    Those of the runs before stay, `_KEPT` in all, each under the time at which it had been saved. A full disk leaves
    the backups that were there, not half of a new one.
    """
    backup = file.with_name(f"{file.stem}.bak{file.suffix}")
    with draft(file) as copy:
        content.seek(0)
        shutil.copyfileobj(content, copy.file)
        copy.finish()
        shutil.copystat(file, copy.path)
        if backup.exists() and not cmp(backup, copy.path, shallow=False):
            saved = strftime(_MOMENT, localtime(backup.stat().st_mtime))
            dated = file.with_name(f"{file.stem}.bak-{saved}{file.suffix}")
            os.replace(backup, dated)  # noqa: PTH105
            _sweep(file, dated)
        copy.replace(backup)
    return backup


def _sweep(file: Path, last: Path) -> None:
    """Remove the oldest backups of `file`; what only resembles one is somebody's own.

    The `last` one stays, however old: staff may have gone back to a file that they saved long ago.
    """
    name = re.compile(rf"{re.escape(file.stem)}\.bak-[0-9]{{8}}-[0-9]{{6}}{re.escape(file.suffix)}")
    dated = [each for each in file.parent.iterdir() if name.fullmatch(each.name) and each.is_file()]
    for old in sorted({*dated} - {last}, reverse=True)[_KEPT - 2 :]:
        with suppress(OSError):
            old.unlink()
