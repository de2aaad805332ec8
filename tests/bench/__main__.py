"""`make bench`: what the promises cost, as ratios of two things measured in one run. Nothing here is asserted."""

from __future__ import annotations

import gc

from tests.bench import (
    fleet,
    gateway,
    growth,
    insight,
    journal,
    limiter,
    moves,
    reading,
    refreshing,
    starting,
    writing,
)
from tests.bench.ratio import Ratio, last, table


def main() -> None:
    """Measure everything, and print what it took, part by part, and one table of all ratios at the end."""
    # As a command has it: see `sync.__main__`.
    gc.set_threshold(100_000)
    ratios: list[Ratio] = []
    for part in (starting, gateway, moves, limiter, journal, growth, reading, refreshing, writing, insight, fleet):
        for told in part.measured():
            if isinstance(told, Ratio):
                ratios.append(told)
            else:
                print(told, flush=True)
    print("", *table(ratios, last()), sep="\n")


if __name__ == "__main__":
    main()
