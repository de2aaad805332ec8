"""Whether somebody saved a file since it was read, and whether somebody has it open."""

from __future__ import annotations

import os
from pathlib import Path

Version = tuple[int, ...]
"""Which file it is, when it was last saved, and its size."""


def version(source: Path) -> Version | None:
    """Return what tells this state of the file from any later one; None: it can't be found."""
    try:
        return version_of(source.stat())
    except OSError:
        return None


def version_of(facts: os.stat_result) -> Version:
    """Return the version of a file by what the system says of it."""
    return facts.st_dev, facts.st_ino, facts.st_mtime_ns, facts.st_size


def owner_file(source: Path) -> Path | None:
    """Return what Excel, WPS or LibreOffice put beside a workbook as long as they have it open; None: nothing.

    One that stays behind after a crash can't be told from others.
    """
    source = source.resolve()
    names = (f"~${source.name}", f".~{source.name}", f".~lock.{source.name}#")
    return next((place for name in names if (place := source.with_name(name)).exists()), None)
