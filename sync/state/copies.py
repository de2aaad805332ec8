"""Copies that hold the results of a run, because the sheet itself couldn't take them at its end."""

from __future__ import annotations

from hashlib import file_digest
from pathlib import Path

from sqlalchemy import delete, insert, select

from sync.state.store import Store
from sync.state.tables import COPIES


def remember_copy(store: Store, run: int, file: Path) -> None:
    """Remember that `file` holds the results of `run`; raises OSError if it can't be read."""
    copy = {"profile": store.profile, "file": str(file), "digest": _digest(file)}
    with store.writing() as connection:
        connection.execute(delete(COPIES).where(COPIES.c.profile == store.profile, COPIES.c.run == run))
        connection.execute(insert(COPIES).values(run=run, **copy))


def untouched_copy(store: Store, run: int) -> Path | None:
    """Return the copy with the results of `run`, if it is byte for byte as it was written; None: there is none."""
    known = select(COPIES.c.file, COPIES.c.digest).where(COPIES.c.run == run, COPIES.c.profile == store.profile)
    with store.engine.connect() as connection:
        found = connection.execute(known).first()
    if found is None:
        return None
    file = Path(found.file)
    try:
        same = not file.is_symlink() and _digest(file) == found.digest
    except OSError:
        return None
    return file if same else None


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()
