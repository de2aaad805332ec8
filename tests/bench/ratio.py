"""The table that `make bench` ends with: each promise as a ratio, its limit, and what it was at the last release."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from sync.workbooks import width_of

LAST = Path(__file__).with_name("last.json")
"""What each ratio was at the last release, by its name; copied by hand from the table of a quiet machine."""
HEADINGS = ("what", "against", "now", "limit", "last", "")


class Ratio(NamedTuple):
    """How much of something is taken, for each unit of it that a peer takes in the same run."""

    what: str
    peer: str
    now: float
    limit: float
    more: bool = False
    """True: how many times better than the peer, so that `limit` is the least; else it is the most."""

    @property
    def name(self) -> str:
        """What it goes by in the file."""
        return f"{self.what} / {self.peer}"

    @property
    def kept(self) -> bool:
        """Whether it is within its limit."""
        return self.now >= self.limit if self.more else self.now <= self.limit


def last() -> Mapping[str, float]:
    """Return the ratios of the last release."""
    told: Mapping[str, float] = json.loads(LAST.read_text(encoding="utf-8"))
    return told


def table(ratios: Iterable[Ratio], before: Mapping[str, float]) -> Iterator[str]:
    """Yield the table, line by line; `before`: the ratios of the last release."""
    lines = [HEADINGS, *(_line(ratio, before.get(ratio.name)) for ratio in ratios)]
    widths = [max(map(width_of, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _line(ratio: Ratio, before: float | None) -> tuple[str, ...]:
    bound = f"{'≥' if ratio.more else '≤'} {ratio.limit:g}"
    was = "–" if before is None else f"{before:.2f}"
    return (ratio.what, ratio.peer, f"{ratio.now:.2f}", bound, was, "" if ratio.kept else "not kept")
