"""The jobs of this machine on its disk: a folder for its owner alone, an index, and a folder a job."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path, PurePath
from typing import Any

from filelock import FileLock
from platformdirs import user_data_path
from pydantic import TypeAdapter

from sync.errors import Refusal
from sync.messages import say
from sync.private_files import private_folder
from sync.service.context import Context
from sync.service.jobs import Job, JobState

_JOB: TypeAdapter[Job] = TypeAdapter(Job)
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_LONGEST, _SUFFIX = 200, 8
"""Bytes of a file's name before its suffix, of which a system's limit is 255; and letters of the suffix."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
"""What Windows takes for a device."""
_TABLE = "CREATE TABLE IF NOT EXISTS jobs (id TEXT PRIMARY KEY, state TEXT, run INTEGER, at TEXT, document TEXT)"


class JobFiles:
    """The folder of jobs. For any thread, and for several processes."""

    def __init__(self, folder: Path) -> None:
        """Make the folder if it isn't there; raises OSError."""
        private_folder(folder.parent)
        private_folder(folder)
        self.folder = folder
        with self._index() as index:
            index.execute(_TABLE)

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

    def add(self, job: Job) -> None:
        """Keep a new job."""
        with self._index() as index:
            index.execute("INSERT INTO jobs VALUES (?, ?, ?, ?, ?)", _columns(job))

    def get(self, job: str) -> Job:
        """Return a job. Raises Refusal if there is none of that id."""
        with self._index() as index:
            found = index.execute("SELECT document FROM jobs WHERE id = ?", (job,)).fetchone()
        if found is None:
            raise Refusal(say("job.none"))
        return _JOB.validate_json(found[0])

    def change(self, job: str, *was: JobState, **changes: Any) -> Job | None:
        """Change a job in one step if it stands as it `was`; None: it stands otherwise by now."""
        with self._index() as index:
            index.execute("BEGIN IMMEDIATE")
            found = index.execute("SELECT document FROM jobs WHERE id = ?", (job,)).fetchone()
            now = _JOB.validate_json(found[0]) if found else None
            if now is None or now.state not in was:
                return None
            changed = replace(now, **changes)
            _, *columns = _columns(changed)
            index.execute("UPDATE jobs SET state = ?, run = ?, at = ?, document = ? WHERE id = ?", (*columns, job))
        return changed

    def remove(self, job: str) -> None:
        """Remove a job's own files; that there was such a job stays known."""
        shutil.rmtree(self.of(job), ignore_errors=True)

    def clear(self, before: datetime) -> None:
        """Forget the jobs that were submitted `before` a moment, with their files; those under way stay."""
        with self._index() as index:
            wanted = "SELECT id FROM jobs WHERE at < ? AND state NOT IN (?, ?)"
            under_way = (JobState.READING.value, JobState.RUNNING.value)
            old = [row[0] for row in index.execute(wanted, (before.isoformat(), *under_way))]
            index.executemany("DELETE FROM jobs WHERE id = ?", [(job,) for job in old])
        for job in old:
            self.remove(job)
            (self.folder / f"{job}.lock").unlink(missing_ok=True)

    def in_state(self, *states: JobState) -> list[Job]:
        """Return the jobs that stand so, the newest first."""
        marks = ", ".join("?" * len(states))
        with self._index() as index:
            wanted = f"SELECT document FROM jobs WHERE state IN ({marks}) ORDER BY at DESC, rowid DESC"  # noqa: S608
            return [_JOB.validate_json(row[0]) for row in index.execute(wanted, states)]

    def of_run(self, run: int) -> Job | None:
        """Return the job that became a run; None: none did."""
        with self._index() as index:
            wanted = "SELECT document FROM jobs WHERE run = ? ORDER BY rowid DESC"
            found = index.execute(wanted, (run,)).fetchone()
        return _JOB.validate_json(found[0]) if found else None

    @contextmanager
    def _index(self) -> Iterator[sqlite3.Connection]:
        with opened(self.folder / "jobs.db") as connection:
            yield connection


@contextmanager
def opened(file: Path) -> Iterator[sqlite3.Connection]:
    """Open one of this folder's databases for one transaction. Raises Refusal where that can't be."""
    with told_when_full():
        connection = sqlite3.connect(file, timeout=30, isolation_level=None)
        try:
            yield connection
            if connection.in_transaction:
                connection.execute("COMMIT")
        finally:
            connection.close()


@contextmanager
def told_when_full() -> Iterator[None]:
    """Turn what the system says of the folder of jobs into a Refusal; where it is, is nobody's business."""
    try:
        yield
    except (OSError, sqlite3.OperationalError):
        raise Refusal(say("job.unkept")) from None


def file_name(given: str) -> str:
    """Return what an uploaded file may be called here: its own name, as far as a file can have it."""
    name = PurePath(given.replace("\\", "/")).name
    name = "".join(sign for sign in name if sign.isprintable() and sign not in '<>:"|?*').strip(" .")
    stem, suffix = PurePath(name).stem, PurePath(name).suffix
    name = stem.encode()[:_LONGEST].decode(errors="ignore") + suffix[:_SUFFIX]
    return f"_{name}" if _RESERVED.match(name) else name or "sheet.xlsx"


def _columns(job: Job) -> tuple[object, ...]:
    return (job.id, job.state.value, job.run, job.at.isoformat(), _JOB.dump_json(job).decode())


def usual_folder(context: Context) -> Path:
    """Return where a shop's jobs are: beside the state's file; of a shared database, in the user's own folder."""
    profile = re.sub(r"[^\w.-]", "_", context.profile.remembered_as)
    state = context.store.file
    place = state.with_name(f"{state.name}-jobs") if state else user_data_path("itemsync", appauthor=False) / "jobs"
    return place / profile
