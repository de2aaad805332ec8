"""One job at a time on a shop: the lock is held while something is done, never while a person reads."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sync.errors import Unfinished
from sync.state.lock import only_one

if TYPE_CHECKING:
    from sync.service.context import Context


@contextmanager
def alone(context: Context) -> Iterator[None]:
    """Hold the profile's lock, also where this job holds it already. Raises Locked if another process has it."""
    if context.alone:
        yield
        return
    with only_one(context.store):
        context.alone = True
        try:
            yield
        finally:
            context.alone = False


def refuse_unfinished(context: Context) -> None:
    """Raise Unfinished while a run of this profile waits for `resume`."""
    if unfinished := context.store.unfinished():
        raise Unfinished(unfinished.id, unfinished.sheet)
