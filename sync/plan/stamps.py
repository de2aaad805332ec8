"""What a row's 同步时间 tells: that it has seen all that was done to its item until then
(docs/reference/outcomes.md#inventory-changes-are-made-once)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sync.item import Baseline, LastCell, Row, clock_face, same
from sync.remembered import Made

_ROUNDED = timedelta(milliseconds=5)
"""Programs that save a workbook keep a time to 15 digits of a day, and read it to the millisecond."""


def later(at: datetime, stamp: datetime) -> bool:
    """Tell whether `at` is later than a stamp. One that came back as text has no parts of a second."""
    face = clock_face(at)
    return face > stamp + _ROUNDED if stamp.microsecond else face.replace(microsecond=0) > stamp


def repeated(row: Row, made: Sequence[Made], sheet: str = "") -> Made | None:
    """Return the change that `row` asks for once more; None: it asks for none, or for a new one.

    `made`: the item's changes, the oldest first; `sheet`: the id of the row's sheet. A row with a stamp
    has seen the changes up to it, so only later ones are repeated. A row without a stamp may be an old copy. For it,
    the item's last change counts, and every change that this very sheet asked for: an up-to-date sheet would bear
    their results.
    """
    if row.stock_change is None or not made:
        return None
    stamp = row.stamp
    if stamp is None:
        unseen = [one for one in made if one is made[-1] or (sheet and one.sheet == sheet)]
    else:
        unseen = [one for one in made if later(one.at, stamp)]
    return next((one for one in reversed(unseen) if one.by == row.stock_change), None)


def unseen(row: Row, last: LastCell | None) -> bool:
    """Tell whether a cell was carried out elsewhere after `row` was last synced; never of a row without a stamp."""
    return row.stamp is not None and last is not None and later(last.at, row.stamp)


def behind(row: Row, baseline: Baseline | None) -> bool:
    """Tell whether a cell of `row` says something else than one that was carried out since the row was synced."""
    if row.stamp is None or baseline is None:
        return False
    lasts = ((cell, baseline.cells.get(path)) for path, cell in row.cells.items())
    return any(last is not None and unseen(row, last) and not same(cell, last.value) for cell, last in lasts)
