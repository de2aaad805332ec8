"""How the shop stands, for the top of every page: nothing is called, and little is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sync.errors import Refusal
from sync.messages import Message
from sync.service.authorization_terms import AuthorizationTerms
from sync.service.shop_identity import shop_words
from sync.service.trouble import worded
from sync.state.usage_ledger import SharedLedger

if TYPE_CHECKING:
    from sync.service.context import Context


@dataclass(frozen=True)
class ShopStanding:
    """What a person should always see."""

    shop: Message
    profile: str
    authorized: Message
    """Until when, or what to do."""
    may_call: bool
    """Whether the platform will answer: there is an authorization, and it hasn't ended."""
    may_write: bool
    """Whether it also lets items be changed."""
    spent: int
    """Calls of today."""
    most: int | None
    """Calls that a day has; None: nobody set a quota."""
    unfinished: int | None
    """The run that waits to be gone on with; None: there is none."""


@worded
def standing(context: Context) -> ShopStanding:
    """Return how the shop stands now. Raises Refusal where settings or state are wrong."""
    profile, now = context.profile, context.clock.now()
    authorized, may_call, may_write = _authorization(context)
    ledger = SharedLedger(context.store.engine, profile.app_key)
    run = context.store.unfinished(counted=False)
    return ShopStanding(
        shop_words(context),
        profile.profile,
        authorized,
        may_call,
        may_write,
        ledger.spent("", now),
        profile.limits[""].calls_per_day,
        run.id if run else None,
    )


def _authorization(context: Context) -> tuple[Message, bool, bool]:
    profile = context.profile
    try:
        token = None if profile.session else context.secrets.read().token
    except Refusal as refusal:
        return refusal.message, False, False
    return AuthorizationTerms.of(profile.session, token).standing(context.clock.now())
