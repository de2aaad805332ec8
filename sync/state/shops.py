"""Whose items a profile's state remembers (docs/reference/state.md#one-shop)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile

from sqlalchemy import delete, insert, select

from sync.state.store import Store
from sync.state.tables import ITEMS, RUNS, SHOPS


@dataclass(frozen=True)
class ShopIdentity:
    """What makes a shop the same shop."""

    gateway: str
    """Its name, as `gateway.address` has it."""
    app_key: str
    seller: str = ""
    """The seller's user id; empty: not known."""

    def other_than(self, known: ShopIdentity) -> bool:
        """Whether this is surely another shop than the `known` one."""
        sellers = {self.seller, known.seller} - {""}
        return (self.gateway, self.app_key) != (known.gateway, known.app_key) or len(sellers) > 1

    def same_as(self, other: ShopIdentity, *, unsure: bool) -> bool:
        """Whether this is the `other` shop; `unsure`: what to take it for where a seller isn't known.

        One app may serve several sellers, and one seller may have several apps.
        """
        if self.gateway != other.gateway:
            return False
        if self.seller and other.seller:
            return self.seller == other.seller
        return unsure and self.app_key == other.app_key


def remembers_anything(store: Store) -> bool:
    """Whether state holds an item or a run of this profile: before that, nothing of any shop is remembered."""
    with store.engine.connect() as connection:
        kept = (
            connection.execute(select(table.c.profile).where(table.c.profile == store.profile).limit(1)).first()
            for table in (ITEMS, RUNS)
        )
        return any(kept)


def known_shop(store: Store) -> ShopIdentity | None:
    """Return the shop that this profile's state is of; None: nobody said yet, or nothing is remembered of it."""
    with store.engine.connect() as connection:
        kept = connection.execute(select(SHOPS).where(SHOPS.c.profile == store.profile)).first()
    return ShopIdentity(kept.gateway, kept.app_key, kept.seller) if kept and remembers_anything(store) else None


def in_charge(store: Store, shop: ShopIdentity, *, unsure: bool) -> tuple[str, ...]:
    """Return the other profiles that remember items of `shop`, where this one is new to it.

    This profile isn't new where it remembers anything itself, or where a person has bound it since (`keep_shop`).
    """
    if remembers_anything(store):
        return ()
    with store.engine.connect() as connection:
        kept = connection.execute(select(SHOPS).order_by(SHOPS.c.since.desc())).all()
        busy = set(connection.execute(select(ITEMS.c.profile).union(select(RUNS.c.profile))).scalars())
    since = takewhile(lambda row: row.profile != store.profile, kept)
    return tuple(
        row.profile
        for row in since
        if row.profile in busy and shop.same_as(ShopIdentity(row.gateway, row.app_key, row.seller), unsure=unsure)
    )


def keep_shop(store: Store, shop: ShopIdentity, at: datetime) -> None:
    """Remember that this profile's state is of `shop`."""
    with store.writing() as connection:
        connection.execute(delete(SHOPS).where(SHOPS.c.profile == store.profile))
        connection.execute(insert(SHOPS).values(profile=store.profile, since=at, **vars(shop)))
