"""What all processes of one application have called, in the state that they share
(docs/explanation/platform.md#quotas).

Nothing is ever locked here: what is written says what it was made from, and is made anew if that no longer holds.
So it works on any database, and beside a journal that writes into the same file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from math import ceil
from threading import Lock

from pyrate_limiter import Rate, StateStore
from pyrate_limiter.abstracts.algorithm import Decision, State, StateAlgorithm
from pyrate_limiter.clocks import WallClock
from sqlalchemy import ColumnElement, Engine, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from sync.item import SHOP_TIME
from sync.state.database_errors import refused
from sync.state.tables import FLOWS, QUOTA

KEPT = timedelta(days=7)
"""How long a day's count is kept: two machines need not agree to the minute on when midnight is."""


class SharedLedger:
    """The ledger of one application: see `UsageLedger` in the gateway's `pace`. Safe to use from several threads.

    All of its methods raise StateDown if the state can't be read or written.
    """

    def __init__(self, engine: Engine, app_key: str) -> None:
        self._engine = engine
        self._app_key = app_key
        # Threads of one process that write at the same time would only wait for each other in the database.
        self._lock = Lock()
        self._flows: dict[str, StateStore] = {}

    def flow(self, name: str) -> StateStore:
        """Return where the steady flow of `name` stands, for all processes; "": of all calls together."""
        with self._lock:
            if name not in self._flows:
                self._flows[name] = _StoredFlow(self._engine, self._app_key, name)
            return self._flows[name]

    def spend(self, charges: Sequence[tuple[str, int, int]], now: datetime) -> bool:
        """Count calls durably against today's quotas, all of them or none; False: of one, not enough is left.

        `charges`: names, each with its calls and its quota.
        """
        day = _day(now)
        with self._lock, _honest():
            while (short := self._charged(charges, day)) is not None:
                if not self._opened(short, day, now):
                    return False
            return True

    def _charged(self, charges: Sequence[tuple[str, int, int]], day: str) -> str | None:
        """Count all of them, or return the name of one of which too little is left, or nothing was counted yet."""
        with self._engine.connect() as connection:
            # Always in the same order, so that no two processes wait for one another.
            for name, calls, most in sorted(charges):
                of_today = (*_named(QUOTA, self._app_key, name), QUOTA.c.day == day)
                counted = update(QUOTA).where(*of_today, QUOTA.c.calls + calls <= most)
                if not connection.execute(counted.values(calls=QUOTA.c.calls + calls)).rowcount:
                    connection.rollback()
                    return name
            connection.commit()
        return None

    def spent(self, name: str, now: datetime) -> int:
        """Return how many calls of today's quota are used."""
        of_today = select(QUOTA.c.calls).where(*_named(QUOTA, self._app_key, name), QUOTA.c.day == _day(now))
        with _honest(), self._engine.connect() as connection:
            return int(connection.execute(of_today).scalar() or 0)

    def _opened(self, name: str, day: str, now: datetime) -> bool:
        """Begin a new day's count, and drop the old ones; False: it was begun before."""
        old = QUOTA.c.day < _day(now - KEPT)
        try:
            with self._engine.begin() as connection:
                connection.execute(insert(QUOTA).values(app_key=self._app_key, name=name, day=day, calls=0))
                connection.execute(delete(QUOTA).where(*_named(QUOTA, self._app_key, name), old))
        except IntegrityError:
            return False
        return True


class _StoredFlow(StateStore):
    """Where one steady flow stands: a few numbers, replaced only where they are still what was read."""

    default_clock = WallClock()

    def __init__(self, engine: Engine, app_key: str, name: str) -> None:
        self._engine = engine
        self._key = {"app_key": app_key, "name": name}
        self._this = _named(FLOWS, app_key, name)
        self._lock = Lock()
        self._own: State = ()
        """What this process put last."""
        self._odd_since: int | None = None
        """When the flow was first seen further ahead than our clock allows; None: at the last look it wasn't."""

    def check(self, algorithm: StateAlgorithm, rates: list[Rate], now: int, weight: int) -> Decision:
        """Take `weight` out of the flow, or say how long to wait; `now` in milliseconds.

        The wait is never longer than a whole burst takes, whatever a clock did that was set back.
        """
        with self._lock, _honest():
            while True:
                stored = self._stored()
                moved, decision = self._step(algorithm, rates, stored, now, weight)
                if not decision.allowed:
                    return decision
                if self._replaced(stored, " ".join(map(str, moved))):
                    self._own = moved
                    return decision

    def _step(
        self, algorithm: StateAlgorithm, rates: list[Rate], stored: str | None, now: int, weight: int
    ) -> tuple[State, Decision]:
        """A flow further ahead than a burst comes of another clock, or of a caller that was held up since `now`.

        The second is soon over, so it waits for once; after that, this process keeps to the flow of its own; or, if
        that too is from before its clock was set back, begins a new one.
        """
        longest = _longest(rates)
        shared = algorithm.decode(stored.split()) if stored else ()
        moved, decision = algorithm.step(rates, _fitting(shared, algorithm, rates), now, weight)
        if (decision.retry_after_ms or 0) <= longest:
            self._odd_since = None
            return moved, decision
        self._odd_since = now if self._odd_since is None else min(self._odd_since, now)
        if now - self._odd_since < longest:
            return moved, Decision(decision.failing_rate, longest)
        moved, decision = algorithm.step(rates, _fitting(self._own, algorithm, rates), now, weight)
        if (decision.retry_after_ms or 0) <= longest:
            return moved, decision
        return algorithm.step(rates, algorithm.initial(rates), now, weight)

    def read(self, algorithm: StateAlgorithm, rates: list[Rate]) -> State:
        """Return where the flow stands, for reports."""
        with self._lock, _honest():
            stored = self._stored()
        return _fitting(algorithm.decode(stored.split()) if stored else (), algorithm, rates)

    def reset(self) -> None:
        """Forget the flow."""
        with self._lock, _honest(), self._engine.begin() as connection:
            self._own = ()
            connection.execute(delete(FLOWS).where(*self._this))

    def _stored(self) -> str | None:
        with self._engine.connect() as connection:
            found: str | None = connection.execute(select(FLOWS.c.state).where(*self._this)).scalar()
            return found

    def _replaced(self, stored: str | None, state: str) -> bool:
        try:
            with self._engine.begin() as connection:
                if stored is None:
                    connection.execute(insert(FLOWS).values(**self._key, state=state))
                    return True
                still = update(FLOWS).where(*self._this, FLOWS.c.state == stored)
                return connection.execute(still.values(state=state)).rowcount == 1
        except IntegrityError:
            return False


def _named(table: Table, app_key: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return (table.c.app_key == app_key, table.c.name == name)


def _fitting(state: State, algorithm: StateAlgorithm, rates: list[Rate]) -> State:
    """A state that was kept for other limits tells nothing of these."""
    return state if len(state) == len(rates) else algorithm.initial(rates)


def _longest(rates: list[Rate]) -> int:
    """Milliseconds in which a whole burst flows off, and so the longest that anybody ever waits for his part."""
    return max(ceil(rate.burst * rate.interval / rate.limit) for rate in rates) + 1


def _day(now: datetime) -> str:
    return now.astimezone(SHOP_TIME).date().isoformat()


@contextmanager
def _honest() -> Iterator[None]:
    """What can't be counted must not be sent."""
    try:
        yield
    except SQLAlchemyError as error:
        raise refused(error) from None
