"""One run at a time on a profile (DESIGN section 6), by a lock that a dead process doesn't hold.

A state file has a lock file beside it, which the operating system lets go of when its process dies. A database that
several machines share has a lease, which ends by itself unless it is renewed.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from uuid import uuid4

from filelock import FileLock, Timeout
from sqlalchemy import Connection, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from sync.errors import Locked
from sync.messages import say
from sync.state.store import Store
from sync.state.tables import LOCKS

LEASE = timedelta(seconds=60)
RENEWALS = 4
"""How often a lease is renewed before it would end: one lost renewal must not lose the lock."""

Now = Callable[[], datetime]


@contextmanager
def only_one(store: Store, now: Now) -> Iterator[None]:
    """Hold the profile's lock; raises Refusal (exit 5) while another process holds it."""
    if store.file is None:
        with _leased(store, now):
            yield
        return
    lock = FileLock(_beside(store.file, store.profile), mode=_mode_of(store.file))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Locked(say("run.locked", profile=store.profile)) from None
    except OSError:
        raise Locked(say("state.no_lock", file=_beside(store.file, store.profile))) from None
    try:
        yield
    finally:
        lock.release()


def _mode_of(state: Path) -> int:
    """Whoever may write a state may lock it."""
    return stat.S_IMODE(state.stat().st_mode)


def _beside(state: Path, profile: str) -> Path:
    """A profile's name may hold what a file's name can't."""
    safe = re.sub(r"[^\w.-]", "_", profile)
    return state.with_name(f"{state.name}.{safe}.lock")


@contextmanager
def _leased(store: Store, now: Now) -> Iterator[None]:
    holder = uuid4().hex
    if not take_lease(store, holder, now()):
        raise Locked(say("run.locked", profile=store.profile))
    ended = Event()
    store.holder = holder
    renewing = Thread(target=_renew, args=(store, holder, now, ended), daemon=True)
    renewing.start()
    try:
        yield
    finally:
        ended.set()
        renewing.join()
        store.holder = None
        # It ends by itself, too; what was done must not be told as trouble.
        with suppress(SQLAlchemyError), store.engine.begin() as connection:
            connection.execute(delete(LOCKS).where(LOCKS.c.profile == store.profile, LOCKS.c.holder == holder))


def _renew(store: Store, holder: str, now: Now, ended: Event) -> None:
    while not ended.wait(LEASE.total_seconds() / RENEWALS):
        with suppress(SQLAlchemyError):
            take_lease(store, holder, now())


def still_ours(store: Store, connection: Connection) -> None:
    """Raise Refusal (exit 5) if the lease was lost, as by a machine that slept: another may be at work by now.

    To be called in the journal's own transactions, so that nothing more leaves.
    """
    if store.holder is None:
        return
    holder = connection.execute(select(LOCKS.c.holder).where(LOCKS.c.profile == store.profile)).scalar()
    if holder != store.holder:
        raise Locked(say("run.lost_lock"))


def take_lease(store: Store, holder: str, now: datetime) -> bool:
    """Take the profile's lease for `holder`, or renew it; False: somebody else holds it."""
    until = (now + LEASE).isoformat()
    free = or_(LOCKS.c.holder == holder, LOCKS.c.until < now.isoformat())
    try:
        with store.engine.begin() as connection:
            mine = update(LOCKS).where(LOCKS.c.profile == store.profile, free).values(holder=holder, until=until)
            if connection.execute(mine).rowcount == 0:
                connection.execute(insert(LOCKS).values(profile=store.profile, holder=holder, until=until))
    except IntegrityError:
        return False
    return True
