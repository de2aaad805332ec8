"""The table that `make bench` ends with: each promise as a ratio, its limit, and what it was at the last release."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from sync.workbooks import width_of

LAST = Path(__file__).with_name("last.json")
"""The ratios of the last release; `python -m tests.bench keep` writes them anew, on a quiet machine."""
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
        """What it goes by."""
        return f"{self.what} / {self.peer}"

    @property
    def bound(self) -> str:
        """Its limit, as tables have it."""
        return f"{'≥' if self.more else '≤'} {self.limit:g}"

    @property
    def kept(self) -> bool:
        """Whether it is within its limit."""
        return self.now >= self.limit if self.more else self.now <= self.limit


def last() -> Sequence[Ratio]:
    """Return the ratios of the last release."""
    return [Ratio(**one) for one in json.loads(LAST.read_text(encoding="utf-8"))]


def keep(ratios: Iterable[Ratio]) -> None:
    """Write ratios down as those of the last release."""
    told = [one._replace(now=round(one.now, 2))._asdict() for one in ratios]
    LAST.write_text(json.dumps(told, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def table(ratios: Iterable[Ratio], before: Iterable[Ratio]) -> Iterator[str]:
    """Yield the table, line by line; `before`: the ratios of the last release."""
    was = {one.name: one.now for one in before}
    lines = [HEADINGS, *(_line(ratio, was.get(ratio.name)) for ratio in ratios)]
    widths = [max(map(width_of, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = (cell + " " * (width - width_of(cell)) for cell, width in zip(line, widths, strict=True))
        yield "  ".join(cells).rstrip()


def _line(ratio: Ratio, before: float | None) -> tuple[str, ...]:
    was = "–" if before is None else f"{before:.2f}"
    return (ratio.what, ratio.peer, f"{ratio.now:.2f}", ratio.bound, was, "" if ratio.kept else "not kept")
