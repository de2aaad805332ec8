"""Files that only their owner can read: who keeps a secret in one must be able to rely on it.

On Windows a file's mode says nothing; there, files in the user's own folders are protected by the folders' rights.
"""

from __future__ import annotations

import os
import shlex
from contextlib import suppress
from pathlib import Path

from sync.atomic_files import draft
from sync.errors import Refusal
from sync.messages import say

_OTHERS = 0o077
"""The mode bits of everybody but the owner."""


def check_private(file: Path) -> None:
    """Raise Refusal, with what to type, if anybody but us can read `file` or says what it holds."""
    if os.name != "posix":
        return
    facts = file.stat()
    if facts.st_uid != os.geteuid():
        raise Refusal(say("secrets.not_ours", file=file))
    if facts.st_mode & _OTHERS:
        raise Refusal(say("secrets.exposed", file=file, command=f"chmod 600 {shlex.quote(str(file))}"))


def read_private(file: Path) -> str | None:
    """Return what a private file says; None: there is none. Raises Refusal if others can read it, or we can't."""
    try:
        check_private(file)
        return file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("secrets.unreadable", place=file)) from None


def write_private(file: Path, text: str) -> None:
    """Replace a private file in one step, and durably; raises Refusal if that can't be done.

    Made by the owner for the owner: the new file is never readable by others, not even for a moment.
    """
    try:
        private_folder(file.parent)
        with draft(file.parent) as new:
            new.file.write(text.encode())
            new.finish()
            new.replace(file)
        _settle(file.parent)
    except OSError:
        raise Refusal(say("secrets.unwritable", place=file)) from None


def private_folder(folder: Path) -> None:
    """Make a folder for its owner alone, if it isn't there; raises OSError."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def _settle(folder: Path) -> None:
    """Make a replacement survive a power cut; where folders can't be opened (Windows), the system does it."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
