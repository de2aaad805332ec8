"""Where a profile's sheets were seen."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, delete, insert, select

from sync.sheet_id import as_sheet_id
from sync.sightings import Sighting
from sync.state.sheet_tables import SHEETS
from sync.state.store import Store
from sync.state.tables import RUNS


def sightings(store: Store) -> tuple[Sighting, ...]:
    """Return where this profile's sheets were seen, in no order."""
    with store.engine.connect() as connection:
        return (*_noted(connection, store.profile), *_of_old_runs(connection, store.profile))


def _noted(connection: Connection, profile: str) -> Iterator[Sighting]:
    for row in connection.execute(select(SHEETS).where(SHEETS.c.profile == profile)):
        yield Sighting(row.id, row.place, row.bears, row.digest, row.at)


def _of_old_runs(connection: Connection, profile: str) -> Iterator[Sighting]:
    """Runs of state 2.0 and before noted the sheet's path alone."""
    of_old = (RUNS.c.profile == profile) & RUNS.c.sheet_id.is_(None)
    for place in connection.execute(select(RUNS.c.sheet).where(of_old).distinct()).scalars():
        yield Sighting(as_sheet_id(place), place)


def note_sighting(connection: Connection, profile: str, seen: Sighting) -> None:
    """Remember where a sheet is; part of the caller's transaction."""
    this = (SHEETS.c.profile == profile) & (SHEETS.c.place == seen.place) & (SHEETS.c.bears == seen.bears)
    connection.execute(delete(SHEETS).where(this))
    connection.execute(insert(SHEETS).values(profile=profile, **vars(seen)))
