"""How wide texts are in a worksheet."""

from __future__ import annotations

from unicodedata import east_asian_width


def width_of(text: str) -> int:
    """Return a text's width in characters of a worksheet's columns: a Chinese one is as wide as two."""
    return sum(2 if east_asian_width(sign) in "WF" else 1 for sign in text)
