"""One thing for each row of a sheet, such as its plan: made only where something is to be said or done."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, chain
from typing import TypeVar, overload

T = TypeVar("T")

TOGETHER = 5_000
"""Rows of which everything may be held at once; of more, so many are looked at after each other."""
_AT_ONCE = 1_000
"""Things that are made together for somebody who looks at all of them."""


class ByRow(Sequence[T]):
    """Things in the rows' order. Those of idle rows, of which nothing is to be told, are made when somebody looks.

    They aren't kept: all of them would be most of a plan's memory.
    """

    def __init__(
        self,
        busy: Sequence[T],
        idle: Sequence[bool],
        make: Callable[[Sequence[int]], Iterable[T]],
        *,
        read: bool = False,
    ) -> None:
        """`busy`: the things of all rows that aren't `idle`; `make` returns those of idle rows, by their places.

        `read`: the idle rows' items were read; else nothing is known of them but what is remembered.
        """
        self.busy, self.idle, self._make, self._read = busy, idle, make, read

    @classmethod
    def of(cls, things: Iterable[T]) -> ByRow[T]:
        """Return any things as these: of no row it is known that it is idle."""
        if isinstance(things, cls):
            return things
        busy = things if isinstance(things, Sequence) else tuple(things)
        return cls(busy, (), lambda _: ())

    def with_busy(self, busy: Sequence[T]) -> ByRow[T]:
        """Return these with other things of the busy rows."""
        return ByRow(busy, self.idle, self._make, read=self._read)

    def map(self, busy: Sequence[U], make: Callable[[T], U]) -> ByRow[U]:
        """Return what becomes of these: of the busy ones it is known, of an idle one `make` says it."""
        return ByRow(busy, self.idle, lambda places: map(make, self._make(places)), read=self._read)

    def part(self, places: Sequence[int], idle: Sequence[bool], busy: Sequence[T]) -> ByRow[T]:
        """Return the things at `places`: the idle ones as they are, `busy` in place of all others and behind them."""

        def make(wanted: Sequence[int]) -> Iterable[T]:
            return self._make([places[one] for one in wanted])

        return ByRow(busy, idle, make, read=self._read)

    def is_idle(self, place: int) -> bool:
        """Whether nothing is to be said or done of the row at a place."""
        return bool(self.idle) and self.idle[place]

    @property
    def read(self) -> Iterable[T]:
        """The things of all rows but those of which nobody read anything."""
        return self if self._read else self.busy

    @property
    def unread_rows(self) -> int:
        """How many idle rows there are of which nobody read anything."""
        return 0 if self._read else self.idle_rows

    @cached_property
    def idle_rows(self) -> int:
        """How many rows are idle."""
        return sum(self.idle)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.busy) + self.idle_rows

    def __iter__(self) -> Iterator[T]:
        """The things of all rows."""
        parts = range(0, len(self), _AT_ONCE)
        return (
            chain.from_iterable(self[start : start + _AT_ONCE] for start in parts) if self.idle else iter(self.busy)
        )

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        """The thing of a row, or those of several."""
        if not self.idle:
            return self.busy[place]
        if isinstance(place, slice):
            return tuple(self.at(range(len(self))[place]))
        return next(self.at((range(len(self))[place],)))

    def at(self, places: Sequence[int]) -> Iterator[T]:
        """The things of the rows at some places; no others are made."""
        if not self.idle:
            return _at(self.busy, places)
        made = iter(self._make([place for place in places if self.idle[place]]))
        busy = _at(self.busy, [self._busy_before[place] for place in places if not self.idle[place]])
        return (next(made) if self.idle[place] else next(busy) for place in places)

    @cached_property
    def _busy_before(self) -> Sequence[int]:
        """How many rows before each one are busy."""
        return array("l", accumulate((not idle for idle in self.idle), initial=0))

    def __eq__(self, other: object) -> bool:
        """Whether the others are the same things, in the same order."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


def _at(things: Sequence[T], places: Sequence[int]) -> Iterator[T]:
    return things.at(places) if isinstance(things, ByRow) else (things[place] for place in places)


U = TypeVar("U")
