"""`make bench`: what the promises cost, as ratios of two things measured in one run. Nothing here is asserted.

`python -m tests.bench keep` writes the ratios down as those of the last release, in `last.json` and in the docs.
"""

from __future__ import annotations

import gc
import sys

from docs import speed_pages
from tests.bench import (
    fleet,
    gateway,
    growth,
    insight,
    journal,
    limiter,
    moves,
    peaks,
    reading,
    refreshing,
    starting,
    writing,
)
from tests.bench.ratio import Ratio, keep, last, table

PARTS = (
    starting,
    gateway,
    moves,
    limiter,
    journal,
    growth,
    reading,
    refreshing,
    writing,
    insight,
    peaks,
    fleet,
)


def main() -> None:
    """Measure everything, and print what it took, part by part, and one table of all ratios at the end."""
    # As a command has it: see `sync.__main__`.
    gc.set_threshold(1_000_000)
    ratios: list[Ratio] = []
    for part in PARTS:
        for told in part.measured():
            if isinstance(told, Ratio):
                ratios.append(told)
            else:
                print(told, flush=True)
    print("", *table(ratios, last()), sep="\n")
    if sys.argv[1:] == ["keep"]:
        keep(ratios)
        speed_pages.main()


if __name__ == "__main__":
    main()
