"""The noun Packed: things that are needed once more later, and packed meanwhile, as most of them are alike."""

from __future__ import annotations

import gc
import pickle
import zlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from io import BytesIO
from itertools import islice
from operator import attrgetter
from typing import Any, TypeVar, overload

T = TypeVar("T")

FEW = 5_000
"""Things that are all held as they are; of more of them, all are packed."""
TOGETHER = 1_000
"""Things that are packed, and unpacked, together."""


class Packed(Sequence[T]):
    """Things in the order in which they were added. Packed, those that are alike take a twentieth of their room.

    What is unpacked is equal to what was added, and another thing each time.
    """

    def __init__(self, things: Iterable[T] = (), *, few: int | None = None) -> None:
        """`few`: so many are held as they are; None: `FEW`."""
        self._few = FEW if few is None else few
        self._parts: list[list[T] | bytes] = []
        self._ends: list[int] = []
        """How many things there are up to the end of each part."""
        self._looked_at: tuple[int, list[T]] = (-1, [])
        self.extend(things)

    def extend(self, things: Iterable[T]) -> None:
        """Take in many more, some at a time."""
        for part in in_parts(things):
            self.add(part)

    def add(self, some: Iterable[T]) -> None:
        """Take in some more, which are packed, and unpacked, together."""
        part = [*some]
        self._parts.append(part)
        self._ends.append(len(self) + len(part))
        if len(self) > self._few:
            self._parts = [packed(each) if isinstance(each, list) else each for each in self._parts]

    def __len__(self) -> int:
        """How many things there are."""
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[T]:
        """All of them."""
        for part in self._parts:
            yield from unpacked(part) if isinstance(part, bytes) else part

    @overload
    def __getitem__(self, place: int) -> T: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[T]: ...

    def __getitem__(self, place: int | slice) -> T | Sequence[T]:
        """The thing at a place, or several. The part that was looked at last is kept for the next look."""
        if isinstance(place, slice):
            return tuple(self[each] for each in range(len(self))[place])
        place = range(len(self))[place]
        number = bisect_right(self._ends, place)
        looked_at = self._looked_at
        if looked_at[0] != number:
            part = self._parts[number]
            looked_at = self._looked_at = (number, unpacked(part) if isinstance(part, bytes) else part)
        # Not what stands there by now: other threads look at other parts.
        return looked_at[1][place - (self._ends[number - 1] if number else 0)]

    def __eq__(self, other: object) -> bool:
        """Whether the others are the same things, in the same order."""
        return isinstance(other, Sequence) and len(self) == len(other) and all(map(_same, self, other))

    __hash__ = None  # type: ignore[assignment]


class Numbered(Mapping[int, T]):
    """Things by their numbers, which rise. Of packed ones none is held: whoever asks for one after another has each
    part unpacked once."""

    def __init__(self, numbers: Iterable[int], things: Sequence[T]) -> None:
        self._numbers, self._things = array("l", numbers), things

    def __getitem__(self, number: int) -> T:
        """The thing of a number."""
        place = bisect_left(self._numbers, number)
        if place == len(self) or self._numbers[place] != number:
            raise KeyError(number)
        return self._things[place]

    def __iter__(self) -> Iterator[int]:
        """The numbers."""
        return iter(self._numbers)

    def __len__(self) -> int:
        """How many things there are."""
        return len(self._numbers)


def _same(one: object, other: object) -> bool:
    return one == other


def in_parts(things: Iterable[T]) -> Iterator[list[T]]:
    """Yield things some at a time: as many as are packed together."""
    left = iter(things)
    while part := [*islice(left, TOGETHER)]:
        yield part


def packed(things: list[T]) -> bytes:
    """Pack things."""
    file = BytesIO()
    _Pickler(file, pickle.HIGHEST_PROTOCOL).dump(things)
    return zlib.compress(file.getbuffer(), zlib.Z_BEST_SPEED)


def unpacked(part: bytes) -> list[T]:
    """Return the things that were packed."""
    looks = gc.isenabled()
    # Where Python looks for garbage as often as it does by itself, it takes as long again to look through the things.
    gc.disable()
    try:
        things: list[T] = pickle.loads(zlib.decompress(part))  # noqa: S301 - our own
    finally:
        if looks:
            gc.enable()
    return things


class _Pickler(pickle.Pickler):
    """Packs most of our nouns by what they are made of: field by field takes four times as long."""

    def reducer_override(self, thing: Any) -> Any:
        kind: Any = type(thing)
        values = _values(kind)
        return (kind, values(thing)) if values else NotImplemented


@cache
def _values(kind: type) -> Callable[[object], Any] | None:
    """Return what reads the values of a noun that is made by naming them all, in their order; None: it isn't so."""
    if not is_dataclass(kind) or "__slots__" not in vars(kind):
        return None
    named = fields(kind)
    by_place = all(field.init and not field.kw_only for field in named)
    return attrgetter(*(field.name for field in named)) if by_place and len(named) > 1 else None
