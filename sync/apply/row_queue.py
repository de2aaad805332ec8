"""Rows that wait for their turn, in order: of many, all but those at the two ends are packed."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from sync import packed
from sync.apply.lanes import Slot
from sync.apply.row_run import RowRun


class RowQueue:
    """Slots, of which the first is taken and new ones come last; they come out as they went in.

    A row under way takes as much room as a hundred that are packed, and is the same row when it is unpacked
    (`RowRun.__reduce__`).
    """

    def __init__(self, *, few: int | None = None) -> None:
        """`few`: so many are held as they are; None: `packed.FEW`."""
        self._few = packed.FEW if few is None else few
        self._first: deque[Slot] = deque()
        self._packed: deque[bytes] = deque()
        self._last: list[Slot] = []
        self._count = 0
        self.of_skus = False
        """Whether any row that was ever put in is an SKU's."""

    @classmethod
    def of(cls, rows: Iterable[RowRun]) -> RowQueue:
        """Return rows in their order, each of which leaves by itself."""
        queue = cls()
        queue.extend((row,) for row in rows)
        return queue

    def extend(self, slots: Iterable[Slot]) -> None:
        """Let some wait behind all others."""
        for slot in slots:
            self.append(slot)

    def append(self, slot: Slot) -> None:
        """Let one wait behind all others."""
        self._last.append(slot)
        self._count += 1
        self.of_skus = self.of_skus or any(row.plan.row.sku is not None for row in slot)
        if self._count > self._few and len(self._last) >= packed.TOGETHER:
            self._packed.extend(map(packed.packed, packed.in_parts(self._last)))
            self._last = []

    @property
    def first(self) -> Slot:
        """The one whose turn it is; raises IndexError where there is none."""
        self._bring_forward()
        return self._first[0]

    def popleft(self) -> Slot:
        """Take the one whose turn it is; raises IndexError where there is none."""
        self._bring_forward()
        slot = self._first.popleft()
        self._count -= 1
        return slot

    def taken(self) -> Iterator[Slot]:
        """Take all of them, one after another."""
        while self:
            yield self.popleft()

    def __len__(self) -> int:
        """How many wait."""
        return self._count

    def _bring_forward(self) -> None:
        if not self._first and self._packed:
            self._first = deque(packed.unpacked(self._packed.popleft()))
        elif not self._first:
            self._first, self._last = deque(self._last), []
