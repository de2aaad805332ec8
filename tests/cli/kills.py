"""What happens to a run as its calls leave: somebody is quicker, or the plug is pulled.

A run that is watched sends its calls one by one, so that there is a moment between any two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock
from unittest.mock import patch

from sync.call import Call, Outcome, Reply
from sync.gateway.open_item import OpenItems
from sync.state.journal import Entries, Journal

Which = Callable[[Call], bool]


class Killed(BaseException):
    """The process is dead. No `except Exception` of the program may know of it."""


def write_call(call: Call) -> bool:
    """Any call that can change something."""
    return call.writes


@contextmanager
def meanwhile(do: Callable[[], object], which: Which = write_call, number: int = 1) -> Iterator[None]:
    """Let something happen just before the `number`-th such call leaves; it must come to that."""
    with _watched(which, number, before=do):
        yield


@contextmanager
def killed(which: Which = write_call, number: int = 1, *, after: bool = False) -> Iterator[None]:
    """Let the command die just before the `number`-th such call leaves, or just `after` the platform did it."""
    with _dies(), _watched(which, number, after=_die) if after else _watched(which, number, before=_die):
        yield


@contextmanager
def killed_at_commit(number: int) -> Iterator[None]:
    """Let the command die just before the `number`-th commit of its journal."""
    commits = _Count(number)
    write = Journal.write

    def commit(journal: Journal, entries: Entries, *rest: object) -> None:
        if commits.reached():
            _die()
        write(journal, entries, *rest)  # type: ignore[arg-type]

    with _dies(), patch.object(Journal, "write", commit):
        yield


@contextmanager
def killed_before_delivery() -> Iterator[None]:
    """Let the command die when all calls are made, before their results are written into the sheet."""
    with _dies(), patch("sync.service.running.delivered", lambda *_, **__: _die()):
        yield


class _Count:
    """Counts to the `number`-th time, from several threads."""

    def __init__(self, number: int) -> None:
        self._left = number
        self._lock = Lock()

    def reached(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0

    @property
    def came(self) -> bool:
        return self._left <= 0


@contextmanager
def _watched(
    which: Which,
    number: int,
    before: Callable[[], object] = lambda: None,
    after: Callable[[], object] = lambda: None,
) -> Iterator[None]:
    calls = _Count(number)
    send = OpenItems.send

    def watched(channel: OpenItems, batch: Sequence[Call]) -> Sequence[Reply]:
        replies: list[Reply] = []
        for call in batch:
            reached = which(call) and calls.reached()
            if reached:
                before()
            closed = any(reply.fatal for reply in replies)
            replies += [Reply(Outcome.NOT_SENT)] if closed else send(channel, [call])
            if reached:
                after()
        return replies

    with patch.object(OpenItems, "send", watched):
        yield
    assert calls.came, "no such call left"


@contextmanager
def _dies() -> Iterator[None]:
    try:
        yield
    except Killed:
        return
    raise AssertionError("the command lived")


def _die() -> None:
    raise Killed
