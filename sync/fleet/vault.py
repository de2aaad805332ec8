"""What a login or its renewal gave, in the database and encrypted: safe for many machines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, select, text
from sqlalchemy.exc import SQLAlchemyError

from sync.errors import GatewayDown
from sync.fleet.keys import Keys
from sync.fleet.shops import logins, put_login, read
from sync.gateway import secret_store
from sync.gateway.secret_store import Secrets
from sync.messages import say
from sync.state.database_errors import refused
from sync.state.fleet_tables import FLEET_SHOPS

LONGEST_HELD = 900.0
"""Seconds after which the database lets go of what a process holds that sleeps in the midst of a renewal.

More than the longest `timeout` of an answer: a renewal that is cut off may lose the authorization."""
_LOCK_NOT_AVAILABLE = "55P03"


class DatabaseSecrets:
    """A `SecretStore` of one shop in the fleet's table. Safe for many threads, processes and machines."""

    def __init__(self, engine: Engine, keys: Keys, shop: str, owner: str) -> None:
        """`owner`: for which application at which gateway, see `secret_store.py`."""
        self._engine = engine
        self._keys = keys
        self._shop = shop
        self._owner = owner
        self._held = threading.local()

    @property
    def place(self) -> str:
        """See `SecretStore.place`: no address, which might hold a password."""
        return f"fleet · {self._shop}"

    def read(self) -> Secrets:
        """See `SecretStore.read`."""
        with self._connection() as connection:
            return logins(read(connection, self._shop), self._keys).get(self._owner, Secrets())

    def write(self, secrets: Secrets) -> None:
        """See `SecretStore.write`. Within `locked` it is durable as soon as that is let go of."""
        with self.locked(), self._connection() as connection:
            put_login(connection, read(connection, self._shop), self._owner, secrets, self._keys)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """See `SecretStore.locked`. A holder that dies lets go at once."""
        if self._mine is not None:
            yield
            return
        try:
            with self._engine.begin() as connection:
                self._lock(connection)
                self._held.connection = connection
                try:
                    yield
                finally:
                    self._held.connection = None
        except SQLAlchemyError as error:
            raise refused(error) from None

    def _lock(self, connection: Connection) -> None:
        connection.execute(text(f"SET LOCAL lock_timeout = {secret_store.LONGEST_WAIT * 1000:.0f}"))
        connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{LONGEST_HELD:.0f}s'"))
        this = select(FLEET_SHOPS.c.shop).where(FLEET_SHOPS.c.shop == self._shop)
        try:
            connection.execute(this.with_for_update(key_share=True))
        except SQLAlchemyError as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) == _LOCK_NOT_AVAILABLE:
                raise GatewayDown(say("secrets.busy")) from None
            raise

    @property
    def _mine(self) -> Connection | None:
        """The transaction in which this thread holds it."""
        return getattr(self._held, "connection", None)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            if self._mine is not None:
                yield self._mine
            else:
                with self._engine.connect() as connection:
                    yield connection
        except SQLAlchemyError as error:
            raise refused(error) from None
