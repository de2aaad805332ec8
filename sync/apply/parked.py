"""Rows that wait until what they did has had time to settle."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import count

from sync.apply.row_run import RowRun


class Parked:
    """Rows that wait, each until a moment of the monotonic clock."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, RowRun]] = []
        self._order = count()

    def __bool__(self) -> bool:
        return bool(self._heap)

    def put(self, row: RowRun, due: float) -> None:
        """Let a row wait until `due`."""
        heappush(self._heap, (due, next(self._order), row))

    def take(self, now: float) -> list[RowRun]:
        """Return the rows that have waited long enough, and forget them."""
        taken = []
        while self._heap and self._heap[0][0] <= now:
            taken.append(heappop(self._heap)[-1])
        return taken

    def wait(self, now: float) -> float:
        """Return the seconds until the first one has; raises IndexError where none waits."""
        return max(0.0, self._heap[0][0] - now)
