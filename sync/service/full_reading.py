"""Which items a plan reads where nobody says: the profile's `full_every` and the readings in state tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import compress
from typing import TYPE_CHECKING

from sync.messages import Message, say
from sync.plan.listings import parted
from sync.plan.resolve import resolve
from sync.rows import Rows
from sync.state.observations import codes_read

if TYPE_CHECKING:
    from sync.item import Row
    from sync.plan.identity import Memory
    from sync.plan.options import Options
    from sync.service.context import Context

_UNITS = {"h": "hours", "d": "days"}


def as_profile_says(
    context: Context, rows: Sequence[Row], memory: Memory, options: Options
) -> tuple[Options, tuple[Message, ...]]:
    """Leave out what need not be read, where every such item was read within `full_every`; and what to say of that.

    Several readings together are a full one. What the platform didn't show wasn't read.
    """
    period = context.profile.full_every
    if period is None:
        return options, ()
    changed = replace(options, choices=replace(options.choices, changed_only=True))
    parts = Rows.of(parted(rows))
    meant = resolve(parts, memory, changed)
    left_out = {*compress(parts.codes, meant.idle), *(one.row.outer_id for one in meant.busy if one.unread)}
    since = context.clock.now() - timedelta(**{_UNITS[period[-1]]: int(period[:-1])})
    if not left_out or left_out - codes_read(context.store, since):
        return options, ()
    return changed, (say("plan.full_reading", period=period),)
