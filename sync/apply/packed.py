"""Things that are needed once more later: packed meanwhile, as most of them are alike."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Packed(Generic[T]):
    """Things in the order in which they were added; those that are alike take a twentieth of their room, or less."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def add(self, some: Iterable[T]) -> None:
        """Take in some more, which are packed, and unpacked, together."""
        self._parts.append(zlib.compress(pickle.dumps([*some], pickle.HIGHEST_PROTOCOL), zlib.Z_BEST_SPEED))

    def __iter__(self) -> Iterator[T]:
        """All of them, equal to what was added."""
        for part in self._parts:
            yield from pickle.loads(zlib.decompress(part))  # noqa: S301 - our own
