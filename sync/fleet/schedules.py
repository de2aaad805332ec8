"""What is done for a shop again and again, and when it is due next.

A period such as `5m` comes at a moment of its own for each shop, so that thousands of shops don't come in one minute.
A cron line says the minute, by the shops' own clock.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from croniter import CroniterBadDateError, CroniterError, croniter
from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from sync.errors import Refusal
from sync.fleet.engine import Order, Task, defer
from sync.item import SHOP_TIME
from sync.messages import say
from sync.state.fleet_tables import SCHEDULES

KINDS = {"plan": Task.PLAN, "watch": Task.TICK, "digest": Task.DIGEST}
"""What can be scheduled, as `fleet schedule` and `SCHEDULES.kind` call it."""
AT_ONCE = 500
"""Schedules of one transaction."""
_FIELDS = 5
"""Of a cron line: no seconds, and no year."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Every(NamedTuple):
    """How often something is done."""

    period: timedelta | None
    """None: a cron line says when."""
    cron: str = ""

    def after(self, now: datetime, shop: str) -> datetime:
        """Return when it is due next for a shop; what was missed isn't made up for."""
        if self.period is None:
            local = now.astimezone(SHOP_TIME)
            return datetime.fromtimestamp(croniter(self.cron, local).get_next(float), UTC)
        own = self.period * (int.from_bytes(sha256(shop.encode()).digest()[:6]) / 2**48)
        gone = (now - _EPOCH - own) // self.period
        return _EPOCH + own + (gone + 1) * self.period


def parsed(every: str) -> Every:
    """Read `5m`, `2h`, `1d` or a cron line of five fields. Raises Refusal for anything else, and for no real day."""
    if told := re.fullmatch(r"([1-9]\d{0,3})([mhd])", every.strip()):
        return Every(timedelta(**{_UNITS[told[2]]: int(told[1])}))
    try:
        if len(every.split()) != _FIELDS:
            raise Refusal(say("fleet.every", every=every))
        croniter(every, _EPOCH).get_next()
    except CroniterBadDateError:
        raise Refusal(say("fleet.every.never", every=every)) from None
    except (CroniterError, ValueError):
        raise Refusal(say("fleet.every", every=every)) from None
    return Every(None, every)


def schedule(connection: Connection, shop: str, kind: str, every: str | None, now: datetime) -> None:
    """Keep what is done for a shop again and again; None: not any more. Raises Refusal for what is none."""
    if kind not in KINDS:
        raise Refusal(say("fleet.kind", kind=kind, kinds=", ".join(KINDS)))
    if every is None:
        connection.execute(delete(SCHEDULES).where(SCHEDULES.c.shop == shop, SCHEDULES.c.kind == kind))
        return
    values = {"every": every.strip(), "next_at": parsed(every).after(now, shop)}
    new = insert(SCHEDULES).values(shop=shop, kind=kind, **values)
    connection.execute(new.on_conflict_do_update(index_elements=["shop", "kind"], set_=values))


def defer_due(connection: Connection, now: datetime) -> int:
    """Queue what is due by `now`, at most `AT_ONCE`, and say when each comes next; return how many there were.

    Several may do so at once: what one has in hand the other leaves alone.
    """
    # A kind that isn't known here is a newer program's.
    known = SCHEDULES.c.kind.in_(KINDS)
    due = select(SCHEDULES.c.shop, SCHEDULES.c.kind, SCHEDULES.c.every).where(SCHEDULES.c.next_at <= now, known)
    first = due.order_by(SCHEDULES.c.next_at).limit(AT_ONCE).with_for_update(skip_locked=True)
    found = connection.execute(first).all()
    if found:
        moved = [{"of": row.shop, "a": row.kind, "next": parsed(row.every).after(now, row.shop)} for row in found]
        connection.execute(_MOVE, moved)
        defer(connection, *(Order(KINDS[row.kind], row.shop) for row in found))
    return len(found)


_MOVE = (
    update(SCHEDULES)
    .where(SCHEDULES.c.shop == bindparam("of"), SCHEDULES.c.kind == bindparam("a"))
    .values(next_at=bindparam("next"))
)
