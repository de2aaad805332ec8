"""One thing for each row of a sheet, such as its plan: made only where something is to be said or done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import repeat
from typing import TypeVar, overload

T = TypeVar("T")


class ByRow(Sequence[T]):
    """Things in the rows' order. Those of idle rows, of which nothing is to be told, are made when somebody looks."""

    def __init__(self, busy: Sequence[T], idle: Sequence[bool], make: Callable[[int], T]) -> None:
        """`busy`: the things of all rows that aren't `idle`; `make` returns the one of an idle row, by its place."""
        self.busy, self.idle, self._make = busy, idle, make

    @classmethod
    def of(cls, things: Iterable[T]) -> ByRow[T]:
        """Return any things as these: of no row it is known that it is idle."""
        if isinstance(things, cls):
            return things
        busy = things if isinstance(things, Sequence) else tuple(things)
        return cls(busy, (), busy.__getitem__)

    def with_busy(self, busy: Sequence[T]) -> ByRow[T]:
        """Return these with other things of the busy rows."""
        return ByRow(busy, self.idle, self._make)

    def map(self, busy: Sequence[U], make: Callable[[T], U]) -> ByRow[U]:
        """Return what becomes of these: of the busy ones it is known, of an idle one `make` says it."""
        return ByRow(busy, self.idle, lambda place: make(self._make(place)))

    @cached_property
    def idle_rows(self) -> int:
        """How many rows are idle."""
        return sum(self.idle)

    def __len__(self) -> int:
        """How many rows there are."""
        return len(self.busy) + self.idle_rows

    def __iter__(self) -> Iterator[T]:
        """The things of all rows."""
        busy = iter(self.busy)
        for place, idle in enumerate(self.idle or repeat(False, len(self.busy))):
            yield self._make(place) if idle else next(busy)

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        """The thing of a row, or those of several."""
        return tuple(self)[place]

    def __eq__(self, other: object) -> bool:
        """Whether the others are the same things, in the same order."""
        return isinstance(other, Sequence) and tuple(self) == tuple(other)

    __hash__ = None  # type: ignore[assignment]


U = TypeVar("U")
