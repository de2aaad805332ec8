"""The way to the platform, put together from the profile: who calls, how fast, over which wire, what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.cli.access import access, app_secret, given_by

if TYPE_CHECKING:
    from sync.cli.desk import Desk
    from sync.config import Profile
    from sync.gateway.channel import Channel


def channel(desk: Desk) -> Channel:
    """Return the profile's channel. Raises Refusal where credentials are missing, or `--log` can't be written."""
    from sync.gateway.client import Client, Credentials
    from sync.gateway.open_item import OpenItems
    from sync.gateway.pace import Limiter
    from sync.gateway.shop_item import ShopItems
    from sync.gateway.wire import Wire
    from sync.state.tally import StateTally

    profile = desk.profile
    profile.require_gateway()
    now = desk.clock.now
    credentials = Credentials(
        profile.app_key, app_secret(profile), access(profile, now), profile.sign_method, given_by(profile)
    )
    limiter = Limiter(
        profile.limits,
        StateTally(desk.store.engine, profile.app_key),
        patience=profile.patience,
        now=now,
        monotonic=desk.clock.monotonic,
        stop=desk.stop,
    )
    client = Client(
        profile.gateway,
        credentials,
        wire=Wire(profile.timeout),
        limiter=limiter,
        batch_size=calls_at_once(profile),
        log=desk.call_log.write if desk.call_log else None,
        tell=desk.tell,
    )
    kind = ShopItems if profile.channel == "shop" else OpenItems
    return kind(client, connections=profile.connections)


def calls_at_once(profile: Profile) -> int:
    """Return how many calls leave together."""
    from sync.gateway.pace import batch_size

    return batch_size(profile.batch, profile.limits[""])
