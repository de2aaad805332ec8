"""What a listing can't hold is told before anything leaves (docs/explanation/platform.md#ordinary-listings)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sync.fields import INVENTORY, OUTER_ID, PRICE, TITLE
from sync.item import Path, Row, number
from sync.messages import Message, Problem, say
from sync.rows import Rows
from sync.values import Shown

if TYPE_CHECKING:
    from sync.config import Profile
    from sync.limits import ListingLimits
    from sync.sheet.read import Sheet


def within_limits(sheet: Sheet, profile: Profile) -> Sheet:
    """Return the sheet with an error at each cell that no listing can hold; open items have no such limits."""
    if profile.channel != "shop":
        return sheet
    return sheet._replace(rows=Rows(_checked(row, profile.listing) for row in sheet.rows))


def _checked(row: Row, limits: ListingLimits) -> Row:
    found = tuple(Problem(row.address(path), message) for path, message in _beyond(row, limits))
    return replace(row, problems=(*row.problems, *found)) if found else row


def _beyond(row: Row, limits: ListingLimits) -> Iterator[tuple[Path, Message]]:
    for path, text, most in (
        (TITLE, row.cells.get(TITLE), limits.title_bytes),
        (OUTER_ID, row.outer_id, limits.code_bytes),
    ):
        if isinstance(text, str) and (size := _bytes(text)) > most:
            yield path, say("limit.title" if path == TITLE else "limit.code", bytes=size, most=most)
    for path, most in ((PRICE, limits.highest_price), (INVENTORY, limits.highest_count)):
        value = number(row.cells.get(path))
        if value is not None and value > most:
            code = "limit.price" if path == PRICE else "limit.count"
            yield path, say(code, now=Shown(path, value), most=Shown(path, most))


def _bytes(text: str) -> int:
    """As the platform counts them: GB18030 writes what GBK has as GBK does, and the rest at its longest."""
    return len(text.encode("gb18030"))
