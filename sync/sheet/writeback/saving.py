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


class Draft:
    """A file that is being written, in the folder in which it will stand."""

    def __init__(self, source: Path, path: Path, file: BinaryIO) -> None:
        self.file = file
        self._source = source
        self._path = path

    def finish(self) -> None:
        """Have it on the disk before anything is replaced by it; raises OSError."""
        self.file.flush()
        os.fsync(self.file.fileno())
        self.file.close()
        shutil.copymode(self._source, self._path)

    def replace(self, target: Path, backup: Path | None = None) -> None:
        """Put it in `target`'s place in one step, after copying the source to `backup`; raises OSError."""
        # Replacing a file needs only leave to write in its folder: a file that staff locked must stay as it is.
        if target.exists() and not os.access(target, os.W_OK):
            raise PermissionError(EACCES, os.strerror(EACCES), str(target))
        if backup is not None:
            shutil.copy2(self._source, backup)
        os.replace(self._path, target)  # noqa: PTH105 (the one call that is known to be atomic)


@contextmanager
def draft(source: Path) -> Iterator[Draft]:
    """Begin a file beside `source`, which is gone afterwards unless it was put somewhere. Raises OSError."""
    handle, name = tempfile.mkstemp(prefix=f".{source.stem}.", suffix=source.suffix, dir=source.parent)
    path = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            yield Draft(source, path, file)
    finally:
        with suppress(OSError):
            path.unlink()
