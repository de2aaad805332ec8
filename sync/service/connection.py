"""The way to the platform, put together from the profile: who calls, how fast, over which wire, what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.gateway.client import Client, Credentials
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter, batch_size
from sync.gateway.shop_item import ShopItems
from sync.gateway.transport import Transport
from sync.service.credentials import access, app_secret, given_by
from sync.state.usage_ledger import SharedLedger

if TYPE_CHECKING:
    from sync.config import Profile
    from sync.gateway.channel import Channel
    from sync.service.context import Context


def channel(context: Context) -> Channel:
    """Return the profile's channel. Raises Refusal where credentials are missing, or `--log` can't be written."""
    profile = context.profile
    profile.require_gateway()
    now = context.clock.now
    credentials = Credentials(
        profile.app_key, app_secret(profile), access(profile, now), profile.sign_method, given_by(profile)
    )
    limiter = Limiter(
        profile.limits,
        SharedLedger(context.store.engine, profile.app_key),
        patience=profile.patience,
        now=now,
        monotonic=context.clock.monotonic,
        stop=context.stop,
    )
    client = Client(
        profile.gateway,
        credentials,
        limiter,
        transport=Transport(profile.timeout),
        batch_size=calls_at_once(profile),
        log=context.call_log.write if context.call_log else None,
        notify=context.tell,
    )
    kind = ShopItems if profile.channel == "shop" else OpenItems
    return kind(client, connections=profile.connections)


def calls_at_once(profile: Profile) -> int:
    """Return how many calls leave together."""
    return batch_size(profile.batch, profile.limits[""])
