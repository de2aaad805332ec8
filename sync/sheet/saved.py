"""Whether somebody saved a file since it was read."""

from __future__ import annotations

from pathlib import Path


def version(source: Path) -> tuple[int, int] | None:
    """Return when the file was last saved, and its size; None: it can't be found."""
    try:
        found = source.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size
