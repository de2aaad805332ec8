"""The people who may log in to the page (docs/how-to/people.md): one list for all profiles of a state."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.state.store import Store
from sync.state.users_table import USERS


@dataclass(frozen=True)
class User:
    """One of them."""

    key: str
    """The name as it is compared."""
    name: str
    """The name as it is shown."""
    role: str
    password: str = field(repr=False)
    """Its argon2 hash."""
    since: datetime


def users(store: Store) -> Sequence[User]:
    """Return all of them, by name."""
    with store.engine.connect() as connection:
        return [User(**row._asdict()) for row in connection.execute(select(USERS).order_by(USERS.c.key))]


def user(store: Store, key: str) -> User | None:
    """Return one; None: nobody is called so."""
    with store.engine.connect() as connection:
        found = connection.execute(select(USERS).where(USERS.c.key == key)).first()
    return User(**found._asdict()) if found else None


def add_user(store: Store, user: User) -> bool:
    """Add one; False: somebody is called so."""
    try:
        with store.writing() as connection:
            connection.execute(insert(USERS).values(**asdict(user)))
    except IntegrityError:
        return False
    return True


def change_user(store: Store, key: str, **values: str) -> bool:
    """Change one's `role` or `password`; False: nobody is called so."""
    with store.writing() as connection:
        return connection.execute(update(USERS).where(USERS.c.key == key).values(**values)).rowcount == 1


def remove_user(store: Store, key: str) -> bool:
    """Remove one; False: nobody is called so."""
    with store.writing() as connection:
        return connection.execute(delete(USERS).where(USERS.c.key == key)).rowcount == 1
