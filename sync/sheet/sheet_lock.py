"""One run at a time on a sheet, also where two states know of it (docs/reference/state.md#lock)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path

from filelock import FileLock, Timeout
from platformdirs import user_data_path

from sync.errors import Locked, Overtaken
from sync.messages import say
from sync.sheet.file_version import Version, version


@contextmanager
def as_it_was_read(source: Path, read: Version | None) -> Iterator[None]:
    """Lock a sheet while something is done that relies on its version `read`.

    Raises Locked while another process holds it, and Overtaken where it was saved since: by staff, or by a run of
    another state, which may have done what it asks for. Other machines hold no lock of this one's; what they wrote is
    seen all the same.
    """
    lock = FileLock(_place(source))
    # Where no lock file can be made, the version is still compared.
    with suppress(OSError):
        try:
            lock.acquire(timeout=0)
        except Timeout:
            raise Locked(say("sheet.locked", file=source.name)) from None
    try:
        if version(source) != read:
            raise Overtaken(say("sheet.saved_since", file=source.name))
        yield
    finally:
        lock.release()


def _place(source: Path) -> Path:
    """The lock file of a sheet: one for each file, whatever path names it, in a folder that staff don't look into."""
    folder = user_data_path("itemsync", appauthor=False) / "locks"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{sha256(str(source.resolve()).encode()).hexdigest()[:32]}.lock"
