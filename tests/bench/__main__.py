"""`make bench`: what the promises cost, as ratios of two things measured in one run. Nothing here is asserted."""

from __future__ import annotations

import gc

from tests.bench import fleet, gateway, growth, insight, journal, limiter, reading, refreshing, starting, writing


def main() -> None:
    """Measure everything, and print a line each."""
    # As a command has it: see `sync.__main__`.
    gc.set_threshold(100_000)
    for part in (starting, gateway, limiter, journal, growth, reading, refreshing, writing, insight, fleet):
        for line in part.measured():
            print(line, flush=True)


if __name__ == "__main__":
    main()
