"""Both kinds of items, so that what is asked of a channel can be asked of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.abilities import Abilities, abilities_of
from sync.call import Op
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


@dataclass(frozen=True)
class ChannelKind:
    """One channel, and how its items come into the sandbox."""

    name: str
    over: Callable[[Client], Channel]
    put: Callable[..., None]
    ops: Mapping[str, str]
    """A method's name in a fault's SPEC → what it does in a word."""

    @property
    def abilities(self) -> Abilities:
        return abilities_of(self.name)

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
        },
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
        },
    ),
)


def client(gateway: str, clock: FakeClock | None = None, credentials: Credentials = CREDENTIALS) -> Client:
    """Return a client whose pauses cost no time, and that soon gives up on an answer."""
    clock = clock or FakeClock()
    limiter = Limiter({}, MemoryLedger(), patience=120.0, now=clock.now, monotonic=clock.monotonic, pause=clock.pause)
    return Client(gateway, credentials, limiter, transport=Transport(0.5))
