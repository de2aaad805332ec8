"""Limits that a shop's settings give, and other rooms keep to."""

from __future__ import annotations

from typing import NamedTuple


class RateLimit(NamedTuple):
    """What the platform allows, of all calls or of one method's."""

    calls_per_second: float | None = None
    """None: no limit."""
    calls_per_day: int | None = None
    """From midnight to midnight GMT+8; None: not counted."""


class Reservation(NamedTuple):
    """What became of asking for a place in the flow of calls."""

    granted: bool
    wait: float
    """Seconds until the calls may leave; or, where no place was granted, until it is worth asking again."""


class Limits(NamedTuple):
    """The numbers of the guards (docs/reference/guards.md); a profile may set its own."""

    share: float = 0.3
    """Of the sheet's rows (or of its live items): above this, a change is more likely an accident."""
    at_least: int = 5
    """Rows: fewer never trip `takedown` or `invalid`."""
    deletions: int = 20
    """Rows."""
    new_items: int = 20
    """Rows."""
    price_floor: int = 0
    """Fen: any price below it trips."""
    price_drop: float = 0.5
    price_rise: float = 2.0
    stock_rise: int = 10
    """Times."""
    stock_rise_units: int = 100
    """Units: a smaller rise never trips `stock`."""


class ListingLimits(NamedTuple):
    """What a listing can hold (docs/explanation/platform.md#ordinary-listings); a profile may set its own."""

    title_bytes: int = 60
    """In GBK, in which a Chinese character has two bytes."""
    code_bytes: int = 64
    """Of a code of the seller's own, in GBK."""
    highest_price: int = 10_000_000_000
    """Fen."""
    highest_count: int = 999_999
    """Units. *Assumed.*"""
