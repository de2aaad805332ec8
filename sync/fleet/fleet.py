"""A fleet: many shops on one PostgreSQL, which several machines work for.

What stands in the database alone counts for its shops: no variable, and no file of a machine.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from sqlalchemy import Connection, DateTime, Engine, delete, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sync.errors import Locked, Refusal
from sync.fleet import shops
from sync.fleet.engine import set_up
from sync.fleet.jobs import FleetJobs
from sync.fleet.keys import Keys
from sync.fleet.names import check_name
from sync.fleet.reading import read_status
from sync.fleet.rolling import roll
from sync.fleet.schedules import schedule
from sync.fleet.settings import Settings, check
from sync.fleet.status import AT_WORK, FleetStatus
from sync.fleet.vault import DatabaseSecrets
from sync.fleet.workbooks import Workbooks
from sync.messages import Language, say
from sync.service.credentials import owner_of
from sync.service.events import Listener
from sync.service.shop import Shop
from sync.service.trouble import worded
from sync.state.database_errors import opening
from sync.state.engine import close_engine, open_engine
from sync.state.fleet_tables import (
    JOBS,
    PLAN_DECISIONS,
    PLAN_ROWS,
    PLAN_TABS,
    PLANS,
    SCHEDULES,
    WORKBOOKS,
)
from sync.state.upgrading import make_ready


class Fleet:
    """The shops of one database. Safe for many threads, processes and machines."""

    def __init__(
        self,
        engine: Engine,
        state: str,
        keys: Keys | None,
        lang: Language | None,
        on_defect: Callable[[Exception], object],
    ) -> None:
        self.engine = engine
        self.state = state
        """The database's URL, which may hold a password."""
        self.lang = lang
        self.on_defect = on_defect
        """Told of what the program itself did wrong."""
        self._keys = keys

    @classmethod
    def open(
        cls,
        state: str | None,
        *,
        keys: Keys | None = None,
        lang: Language | None = None,
        on_defect: Callable[[Exception], object] = lambda _: None,
    ) -> Self:
        """Open the fleet of a state; an empty database is set up.

        `state`: the URL of a PostgreSQL database. `keys`: None: the variable's or the file's, as soon as they are
        needed. Raises Refusal for a state that is none, or is none of PostgreSQL, and for an older schema; StateDown
        where the server can't be reached.
        """
        if state is None or not _is_postgres(state):
            raise Refusal(say("fleet.postgres"))
        with opening(state):
            engine = open_engine(state)
            try:
                make_ready(engine)
                set_up(engine)
            except BaseException:
                close_engine(engine)
                raise
        return cls(engine, state, keys, lang, on_defect)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the database."""
        close_engine(self.engine)

    @property
    def keys(self) -> Keys:
        """The keys of its secrets. Raises Refusal where there are none."""
        if self._keys is None:
            self._keys = Keys.found()
        if self._keys is None:
            raise Refusal(say("fleet.key.none"))
        return self._keys

    @worded
    def names(self) -> tuple[str, ...]:
        """Return the names of all shops, in their order."""
        with self.engine.connect() as connection:
            return shops.names(connection)

    @worded
    def has(self, name: str) -> bool:
        """Whether there is a shop of that name."""
        with self.engine.connect() as connection:
            return shops.has(connection, name)

    @worded
    def add(self, name: str, settings: Settings, by: str) -> None:
        """Add a shop; of one that is there, replace the settings. What a login gave stays.

        What is under way goes on with the settings that it began with. The first shop has a key made where there is
        none. `by`: who does it. Raises Refusal for a name, a key or a value that is wrong, and where no key fits what
        the other shops have.
        """
        check_name(name)
        check(name, settings)
        with self.engine.begin() as connection:
            shops.changing(connection)
            if self._keys is None and Keys.found() is None and shops.any_secret(connection) is None:
                self._keys = Keys.made()
            shops.put(connection, name, settings, by, self.keys)

    @worded
    def remove(self, name: str) -> None:
        """Remove a shop with its settings, secrets, schedules, sheets and jobs; what the state remembers stays.

        It needs no key: that may be lost. Raises Refusal where there is no such shop; Locked while it has an open
        job or an unfinished run, or something is done for it.
        """
        with self.engine.connect() as connection:
            settings = shops.open_settings(shops.read(connection, name))
        with self._shop(name, settings, lambda _: None) as shop, shop.alone():
            if run := shop.unfinished():
                raise Locked(say("fleet.remove.unfinished", name=name, run=run.id))
            with self.engine.begin() as connection:
                shops.take(connection, name)
                _refuse_open(connection, name)
                _forget(connection, name)

    @worded
    def schedule(self, name: str, kind: str, every: str) -> None:
        """Have something done for a shop again and again, see `schedules.py`; `off`: not any more.

        Raises Refusal for a shop, a kind or a time that there isn't.
        """
        with self.engine.begin() as connection:
            shops.hold(connection, name)
            now = connection.execute(select(func.clock_timestamp(type_=DateTime(timezone=True)))).scalar_one()
            schedule(connection, name, kind, None if every == "off" else every, now)

    def open_shop(self, name: str, on_event: Listener = lambda _: None) -> Shop:
        """Open a shop with the settings, the secrets and the sheets of the database; no variable counts.

        Raises Refusal where there is no such shop, or no key fits.
        """
        return self._shop(name, self._settings(name), on_event)

    def workbooks(self, name: str) -> Workbooks:
        """Return the sheets of a shop."""
        return Workbooks(self.engine, name)

    def jobs(self, name: str) -> FleetJobs:
        """Return the jobs of a shop."""
        return FleetJobs(self, name)

    def status(self) -> FleetStatus:
        """Return how all shops and workers stand. It needs no key, and many shops are no more questions than one."""
        return read_status(self.engine)

    @worded
    def check_key(self) -> None:
        """Raise Refusal where no key fits what the shops have; without a shop, any or none does."""
        with self.engine.connect() as connection:
            secret = shops.any_secret(connection)
        if secret is not None:
            self.keys.decrypt(secret)

    @worded
    def rekey(self) -> int:
        """Go over to the newest key, see `rolling.roll`; returns how many shops there are."""
        with self.engine.begin() as connection:
            return roll(connection, self.keys)

    @worded
    def _settings(self, name: str) -> Settings:
        with self.engine.connect() as connection:
            return shops.settings(shops.read(connection, name), self.keys)

    def _shop(self, name: str, settings: Settings, on_event: Listener) -> Shop:
        return Shop.open(
            name,
            settings=settings,
            state=self.state,
            lang=self.lang,
            on_event=on_event,
            sheets=Workbooks(self.engine, name).find,
            secrets_of=lambda profile: DatabaseSecrets(self.engine, self.keys, name, owner_of(profile)),
        )


def _refuse_open(connection: Connection, name: str) -> None:
    counted = select(func.count()).where(JOBS.c.shop == name, JOBS.c.state.in_(AT_WORK))
    if jobs := connection.execute(counted).scalar_one():
        raise Locked(say("fleet.remove.open", name=name, jobs=jobs))


def _forget(connection: Connection, name: str) -> None:
    of_shop = select(JOBS.c.id).where(JOBS.c.shop == name)
    for plans in (PLANS, PLAN_ROWS, PLAN_TABS, PLAN_DECISIONS):
        connection.execute(delete(plans).where(plans.c.job.in_(of_shop)))
    for table in (JOBS, WORKBOOKS, SCHEDULES):
        connection.execute(delete(table).where(table.c.shop == name))


def _is_postgres(state: str) -> bool:
    try:
        return make_url(state).get_backend_name() in {"postgresql", "postgres"}
    except (ArgumentError, ValueError):
        return False
