"""How long things take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from time import perf_counter


def seconds(what: Callable[[], object]) -> float:
    """Return how long `what` takes."""
    began = perf_counter()
    what()
    return perf_counter() - began


def in_turn(
    rounds: int, *whats: Callable[[], object], of: Callable[[Sequence[float]], float] = median
) -> list[float]:
    """Return the time of each of `whats`, which take turns, so that a busy machine troubles all alike.

    `of`: which of an activity's times; the least is the one that others disturbed least.
    """
    times = [[seconds(what) for what in whats] for _ in range(rounds)]
    return [of(column) for column in zip(*times, strict=True)]
