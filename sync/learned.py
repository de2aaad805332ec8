"""What was learned of a shop's items, as plain values (docs/reference/insight.md), and the shape of its JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NotRequired

from typing_extensions import TypedDict

Band = Literal["out", "low", "healthy", "excess"]
"""How long the stock of an item lasts."""
BANDS: tuple[Band, ...] = ("out", "low", "healthy", "excess")
INSIGHT_FORMAT = "1.0"
"""`MAJOR.MINOR` of the JSON."""


@dataclass(frozen=True, slots=True)
class ItemFigures:
    """One item in figures."""

    outer_id: str
    title: str
    sold: int
    """Units presumably sold within the period."""
    velocity: float
    """Units a day in stock."""
    stock: int | None
    """Units; None: never seen."""
    days_of_cover: float | None
    """None: nothing is sold."""
    last_sold: datetime | None
    """None: not while anybody looked."""
    suggest: int
    """Units to order; 0: none."""
    sku: str = ""
    """Empty: the item as a whole."""


@dataclass(frozen=True)
class ShopFigures:
    """A shop in figures."""

    since: datetime
    until: datetime
    """The period."""
    first_seen: datetime | None
    """When an item was first looked at; None: never."""
    last_seen: datetime | None
    """When one was last looked at."""
    days: float
    """Days of the period between the first look and the last; 0: nothing to compare yet."""
    items: int
    sold: int
    observed: float
    """The share of days observed, from 0 to 1: the mean of the items."""
    bands: dict[Band, int]
    """Items by band."""
    slow: int
    doubtful: int
    suggested: int
    """Items for which a restock is suggested."""
    units: int
    """Units that are suggested."""


class InsightSummaryDocument(TypedDict):
    """A shop in figures."""

    since: str
    until: str
    """The period, as ISO 8601 writes moments."""
    first_seen: str | None
    last_seen: str | None
    days: float
    """Days of the period between the first look and the last; 0: nothing to compare yet."""
    items: int
    sold: int
    """Units presumably sold."""
    observed: float
    """The share of days observed, from 0 to 1."""
    out: int
    low: int
    healthy: int
    excess: int
    slow: int
    doubtful: int
    suggested: int
    """Items for which a restock is suggested."""
    units: int
    """Units that are suggested."""


class InsightItemDocument(TypedDict):
    """One item in figures; docs/reference/insight.md has the formulas."""

    outer_id: str
    sku: str | None
    """The SKU's own code; null: the item as a whole."""
    item_id: str | None
    title: str | None
    sold: int
    sold_most: int
    came: int
    """Units that came in and weren't ours."""
    doubtful: bool
    days_observed: float
    observed: float
    days_in_stock: float
    velocity: float
    stock: int | None
    days_of_cover: float | None
    sell_through: float | None
    abc: Literal["A", "B", "C"]
    band: Band | None
    slow: bool
    last_sold: str | None
    price: str | None
    price_effect: float | None
    suggest: int


class InsightDocument(TypedDict):
    """What `itemsync insight --json` prints."""

    format_version: str
    shop: NotRequired[dict[str, str]]
    summary: InsightSummaryDocument
    items: list[InsightItemDocument]
