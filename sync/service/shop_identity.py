"""Which shop this is: said before anything is done to it, and compared with the one that state remembers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from sync.address import gateway_name
from sync.config import ENV_PREFIX, profiles
from sync.errors import WrongShop
from sync.item import Item
from sync.legible import quoted
from sync.messages import Message, say
from sync.service.context import Context

if TYPE_CHECKING:
    from sync.gateway.token import Token
    from sync.plan.document_schema import ShopDocument
    from sync.state.shops import ShopIdentity

USER_ID = "_sys@userId"
"""Where an item says whose it is."""


def refuse_another(context: Context, held: Iterable[Item] = ()) -> ShopIdentity | None:
    """Return the shop that this profile's state is of; None: nobody said yet.

    Raises WrongShop where the settings lead to another one; and where this profile is new, and another one of the
    same state has the shop in its charge: with two baselines, what one has done, the other would do once more.

    `held`: what the platform holds of some items. They tell of a seller whom no login told of.
    """
    from sync.state.shops import in_charge, known_shop

    known, now, profile = known_shop(context.store), _here(context, held), context.profile.profile
    if known:
        if now.other_than(known):
            raise WrongShop(say("shop.wrong", profile=profile, known=_words(known), now=_words(now)))
        return known
    # A name that no settings file has may be a mistake; one that stands there may well be another shop of the app.
    listed = context.settings is not None or profile in profiles(context.config_file)[1]
    others = map(context.profile.of_this_channel, in_charge(context.store, now, unsure=not listed))
    if other := next(filter(None, others), None):
        names = {"profile": profile, "other": other, "use": quoted(other), "bind": quoted(profile)}
        raise WrongShop(say("shop.second", now=_words(now), **names))
    return None


def adopt(context: Context, held: Iterable[Item] = ()) -> None:
    """Remember the shop, once the platform has answered: a mistyped gateway must not become the right one."""
    from sync.state.shops import ShopIdentity, keep_shop

    held = tuple(held)
    known, now = refuse_another(context, held), _here(context, held)
    here = ShopIdentity(now.gateway, now.app_key, now.seller or (known.seller if known else ""))
    if here != known:
        keep_shop(context.store, here, context.clock.now())


def rebind(context: Context) -> None:
    """Remember the settings' shop in place of the one that was remembered; a person says that it is the same."""
    from sync.state.shops import keep_shop

    keep_shop(context.store, _here(context), context.clock.now())


def shop_words(context: Context) -> Message:
    """Name the shop: profile, gateway, and the seller where a login told."""
    profile, token = context.profile, _token(context)
    gateway = gateway_name(profile.gateway)
    if token and token.nick:
        return say("shop.seller", profile=profile.profile, gateway=gateway, seller=token.nick)
    return say("shop.name", profile=profile.profile, gateway=gateway)


def shop_document(context: Context) -> ShopDocument:
    """Name the shop in JSON."""
    token = _token(context)
    gateway = gateway_name(context.profile.gateway)
    return {"profile": context.profile.profile, "gateway": gateway, "seller": token.nick if token else ""}


def to_rebind(context: Context) -> tuple[Message, Message]:
    """Say which shop is remembered and which one is to be, and ask."""
    from sync.state.shops import known_shop

    known, profile, now = known_shop(context.store), context.profile.profile, settings_shop(context)
    if known is None:
        return say("shop.begin", profile=profile, now=now), say("shop.begin.question")
    return say("shop.rebind", profile=profile, known=_words(known), now=now), say("shop.rebind.question")


def settings_shop(context: Context) -> str:
    """Name the shop that the settings lead to."""
    return _words(_here(context))


def new_profile(context: Context) -> Message | None:
    """Say that a profile which no settings file has is new: its name may be a mistake. None: it isn't so."""
    from sync.state.shops import remembers_anything

    asked = context.profile_name or os.environ.get(f"{ENV_PREFIX}PROFILE")
    if context.settings is not None or not asked or asked in profiles(context.config_file)[1]:
        return None
    if remembers_anything(context.store):
        return None
    return say("shop.new", profile=asked)


def _here(context: Context, held: Iterable[Item] = ()) -> ShopIdentity:
    from sync.state.shops import ShopIdentity

    token = _token(context)
    seller = token.seller if token else ""
    if not seller:
        # One odd answer of many must not turn a shop away.
        told = {str(item[USER_ID]) for item in held if item.get(USER_ID)}
        seller = next(iter(told)) if len(told) == 1 else ""
    return ShopIdentity(gateway_name(context.profile.gateway), context.profile.app_key, seller)


def _token(context: Context) -> Token | None:
    return None if context.profile.session else context.secrets.read().token


def _words(shop: ShopIdentity) -> str:
    return " · ".join(part for part in (shop.gateway, f"app_key {shop.app_key}", shop.seller) if part)


def shown_address(address: str) -> str:
    """Write an address without what may be a secret in it."""
    return re.sub(r"//.*@", "//", address.split("?", maxsplit=1)[0])
