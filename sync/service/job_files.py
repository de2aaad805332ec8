"""The jobs of this machine on its disk: a folder for its owner alone, a database, and a folder a job."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePath

from filelock import FileLock
from platformdirs import user_data_path
from sqlalchemy import URL, Engine, NullPool, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import OperationalError

from sync.errors import Refusal
from sync.messages import say
from sync.private_files import private_folder
from sync.service.context import Context
from sync.state.upgrading import make_ready

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LONGEST, _SUFFIX = 200, 8
"""Bytes of a file's name before its suffix, of which a system's limit is 255; and letters of the suffix."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""What Windows takes for a device."""
_PATIENCE = 30.0
"""Seconds that who writes waits for another: the rows of a large plan take some."""


class JobFiles:
    """The folder of jobs. For any thread, and for several processes."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if it isn't there; raises OSError."""
        private_folder(folder.parent)
        private_folder(folder)
        self.folder = folder

    def of(self, job: str) -> Path:
        """Return a job's own folder. Raises Refusal for what is no id."""
        if not _ID.fullmatch(job):
            raise Refusal(say("job.none"))
        return self.folder / job

    @contextmanager
    def made(self, job: str) -> Iterator[None]:
        """Make a job's own folder, to be filled. Raises Refusal where that fails, and leaves nothing behind then."""
        try:
            with told_when_full():
                private_folder(self.of(job))
                yield
        except BaseException:
            self.remove(job)
            raise

    def lock(self, job: str) -> FileLock:
        """Return the lock that whoever works for a job holds."""
        return FileLock(self.folder / f"{job}.lock", thread_local=False)

    def remove(self, job: str) -> None:
        """Remove a job's own files; that there was such a job stays known."""
        shutil.rmtree(self.of(job), ignore_errors=True)

    def forget(self, job: str) -> None:
        """Remove a job's own files, and its lock."""
        self.remove(job)
        (self.folder / f"{job}.lock").unlink(missing_ok=True)


def jobs_engine(folder: Path) -> Engine:
    """Return the way to a folder's jobs and plans: a state of its own, that holds nothing else.

    It is opened anew each time, so that a folder that was taken away is noticed. Raises Refusal where it can't be.
    """
    url = URL.create("sqlite", database=str((folder / "jobs.db").absolute()))
    engine = create_engine(url, poolclass=NullPool, connect_args={"timeout": _PATIENCE})
    event.listen(engine, "connect", _readable_meanwhile)
    with told_when_full():
        make_ready(engine)
    return engine


def _readable_meanwhile(connection: DBAPIConnection, _: object) -> None:
    """Nobody who looks waits while the rows of a large plan are written."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.close()


@contextmanager
def told_when_full() -> Iterator[None]:
    """Turn what the system says of the folder of jobs into a Refusal; where it is, is nobody's business."""
    try:
        yield
    except (OSError, OperationalError):
        raise Refusal(say("job.unkept")) from None


def file_name(given: str) -> str:
    """Return what an uploaded file may be called here: its own name, as far as a file can have it."""
    name = PurePath(given.replace("\\", "/")).name
    name = "".join(sign for sign in name if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    name = stem.encode()[:_LONGEST].decode(errors="ignore") + suffix[:_SUFFIX]
    return f"_{name}" if _RESERVED.match(name) else name or "sheet.xlsx"


def usual_folder(context: Context) -> Path:
    """Return where a shop's jobs are: beside the state's file; of a shared database, in the user's own folder."""
    profile = re.sub(r"[^\w.-]", "_", context.profile.remembered_as)
    state = context.store.file
    place = state.with_name(f"{state.name}-jobs") if state else user_data_path("itemsync", appauthor=False) / "jobs"
    return place / profile
