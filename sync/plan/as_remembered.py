"""Which rows say no more than what is remembered of their items: found by column, as mostly these are nearly all.

It is what `resolve` finds of such rows one by one, and no rule of its own: where anything is unusual, that one tells.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import repeat
from operator import attrgetter, eq

from sync.baselines import KeptItem
from sync.fields import STATUS
from sync.item import Status
from sync.plan.identity import Memory
from sync.plan.options import Options
from sync.rows import Rows

_NOTHING = KeptItem(None, b"")
"""What is remembered of a code that isn't known: no row says as much."""


def as_remembered(rows: Rows, memory: Memory, options: Options) -> Sequence[bool]:
    """Return of each row whether nothing is to be said or done of it with `--refresh changed`; empty: of none.

    Two equal texts tell. With a rule any row may mean something else.
    """
    if not options.choices.changed_only or (options.rules and options.rules.listed):
        return ()
    known = [*map(memory.kept.kept.get, rows.codes, repeat(_NOTHING))]
    ids = [*map(attrgetter("item_id"), known)]
    says_so = map(eq, rows.said, map(attrgetter("said"), known))
    has_it = map(eq, rows.codes, map(memory.by_id.get, ids))
    idle = [
        so and has and (item_id is None or item_id == its)
        for so, has, item_id, its in zip(says_so, has_it, rows.item_ids, ids, strict=True)
    ]
    for place in _unusual(rows, memory):
        idle[place] = False
    return idle


def _unusual(rows: Rows, memory: Memory) -> Collection[int]:
    """Return the places of rows of which the cells don't tell all, or that ask for more than to be as they were."""
    places = {*rows.told, *rows.timed}
    if marked := memory.kept.marked:
        places.update(place for place, code in enumerate(rows.codes) if code in marked)
    for column in (rows.skus, rows.stock_changes):
        # Mostly it is empty, which takes no time to find.
        if column.count(None) < len(column):
            places.update(place for place, cell in enumerate(column) if cell is not None)
    deleted, statuses = Status.DELETED, rows.column(STATUS)
    if deleted in statuses:
        places.update(place for place, status in enumerate(statuses) if status == deleted)
    if min(rows.numbers, default=0) < 0:
        # What the rows of SKUs say of their listing is carried out with them.
        places.update(place for place, number in enumerate(rows.numbers) if number < 0)
    return places


def rivals(rows: Rows, idle: Sequence[bool], others: Iterable[str | None], memory: Memory) -> Collection[int]:
    """Return the places of idle rows that mean one item with another row; `others`: the items of those not idle.

    The item of an idle row belongs to its code.
    """
    codes = rows.codes if any(idle) else []
    disputed = {memory.by_id.get(item_id) for item_id in others if item_id}
    if len({*codes}) < len(codes):
        disputed.update(code for code, times in Counter(codes).items() if times > 1)
    return {place for place, code in enumerate(codes) if idle[place] and code in disputed} if disputed else ()
