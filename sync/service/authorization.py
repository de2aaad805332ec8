"""Whether a run's authorization will do, and lasts as long as the run."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sync.errors import GatewayDown
from sync.item import clock_text
from sync.messages import Message, say
from sync.service.credentials import renewing

if TYPE_CHECKING:
    from sync.config import Profile
    from sync.gateway.token import Token
    from sync.service.context import Context

CALLS_A_ROW = 7
"""As many as one row can take: id, publish, reading, modify, stock, status, and a second look."""
SLOWEST = 5.0
"""Calls a second where no limit is set: fewer than any gateway answers."""
ALWAYS_TOLD = timedelta(minutes=10)
"""A token that can't be renewed and ends within this time is told of, however short the run."""

WARNED = timedelta(days=7)
"""How long before its end a token that can't be renewed is told of, where it lived longer than that."""


def make_ready(context: Context, rows: int, *, writes: bool) -> None:
    """See to it, before a run over so many `rows` begins, that its token will do, and tell what a person should know.

    Raises GatewayDown for a token that has ended and can't be renewed, and if it is to write and mayn't.
    """
    profile = context.profile
    profile.require_gateway()
    if profile.session:
        return
    token, now = renewing(profile, context.secrets, context.clock.now).prepare(), context.clock.now()
    if not token.writable(now):
        if writes:
            raise GatewayDown(say("auth.read_only"))
        context.tell(say("auth.read_only"))
    left, needed = token.until - now, _longest(profile, rows)
    if not token.renewable(now) and left < max(needed, ALWAYS_TOLD):
        context.tell(say("auth.ends_soon", left=minutes(left), needed=minutes(needed)))
    elif (days := days_left(token, now)) is not None:
        context.tell(say("auth.ends_in_days", until=clock_text(token.until), days=days))


def days_left(token: Token, now: datetime) -> int | None:
    """Return the whole days that a token of a shop's own application still lasts, once these are few; else None."""
    left = token.until - now
    lived_long = token.until - token.granted_at > WARNED
    return left.days if lived_long and left <= WARNED and not token.renewable(now) else None


def minutes(time: timedelta) -> int:
    """Return a time in whole minutes, at least 1."""
    return max(1, round(time.total_seconds() / 60))


def _longest(profile: Profile, rows: int) -> timedelta:
    return timedelta(seconds=rows * CALLS_A_ROW / (profile.calls_per_second or SLOWEST))


def lasting(token: Token, now: datetime) -> Message:
    """Say until when the token lasts, and what happens then."""
    until = clock_text(token.until)
    if token.renewable(now):
        if token.refresh_until is None:
            return say("auth.renews", until=until)
        return say("auth.renews_until", until=until, last=clock_text(token.refresh_until))
    if not token.alive(now):
        return say("auth.ended")
    left = token.until - now
    if left >= timedelta(days=1):
        return say("auth.lasts_days", until=until, days=left.days)
    return say("auth.lasts", until=until, left=minutes(left))
