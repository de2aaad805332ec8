"""How long things take."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter


def seconds(what: Callable[[], object]) -> float:
    """Return how long `what` takes."""
    began = perf_counter()
    what()
    return perf_counter() - began


def in_turn(rounds: int, *whats: Callable[[], object]) -> list[float]:
    """Return the median time of each of `whats`, which take turns, so that a busy machine troubles all alike."""
    times = [[seconds(what) for what in whats] for _ in range(rounds)]
    return [median(column) for column in zip(*times, strict=True)]
