"""A fleet: many shops on one PostgreSQL, which several machines work for.

What stands in the database alone counts for its shops: no variable, and no file of a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

from sqlalchemy import Engine, delete, func, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from sync.errors import Refusal
from sync.fleet.keys import Keys
from sync.fleet.names import check_name
from sync.fleet.reading import read_status
from sync.fleet.shops import FleetShops, changing, refuse_elsewhere
from sync.fleet.status import FleetStatus
from sync.fleet.vault import DatabaseSecrets
from sync.fleet.workbooks import Workbooks
from sync.messages import Language, say
from sync.service.context import Context
from sync.service.credentials import owner_of
from sync.service.events import Listener
from sync.service.jobs import JobState
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

OPEN = (JobState.READING, JobState.WAITING, JobState.RUNNING)
"""Of a job: somebody still works for it, or it waits for a person."""


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
        self.shops = FleetShops(engine)
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
        return self.shops.names()

    @worded
    def add(self, name: str, settings: Mapping[str, object], by: str) -> None:
        """Add a shop; of one that is there, replace the settings. What a login gave stays.

        `settings`: as a profile of the settings file has them. What is under way goes on with the settings that it
        began with. The first shop has a key made where there is none. `by`: who does it.
        Raises Refusal for a name, a key or a value that is wrong, and where no key fits what the other shops have.
        """
        check_name(name)
        refuse_elsewhere(settings)
        profile = Context(name, settings=settings, state=self.state).profile
        profile.require_gateway()
        with self.engine.begin() as connection:
            changing(connection)
            if self._keys is None and Keys.found() is None and self.shops.any_secret(connection) is None:
                self._keys = Keys.made()
            self.shops.put(connection, name, settings, by, self.keys)
            DatabaseSecrets(self.engine, self.keys, name, owner_of(profile)).note_terms(connection)

    @worded
    def remove(self, name: str) -> None:
        """Remove a shop with its settings, secrets, schedules, sheets and jobs; what the state remembers stays.

        Raises Refusal where there is no such shop, and while it has an open job or an unfinished run.
        """
        with self.engine.begin() as connection:
            changing(connection)
            self.shops.take(connection, name)
            of_shop = select(JOBS.c.id).where(JOBS.c.shop == name)
            open_jobs = select(func.count()).where(JOBS.c.shop == name, JOBS.c.state.in_(OPEN))
            if waiting := connection.execute(open_jobs).scalar_one():
                raise Refusal(say("fleet.remove.open", name=name, jobs=waiting))
            self._refuse_unfinished(name)
            for plans in (PLANS, PLAN_ROWS, PLAN_TABS, PLAN_DECISIONS):
                connection.execute(delete(plans).where(plans.c.job.in_(of_shop)))
            for table in (JOBS, WORKBOOKS, SCHEDULES):
                connection.execute(delete(table).where(table.c.shop == name))

    def open_shop(self, name: str, on_event: Listener = lambda _: None) -> Shop:
        """Open a shop with the settings, the secrets and the sheets of the database; no variable counts.

        Raises Refusal where there is no such shop, or no key fits.
        """
        return self._shop(name, self._settings(name), on_event)

    def workbooks(self, name: str) -> Workbooks:
        """Return the sheets of a shop."""
        return Workbooks(self.engine, name)

    def status(self) -> FleetStatus:
        """Return how all shops and workers stand. It needs no key, and many shops are no more questions than one."""
        return read_status(self.engine)

    @worded
    def rekey(self) -> int:
        """Encrypt every secret with the newest key, in one transaction; returns how many shops there are."""
        with self.engine.begin() as connection:
            changing(connection)
            return self.shops.encrypt_anew(connection, self.keys)

    @worded
    def _settings(self, name: str) -> Mapping[str, object]:
        return self.shops.settings(name, self.keys)

    def _shop(self, name: str, settings: Mapping[str, object], on_event: Listener) -> Shop:
        return Shop.open(
            name,
            settings=settings,
            state=self.state,
            lang=self.lang,
            on_event=on_event,
            sheets=self.workbooks(name).find,
            secrets_of=lambda profile: DatabaseSecrets(self.engine, self.keys, name, owner_of(profile)),
        )

    def _refuse_unfinished(self, name: str) -> None:
        """Raise Refusal while a run of a shop has to be finished. Needs no key: it may be lost."""
        with self._shop(name, self.shops.open_settings(name), lambda _: None) as shop:
            if run := shop.unfinished():
                raise Refusal(say("fleet.remove.unfinished", name=name, run=run.id))


def _is_postgres(state: str) -> bool:
    try:
        return make_url(state).get_backend_name() in {"postgresql", "postgres"}
    except (ArgumentError, ValueError):
        return False
