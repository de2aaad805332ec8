"""Both kinds of items, so that what is asked of a channel can be asked of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sync.abilities import Abilities, abilities_of
from sync.call import Call, Op, Outcome
from sync.gateway.auth import FixedToken
from sync.gateway.channel import Channel
from sync.gateway.client import Client
from sync.gateway.credentials import Credentials
from sync.gateway.open_item import OpenItems
from sync.gateway.pace import Limiter
from sync.gateway.shop_item import ShopItems
from sync.gateway.transport import Transport
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from sync.sku import sku_id
from tests.clocks import FakeClock
from tests.gateway.memory_ledger import MemoryLedger

CREDENTIALS = Credentials(Sandbox.app_key, Sandbox.app_secret, FixedToken(Sandbox.session))
FIRST = 642_500_118_001


def item_id(code: str) -> str:
    """The id of the item `A-7`: …008."""
    return str(FIRST + int(code.rpartition("-")[2]))


def _open_item(shop: OpenItemShop, code: str, stock: int, *, active: bool) -> None:
    keys = {"title": f"猫爪杯 {code}", "category": ["丽人", "美甲"], "price": 19.9, "inventory": stock}
    shop.load([{"_sys": {**keys, "outerId": code, "itemId": int(item_id(code)), "status": int(active)}}])


def _listing(shop: OpenItemShop, code: str, stock: int, *, active: bool) -> None:
    keys = {"title": f"猫爪杯 {code}", "price": "19.90", "num": stock, "outer_id": code}
    shop.listings.load([{**keys, "num_iid": int(item_id(code)), "approve_status": "onsale" if active else "instock"}])


PROPERTIES = "1627207:28341"


def _sku(shop: OpenItemShop, code: str, stock: int, *, active: bool) -> None:
    """A listing whose one SKU has all of its stock."""
    _listing(shop, code, stock, active=active)
    held = shop.listings.get(int(item_id(code)))
    sku = {"sku_id": SKU, "quantity": stock, "price": "19.90", "properties": PROPERTIES, "outer_id": f"{code}-RED"}
    shop.listings.load([{**held, "skus": [sku]}])


SKU = 4_010_002


@dataclass(frozen=True)
class ChannelKind:
    """One kind of item, and how it comes into the sandbox."""

    name: str
    over: Callable[[Client], Channel]
    put: Callable[..., None]
    ops: Mapping[str, str]
    """A method's name in a fault's SPEC → what it does in a word."""
    channel: str = "shop"
    sku: bool = False
    below_zero: Outcome = Outcome.FAILED
    """What becomes of taking more units than there are."""

    @property
    def abilities(self) -> Abilities:
        return abilities_of(self.channel)

    def id(self, item_id: str | None) -> str | None:
        """The id of this kind's item in place of a plain one."""
        return sku_id(item_id, str(SKU)) if self.sku and item_id else item_id

    def call(self, call: Call) -> Call:
        """A call for this kind's item in place of a plain one."""
        properties = PROPERTIES if self.sku and call.op is Op.MODIFY else ""
        return replace(call, item_id=self.id(call.item_id), sku_properties=properties)

    def methods(self, word: str) -> list[str]:
        """The methods that do this, as a SPEC names them."""
        return [method for method, does in self.ops.items() if does == word]


CHANNEL_KINDS = (
    ChannelKind(
        "open",
        OpenItems,
        _open_item,
        {
            "get": Op.LOOK,
            "inventory.incr": Op.STOCK,
            "inventory.decr": Op.STOCK,
            "status.modify": Op.STATUS,
            "modify": Op.MODIFY,
        },
        "open",
    ),
    ChannelKind(
        "shop",
        ShopItems,
        _listing,
        {
            "items.seller.list.get": Op.LOOK,
            "item.quantity.update": Op.STOCK,
            "item.update.listing": Op.STATUS,
            "item.update.delisting": Op.STATUS,
            "item.edit.fastupdate": Op.MODIFY,
        },
    ),
    ChannelKind(
        "operate",
        partial(ShopItems, operate=True),
        _listing,
        {
            "items.seller.list.get": Op.LOOK,
            "item.quantity.update": Op.STOCK,
            "item.operate.upshelf": Op.STATUS,
            "item.operate.downshelf": Op.STATUS,
            "item.edit.fastupdate": Op.MODIFY,
        },
    ),
    ChannelKind(
        "sku",
        ShopItems,
        _sku,
        {
            "items.seller.list.get": Op.LOOK,
            "skus.quantity.update": Op.STOCK,
            "item.update.listing": Op.STATUS,
            "item.update.delisting": Op.STATUS,
            "item.sku.price.update": Op.MODIFY,
        },
        sku=True,
        below_zero=Outcome.DONE,
    ),
)
OF_ITEMS = tuple(kind for kind in CHANNEL_KINDS if not kind.sku)
"""Those whose rows name an item by its id alone."""


def client(
    gateway: str, clock: FakeClock | None = None, credentials: Credentials = CREDENTIALS, *, timeout: float = 0.5
) -> Client:
    """Return a client whose pauses cost no time, and that gives up on an answer after `timeout` seconds: soon."""
    clock = clock or FakeClock()
    limiter = Limiter({}, MemoryLedger(), patience=120.0, now=clock.now, monotonic=clock.monotonic, pause=clock.pause)
    return Client(gateway, credentials, limiter, transport=Transport(timeout))
