"""What a worker has in hand, and who may end it early: a person, the worker's own end, or others who wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from sync.fleet.engine import QUEUE, Order, Task
from sync.service.stopping import Stop
from sync.state.fleet_tables import JOBS

IN_SLICES = (Task.APPLY, Task.RESUME)
"""What can be cut and goes on where it was; a plan would begin anew."""


@dataclass(eq=False)
class Assignment:
    """An order that a thread of this worker works on."""

    order: Order
    began_at: float
    stop: Stop = field(default_factory=Stop)

    @property
    def handed_back(self) -> bool:
        """Whether the order is queued anew when its thread has ended."""
        return self.stop.goes_on


class AtWork:
    """All assignments of one worker. Safe for many threads."""

    def __init__(self, slice_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`slice_seconds`: so long a run may go on while others wait."""
        self._slice = slice_seconds
        self._clock = clock
        self._turn = threading.Lock()
        self._assignments: set[Assignment] = set()
        self._closed = False

    @contextmanager
    def assignment(self, order: Order) -> Iterator[Assignment]:
        """Count an order as in hand; one that comes when the worker ends is handed back at once."""
        mine = Assignment(order, self._clock())
        with self._turn:
            self._assignments.add(mine)
            if self._closed:
                mine.stop.let_go_on()
        try:
            yield mine
        finally:
            with self._turn:
                self._assignments.discard(mine)

    def close(self) -> None:
        """Hand everything back, and whatever comes from now on."""
        with self._turn:
            self._closed = True
            for one in self._assignments:
                one.stop.let_go_on()

    def look(self, connection: Connection) -> None:
        """Stop what a person wants stopped, and cut what went on for a slice while others wait."""
        with self._turn:
            mine = list(self._assignments)
        jobs = [one.order.job for one in mine if one.order.job]
        if jobs:
            stopped = set(connection.execute(select(JOBS.c.id).where(JOBS.c.id.in_(jobs), JOBS.c.stop)).scalars())
            for one in mine:
                if one.order.job in stopped:
                    one.stop.set()
        over = [one for one in mine if one.order.task in IN_SLICES and self._clock() - one.began_at >= self._slice]
        if over and _somebody_waits(connection):
            for one in over:
                one.stop.let_go_on()


def _somebody_waits(connection: Connection) -> bool:
    """Whether there is an order that only waits for a hand, and not for its own shop."""
    busy = select(QUEUE.c.lock).where(QUEUE.c.status == "doing", QUEUE.c.lock.is_not(None))
    queues = [task.queue for task in Task]
    waiting = select(QUEUE.c.id).where(QUEUE.c.status == "todo", QUEUE.c.queue_name.in_(queues))
    return connection.execute(waiting.where(QUEUE.c.lock.not_in(busy)).limit(1)).first() is not None
