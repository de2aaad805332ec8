"""A year of a shop, simulated: what buyers did, what we did, and what our readings saw of it."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pandas as pd

BEGIN = datetime(2025, 11, 28, 1, tzinfo=UTC)
WEEKS = 52
END = BEGIN + timedelta(weeks=WEEKS)
HOUR = timedelta(hours=1)


@dataclass
class Truth:
    """What really became of an item within the year."""

    sold: int = 0
    hours_in_stock: int = 0
    stock: int = 0


@dataclass
class Year:
    """What state would have kept, and the truth beside it."""

    observations: list[tuple[object, ...]] = field(default_factory=list)
    changes: list[tuple[object, ...]] = field(default_factory=list)
    looks: list[datetime] = field(default_factory=list)
    truth: dict[str, Truth] = field(default_factory=dict)

    @property
    def observed(self) -> pd.DataFrame:
        return observed(self.observations)

    @property
    def changed(self) -> pd.DataFrame:
        return changed(self.changes)


def observed(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """A frame of (code, at, fen, stock, status)."""
    frame = pd.DataFrame(rows, columns=["outer_id", "at", "price_fen", "stock", "status"])
    return frame.assign(sku="", source="plan", at=pd.to_datetime(frame["at"], utc=True))


def changed(rows: Sequence[tuple[object, ...]]) -> pd.DataFrame:
    """A frame of (code, at, units moved, outcome)."""
    frame = pd.DataFrame(rows, columns=["outer_id", "at", "moved", "outcome"])
    at = pd.to_datetime(frame["at"], utc=True)
    return frame.assign(sku="", run=1, row=2, path="_sys@inventory", before=None, after=None, at=at)


@dataclass(frozen=True)
class Habits:
    """How the shop goes."""

    items: int = 40
    gaps: tuple[range, ...] = ()
    """Weeks in which nobody looked."""
    returns: float = 0.0
    """Chance that a unit which was sold comes back, and is put on the shelf by hand."""
    restock_to: int = 120
    """Units that a restock fills up to; few: items sell out."""


def year(habits: Habits, seed: int = 1) -> Year:
    """Sales with a trend, a season and two promotions; a weekly job that looks, and restocks what is low."""
    told = Year()
    chance = random.Random(seed)
    weeks = [week for week in range(WEEKS + 1) if not any(week in gap for gap in habits.gaps)]
    looks = {BEGIN + timedelta(weeks=week) for week in weeks}
    told.looks = sorted(looks)
    for number in range(habits.items):
        _live(told, f"K{number:03}", habits, looks, chance)
    return told


def _live(told: Year, code: str, habits: Habits, looks: set[datetime], chance: random.Random) -> None:
    truth = told.truth[code] = Truth(stock=habits.restock_to)
    base, trend = chance.uniform(0.05, 4.0), chance.uniform(-0.5, 1.0)
    seen: int | None = None
    for hour in range(WEEKS * 7 * 24 + 1):
        at = BEGIN + hour * HOUR
        if at in looks:
            seen = _look(told, code, at, truth, seen)
            if truth.stock < 3 * 7 * base and at < END:
                units = habits.restock_to - truth.stock
                if units > 0:
                    told.changes.append((code, at + timedelta(minutes=5), units, "done"))
                    truth.stock += units
                    seen = _look(told, code, at + timedelta(minutes=6), truth, seen)
        if at == END:
            break
        truth.hours_in_stock += truth.stock > 0
        bought = min(truth.stock, _poisson(base * _pull(hour, trend) / 24, chance))
        truth.stock -= bought
        truth.sold += bought
        back = sum(chance.random() < habits.returns for _ in range(bought))
        truth.stock += back


def _look(told: Year, code: str, at: datetime, truth: Truth, seen: int | None) -> int:
    if truth.stock != seen:
        told.observations.append((code, at, 1990, truth.stock, 1 if truth.stock else 0))
    return truth.stock


def _pull(hour: int, trend: float) -> float:
    """How much more than usual is bought: a trend over the year, a season, and two weeks of promotion."""
    day = hour / 24
    promoted = 4.0 if 100 <= day < 107 or 250 <= day < 257 else 1.0
    return max(0.1, (1 + trend * day / 365) * (1 + 0.3 * math.sin(2 * math.pi * day / 365)) * promoted)


def _poisson(mean: float, chance: random.Random) -> int:
    limit, count, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        count += 1
        product *= chance.random()
    return count
