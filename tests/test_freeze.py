"""Times in which nothing changes (docs/reference/guards.md#freeze)."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from sync.freeze import Freeze

PROMOTION = Freeze("11.11", datetime(2026, 11, 10, 20), datetime(2026, 11, 12, 2))
RUSH = Freeze("rush", time(20), time(22))
NIGHT = Freeze("night", time(23), time(1))


@pytest.mark.parametrize(
    ("freeze", "now", "until"),
    [
        (PROMOTION, (10, 19, 59), None),
        (PROMOTION, (10, 20, 0), datetime(2026, 11, 12, 2)),
        (PROMOTION, (12, 2, 0), None),
        (RUSH, (20, 20, 0), datetime(2026, 11, 20, 22)),
        (RUSH, (20, 22, 0), None),
        (NIGHT, (20, 23, 30), datetime(2026, 11, 21, 1)),
        (NIGHT, (21, 0, 30), datetime(2026, 11, 21, 1)),
        (NIGHT, (21, 1, 0), None),
    ],
)
def test_a_freeze_holds_from_its_beginning_to_its_end(
    freeze: Freeze, now: tuple[int, int, int], until: datetime | None
) -> None:
    assert freeze.until(datetime(2026, 11, *now)) == until
