"""Whether a row's 活动价 comes with the two times that it holds between (docs/reference/rules.md#campaign-price)."""

from __future__ import annotations

from sync.fields import Column, of_column
from sync.messages import Level, say
from sync.sheet.draft import Drafts
from sync.sheet.table import Table

_PRICE, *_TIMES = Column.WINDOW_PRICE, Column.WINDOW_START, Column.WINDOW_END


def check_windows(table: Table, drafts: Drafts) -> None:
    """Flag a campaign's price without its times, times without a price, and an end that comes before the start."""
    price = table.heading(_PRICE)
    times = [table.heading(time) for time in _TIMES]
    if price is None and times == [None, None]:
        return
    for draft in drafts.having((_PRICE, *_TIMES)):
        filled = [heading for heading in times if heading and draft.has(heading.key)]
        if price is None or not draft.has(price.key):
            for heading in filled:
                draft.flag(heading, say("window.no_campaign_price"), Level.WARNING)
            continue
        for time, column in zip(_TIMES, times, strict=True):
            if column is None or not draft.has(column.key):
                draft.flag(column or price, say("window.no_time", missing=of_column(time)))
        start, end = (draft.moment(time) for time in _TIMES)
        if start and end and start >= end and times[1]:
            draft.flag(times[1], say("window.order"))
