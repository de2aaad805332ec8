"""An access token with its times, as the authorization server grants it
(docs/explanation/platform.md#authorization)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from urllib.parse import unquote_plus

from sync.gateway.protocol import Garbled

EARLY = timedelta(minutes=5)
"""How long before its end a token is renewed; a short-lived one in the last quarter of its life."""
LEVELS = ("r1", "w1", "r2", "w2")
"""The API levels that have times of their own: reading and writing, ordinary and advanced."""


@dataclass(frozen=True)
class Token:
    """Lets an application call for one seller."""

    text: str = field(repr=False)
    granted_at: datetime
    until: datetime
    refresh: str | None = field(default=None, repr=False)
    """What it is renewed with; None: it can't be."""
    refresh_until: datetime | None = None
    """None: the platform named no time."""
    levels: Mapping[str, datetime] = field(default_factory=dict)
    """Until when each API level is allowed; one that isn't here is allowed, as the platform didn't name it."""
    nick: str = ""
    seller: str = ""
    """The seller's user id; empty: the platform didn't say."""

    def alive(self, now: datetime) -> bool:
        """Whether the platform should still accept it."""
        return now < self.until

    def renewable(self, now: datetime) -> bool:
        """Whether it can be renewed without a person."""
        return self.refresh is not None and (self.refresh_until is None or now < self.refresh_until)

    def writable(self, now: datetime) -> bool:
        """Whether the platform lets it change items: a `w1` time of 0 means that it doesn't any more."""
        return "w1" not in self.levels or now < self.levels["w1"]

    def due(self, now: datetime) -> bool:
        """Whether it should be renewed before the next call: it ends soon, or its right to write does."""
        writing = self.levels.get("w1", self.until)
        # A right that the token never had doesn't come with a renewal either.
        ends = min(self.until, writing) if writing > self.granted_at else self.until
        return now >= ends - min(EARLY, (ends - self.granted_at) / 4)


def granted(answer: Mapping[str, object], now: datetime, before: Token | None = None) -> Token:
    """Read the server's answer; raises Garbled for what is no token.

    `before`: the token that was renewed. What the answer leaves out stays as it was (RFC 6749, section 6).
    """
    text, lasts = _text(answer, "access_token"), _seconds(answer, "expires_in")
    if text is None or lasts is None:
        raise Garbled("no token")
    seller = _text(answer, "taobao_user_id") or ""
    if before and before.seller and seller not in ("", before.seller):
        raise Garbled("another seller's token")
    refresh_lasts = _seconds(answer, "re_expires_in")
    levels = {level: _seconds(answer, f"{level}_expires_in") for level in LEVELS}
    token = Token(
        text=text,
        granted_at=now,
        until=now + timedelta(seconds=lasts),
        refresh=_text(answer, "refresh_token") or (before.refresh if before else None),
        refresh_until=before.refresh_until if before else None,
        levels={level: now + timedelta(seconds=time) for level, time in levels.items() if time is not None},
        nick=_nick(answer) or (before.nick if before else ""),
        seller=seller or (before.seller if before else ""),
    )
    if refresh_lasts is None:
        return token
    # The platform gives a refresh token that lasts for no time where a token can't be renewed.
    until = now + timedelta(seconds=refresh_lasts) if refresh_lasts else None
    return replace(token, refresh=token.refresh if until else None, refresh_until=until)


def _nick(answer: Mapping[str, object]) -> str:
    """The seller's name, or the name of the staff member who said yes on the seller's behalf."""
    return unquote_plus(_text(answer, "sub_taobao_user_nick") or _text(answer, "taobao_user_nick") or "")


def _text(answer: Mapping[str, object], name: str) -> str | None:
    value = answer.get(name)
    return str(value) if isinstance(value, str | int) and str(value) else None


def _seconds(answer: Mapping[str, object], name: str) -> int | None:
    """Numbers come as numbers or as text (docs/explanation/platform.md#one-call)."""
    text = _text(answer, name)
    if text is None:
        return None
    if not re.fullmatch(r"[0-9]{1,10}", text):
        raise Garbled("a time is no number")
    return int(text)
