"""One run at a time on a profile (docs/reference/state.md#lock), by a lock that a dead process doesn't hold.

A state file has a lock file beside it, which the operating system lets go of when its process dies. A database that
several machines share has a lease, which ends by itself unless it is renewed.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from sync.errors import Locked
from sync.messages import say
from sync.state.lease import Lease
from sync.state.store import Store


@contextmanager
def only_one(store: Store) -> Iterator[None]:
    """Hold the profile's lock; raises Locked while another process holds it."""
    if store.file is None:
        with _leased(store):
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


def other_locks(store: Store) -> Iterator[Path]:
    """Yield the lock files of a state's other profiles; of a database there are none."""
    if store.file is not None:
        own = _beside(store.file, store.profile)
        yield from (lock for lock in sorted(store.file.parent.glob(f"{store.file.name}.*.lock")) if lock != own)


@contextmanager
def _leased(store: Store) -> Iterator[None]:
    lease = Lease(store.engine, store.profile)
    lease.take()
    store.lease = lease
    try:
        yield
    finally:
        store.lease = None
        lease.release()


def _mode_of(state: Path) -> int:
    """Whoever may write a state may lock it."""
    return stat.S_IMODE(state.stat().st_mode)


def _beside(state: Path, profile: str) -> Path:
    """A profile's name may hold what a file's name can't."""
    safe = re.sub(r"[^\w.-]", "_", profile)
    return state.with_name(f"{state.name}.{safe}.lock")
