"""Makes a state ready for this program: an older one is brought up to date by alembic."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, inspect, text

from sync.atomic_files import draft
from sync.errors import Locked, Refusal
from sync.messages import say
from sync.state.engine import file_of, without_password
from sync.state.versions import UNVERSIONED, VERSION, exclusive, fits, major, set_up, version_of

_ALEMBIC = Lock()
"""It works for one thread at a time."""


def make_ready(engine: Engine) -> None:
    """Make the tables of an empty database; bring an older SQLite file up to date, after a copy beside it.

    Many processes may do so at the same moment. Raises Refusal for a newer state than this program knows, and for an
    older one that several machines share: that is upgraded where a person asks for it.
    Raises SQLAlchemyError, OSError.
    """
    found = set_up(engine)
    if fits(found):
        return
    if engine.dialect.name != "sqlite":
        place = without_password(str(engine.url))
        raise Refusal(say("state.older", place=place, found=found, needed=VERSION))
    upgrade(engine)


def upgrade(engine: Engine) -> str:
    """Bring a state's tables up to date in one transaction; return the version that they had.

    Raises Locked while a run is going on in a state's file, or in a database whose tables are to be rebuilt; what is
    only added to a database is in nobody's way. Raises SQLAlchemyError or OSError where it can't be done; then
    nothing has changed.
    """
    file = file_of(engine)
    with _ALEMBIC, _no_run(file), exclusive(engine) as connection:
        found = version_of(connection) or UNVERSIONED
        if found != VERSION:
            if file:
                _copy(file, found)
            elif major(found) != major(VERSION):
                _refuse_run(connection)
            _migrate(connection)
    return found


def _migrate(connection: Connection) -> None:
    # It takes longer to import than most commands take to run.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "sync.state:migrations")
    command.upgrade(config, "head")


def copy_beside(file: Path, version: str) -> Path:
    """Return where a state of that version is kept before it is upgraded."""
    return file.with_name(f"{file.stem}-{version}.bak{file.suffix}")


def _copy(file: Path, version: str) -> None:
    with draft(file.parent, file.suffix) as new, closing(sqlite3.connect(file)) as state:
        try:
            state.execute("VACUUM INTO ?", [str(new.path)])
        except sqlite3.Error as error:
            raise OSError(str(error)) from error
        new.finish()
        new.replace(copy_beside(file, version))


def _refuse_run(connection: Connection) -> None:
    """Raise Locked while somebody works on a state that several machines share."""
    held = {"leases": "until > clock_timestamp()", "locks": "until > :now"}
    # Version 0.1 wrote down the holder's own time, as text.
    now = {"now": datetime.now(UTC).isoformat()}
    for table, lasting in held.items():
        if inspect(connection).has_table(table):
            found = connection.execute(text(f"SELECT 1 FROM {table} WHERE {lasting}"), now).first()  # noqa: S608
            if found:
                raise Locked(say("state.busy"))


@contextmanager
def _no_run(file: Path | None) -> Iterator[None]:
    """Hold the locks of all profiles: an older program in the middle of a run knows no newer tables."""
    with ExitStack() as held:
        for lock in sorted(file.parent.glob(f"{file.name}.*.lock")) if file else ():
            try:
                held.enter_context(FileLock(lock, timeout=0))
            except Timeout:
                raise Locked(say("state.busy")) from None
        yield
