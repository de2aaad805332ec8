"""One job at a time on a shop: the lock is held while something is done, never while a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from sync.errors import Locked, Unfinished
from sync.messages import say
from sync.state.lock import only_one

if TYPE_CHECKING:
    from sync.service.context import Context


@contextmanager
def alone(context: Context) -> Iterator[None]:
    """Hold the profile's lock, also where this job holds it already. Raises Locked if another process has it."""
    if context.lock is not None:
        yield
        return
    with only_one(context.store):
        context.lock = object()
        try:
            yield
        finally:
            context.lock = None


@contextmanager
def one_job(context: Context) -> Iterator[None]:
    """Do as `alone`, for one job. Raises Locked inside of another job of the same shop, too.

    A listener, or another thread of the program, would take up what is still being done.
    """
    if not context.at_work.acquire(blocking=False):
        raise Locked(say("run.locked", profile=context.profile.remembered_as))
    try:
        with alone(context):
            yield
    finally:
        context.at_work.release()


class PlanBasis(NamedTuple):
    """How a shop stood when a plan was begun."""

    last_run: int
    """The newest run: one that came since makes the plan an old one."""
    lock: object | None
    """The lock that was held; None: none was, and anything may have come between."""


def basis(context: Context) -> PlanBasis:
    """Return how the shop stands now."""
    return PlanBasis(context.store.last_run(), context.lock)


def refuse_unfinished(context: Context) -> None:
    """Raise Unfinished while a run of this profile waits for `resume`."""
    if unfinished := context.store.unfinished():
        raise Unfinished(unfinished.id, unfinished.sheet)
