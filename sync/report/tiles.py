"""Numbers with their names and colours, for every report."""

from __future__ import annotations

from typing import NamedTuple

TONES = {
    "publish": "green", "done": "green", "healthy": "green",
    "update": "blue", "drift": "blue", "sold": "blue",
    "delete": "red", "failed": "red", "error": "red", "out": "red",
    "invalid": "orange", "low": "orange",
    "blocked": "yellow", "skipped": "yellow", "warning": "yellow", "not sent": "yellow", "excess": "yellow",
    "conflict": "magenta", "stale": "magenta", "unknown": "magenta",
    "none": "grey", "slow": "grey",
}  # fmt: skip
"""The colour of every action, verdict, result, outcome and level, in every report. `note` has none."""


class Tile(NamedTuple):
    """One number with its name; `key` is also its colour and the page's filter."""

    key: str
    label: str
    number: int
