"""The command line in a process that dies at a named point: `python -m tests.soak.dying POINT ARGUMENTS…`.

A point is a moment of the run, counted from 1: `before publish 1`, `after commit 3`. At the point named `never` it
lives, and tells all points that it passed on standard error, one a line. Production code knows nothing of this.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from sync.call import Call, Reply
from sync.cli import run
from sync.gateway.open_item import OpenItems
from sync.gateway.shop_item import ShopItems
from sync.state.journal import Journal
from sync.state.store import Store

NEVER, MARK = "never", "point: "
P = ParamSpec("P")
T = TypeVar("T")
Send = Callable[[Any, Sequence[Call]], Sequence[Reply]]


class KillSwitch:
    """Counts the points, and comes at one of them."""

    def __init__(self, appointed: str) -> None:
        self._appointed = appointed
        self._passed: Counter[str] = Counter()
        self._lock = Lock()

    def pass_by(self, moment: str) -> None:
        """Come to the next point of this name."""
        with self._lock:
            self._passed[moment] += 1
            point = f"{moment} {self._passed[moment]}"
            if point == self._appointed:
                os.kill(os.getpid(), signal.SIGKILL)
            if self._appointed == NEVER:
                sys.stderr.write(f"{MARK}{point}\n")

    def around(self, name: str, act: Callable[P, T]) -> Callable[P, T]:
        """Make a point before and after `act`."""

        def watched(*args: P.args, **kwargs: P.kwargs) -> T:
            self.pass_by(f"before {name}")
            done = act(*args, **kwargs)
            self.pass_by(f"after {name}")
            return done

        return watched

    def around_each(self, send: Send) -> Send:
        """Make a point before and after each of the calls that a channel sends together."""

        def watched(channel: Any, calls: Sequence[Call]) -> Sequence[Reply]:
            for call in calls:
                self.pass_by(f"before {call.op.value}")
            replies = send(channel, calls)
            for call in calls:
                self.pass_by(f"after {call.op.value}")
            return replies

        return watched

    def watch(self) -> None:
        """Stand at every write of the journal, every call that leaves, and every step of the write-back."""
        Journal.begin = self.around("begin", Journal.begin)  # type: ignore[method-assign]
        Journal.write = self.around("commit", Journal.write)  # type: ignore[method-assign]
        Journal.close_open_intents = self.around("closing", Journal.close_open_intents)  # type: ignore[method-assign]
        Journal.finish = self.around("finish", Journal.finish)  # type: ignore[method-assign]
        Store.confirm_cleared = self.around("confirmation", Store.confirm_cleared)  # type: ignore[method-assign]
        OpenItems.read = self.around("reading", OpenItems.read)  # type: ignore[method-assign]
        ShopItems.read = self.around("reading", ShopItems.read)  # type: ignore[method-assign]
        OpenItems.send = self.around_each(OpenItems.send)  # type: ignore[assignment,method-assign]
        ShopItems.send = self.around_each(ShopItems.send)  # type: ignore[assignment,method-assign]
        os.replace = self.around("replacement", os.replace)


if __name__ == "__main__":
    KillSwitch(sys.argv[1]).watch()
    sys.exit(run(sys.argv[2:]))
