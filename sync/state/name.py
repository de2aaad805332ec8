"""What a state calls itself in the workbooks that it writes results into."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from sync.state.store import Store
from sync.state.tables import NAMES


def name_of(store: Store) -> str:
    """Return the id of this profile's state, made once."""
    known = select(NAMES.c.id).where(NAMES.c.profile == store.profile)
    with store.engine.connect() as connection:
        if found := connection.execute(known).scalar():
            return str(found)
    try:
        with store.engine.begin() as connection:
            connection.execute(insert(NAMES).values(profile=store.profile, id=uuid4().hex))
    except IntegrityError:
        # Another process has just made it.
        pass
    with store.engine.connect() as connection:
        return str(connection.execute(known).scalar_one())
