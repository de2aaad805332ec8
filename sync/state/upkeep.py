"""What is asked of a state as a whole, whatever profile: how it stands, and to bring it up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, Engine, func, inspect, select

from sync.state.database_errors import opening
from sync.state.engine import close_engine, file_of, open_engine, without_password
from sync.state.schema import METADATA
from sync.state.state_file import make_file
from sync.state.tables import ITEMS, RUNS
from sync.state.upgrading import upgrade as bring_up_to_date
from sync.state.versions import UNVERSIONED, VERSION, fits, set_up, version_of


@dataclass(frozen=True)
class StateInfo:
    """How a state stands."""

    version: str
    """Of its tables; the program's own where there is none yet."""
    place: str
    """Its file or URL, without a password."""
    shops: int
    """Profiles that it remembers anything of."""
    items: int
    runs: int
    bytes: int


def info(place: str) -> StateInfo:
    """Return how the state at `place` stands, of whatever version it is; raises Refusal if it can't be read."""
    shown = without_password(place)
    with opening(place), _engine(place) as engine:
        file = file_of(engine)
        if file and not file.exists():
            return StateInfo(VERSION, shown, 0, 0, 0, 0)
        with engine.connect() as connection:
            if not inspect(connection).has_table(RUNS.name):
                return StateInfo(VERSION, shown, 0, 0, 0, _bytes(connection, file))
            profiles = select(ITEMS.c.profile).union(select(RUNS.c.profile)).subquery()
            shops, items, runs = (
                int(connection.execute(select(func.count()).select_from(what)).scalar_one())
                for what in (profiles, ITEMS, RUNS)
            )
            version = version_of(connection) or UNVERSIONED
            return StateInfo(version, shown, shops, items, runs, _bytes(connection, file))


def upgrade(place: str) -> str:
    """Bring the state at `place` up to date; return the version that it had. Raises Refusal if it can't be done."""
    with opening(place), _engine(place) as engine:
        make_file(engine)
        found = set_up(engine)
        if not fits(found):
            bring_up_to_date(engine)
        return found


@contextmanager
def _engine(place: str) -> Iterator[Engine]:
    engine = open_engine(place if "://" in place else Path(place).expanduser())
    try:
        yield engine
    finally:
        close_engine(engine)


def _bytes(connection: Connection, file: Path | None) -> int:
    """What the state takes up."""
    if file:
        beside = file.with_name(f"{file.name}-wal")
        return sum(one.stat().st_size for one in (file, beside) if one.exists())
    sizes = (
        connection.execute(select(func.pg_total_relation_size(func.to_regclass(name)))).scalar()
        for name in METADATA.tables
    )
    return sum(size or 0 for size in sizes)
