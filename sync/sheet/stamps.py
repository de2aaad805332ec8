"""同步时间, read back: up to which run a row knows what was done to its item
(docs/reference/outcomes.md#inventory-changes-are-made-once)."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, timedelta

from sync.codes import half_width
from sync.fields import Column
from sync.sheet.draft import Drafts
from sync.sheet.files.workbook import Raw
from sync.sheet.table import Table

_TEXT = (
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})(?:\.(\d{1,6})\d*)?秒?)?"
)
"""Of a stamp that has become a text; `re` compiles it when there is one."""
_EPOCH = datetime(1899, 12, 30)
_EARLIEST, _LATEST = 36_526, 73_050
"""Days from `_EPOCH`: the years 2000 to 2099. No other number is a time."""


def read_stamps(table: Table, drafts: Drafts) -> None:
    """Take in the rows' stamps, if the sheet has the column."""
    heading = table.heading(Column.SYNCED_AT)
    if heading is not None:
        raws = table.column(heading, drafts.numbers)
        stamps = {raw: stamp_of(raw) for raw in {*raws}}
        drafts.stamps = [None if isinstance(raw, bool) else stamps[raw] for raw in raws]


def stamp_of(raw: Raw) -> datetime | None:
    """Read a moment of the shop's clock, also where its format was lost on the way; None: it can't be read as one."""
    match raw:
        case datetime():
            return raw.replace(tzinfo=None)
        case bool():
            return None
        case int() | float() if _EARLIEST <= raw < _LATEST:
            return _EPOCH + timedelta(days=raw)
        case str():
            return _of_text(raw)
    return None


def _of_text(raw: str) -> datetime | None:
    found = re.fullmatch(_TEXT, half_width(raw.lstrip("'")).strip())
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction = found.groups(default="0")
    with suppress(ValueError):  # Such as the 30th of February.
        time = (int(hour), int(minute), int(second), int(fraction.ljust(6, "0")))
        return datetime(int(year), int(month), int(day), *time)
    return None
