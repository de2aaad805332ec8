"""The way to the platform, put together from the profile: who calls, how fast, over which wire, what is logged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sync.call import Outcome
from sync.errors import GatewayDown
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter, batch_size
from sync.gateway.protocol import SignMethod
from sync.gateway.shop_item import ShopItems
from sync.gateway.transport import Transport
from sync.service.credentials import access, app_secret, given_by
from sync.state.usage_ledger import SharedLedger

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from sync.apply.executor import Clock
    from sync.config import Profile
    from sync.gateway.channel import Channel
    from sync.gateway.log import LogLine
    from sync.gateway.secret_store import SecretStore
    from sync.messages import Worded
    from sync.state.store import Store


def channel(
    profile: Profile,
    store: Store,
    secrets: SecretStore,
    clock: Clock,
    stop: threading.Event,
    *,
    log: Callable[[LogLine], None] | None,
    tell: Callable[[Worded], None],
) -> Channel:
    """Return the profile's channel; `store` counts usage and knows who may call. Raises Refusal without secrets."""
    profile.require_gateway()
    sign_method = SignMethod(profile.sign_method)
    credentials = Credentials(
        profile.app_key,
        app_secret(profile, secrets),
        access(profile, secrets, clock.now),
        sign_method,
        given_by(profile),
    )
    limiter = Limiter(
        profile.limits,
        SharedLedger(store.engine, profile.app_key),
        patience=profile.patience,
        now=clock.now,
        monotonic=clock.monotonic,
        stop=stop,
    )
    client = Client(
        profile.gateway,
        credentials,
        limiter,
        transport=Transport(profile.timeout),
        batch_size=calls_at_once(profile),
        log=log,
        notify=tell,
        check=store.check_ours,
    )
    if profile.channel == "open":
        return OpenItems(client, connections=profile.connections)
    return ShopItems(client, connections=profile.connections, operate=profile.operate)


NO_ITEM = "1"
"""An id that no item has: ids have a dozen digits and more. Looking for it costs one call and changes nothing."""


def ask_gateway(channel: Channel) -> None:
    """Make one call that changes nothing. Raises GatewayDown where settings or authorization aren't right.

    Whatever the platform says of an item: it knew who asked, by which application, signed when.
    """
    reply = channel.read([NO_ITEM], lambda _: None)[NO_ITEM]
    if reply.error and reply.outcome is not Outcome.FAILED:
        raise GatewayDown(reply.error)


def calls_at_once(profile: Profile) -> int:
    """Return how many calls leave together."""
    return batch_size(profile.batch, profile.limits[""])
