"""Twenty sellers on three practice platforms: what they hold, their sheets, and what must be so in the end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sync.demo import week
from sync.demo.shop import SHELVES, Goods, shop_documents
from sync.demo.workbook import write_lines
from sync.item import fen
from sync.sandbox.document import system
from sync.sandbox.limits import ALL_CALLS, SandboxLimit
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop

PLATFORMS, SHOPS = 3, 20
CALLS_PER_SECOND = 60
"""What the application may make, for all shops together."""
SLACK = 12
"""What a network's jitter may bring together: one small batch."""
DEARER, MOVED = "2.00", 3
"""Yuan on the price of some items, and units into the stock of others."""
SHELVES_OF_A_SHOP = 5
FIRST_SELLER = 20_000_100


@dataclass(frozen=True)
class DemoShop:
    """One seller, as the platform and its staff know it."""

    name: str
    platform: Sandbox
    session: str
    held: OpenItemShop
    sheet: Path
    wanted: Mapping[str, tuple[int, int]]
    """By code, what must be so in the end: price in fen, stock."""

    @property
    def settings(self) -> Mapping[str, object]:
        """What `fleet add` is told."""
        return {
            "gateway": self.platform.gateway,
            "app_key": self.platform.app_key,
            "app_secret": self.platform.app_secret,
            "session": self.session,
            "calls_per_second": CALLS_PER_SECOND,
            # A gateway on this machine has no copies that lag behind.
            "settle": 0,
        }

    def wrong(self) -> tuple[str, ...]:
        """Return the codes of items that aren't as the sheet wants them."""
        items = map(system, self.held.documents())
        now = {item["outerId"]: (fen(str(item["price"])), item["inventory"]) for item in items}
        return tuple(code for code, wanted in self.wanted.items() if now.get(code) != wanted)


@contextmanager
def sellers(folder: Path) -> Iterator[Sequence[DemoShop]]:
    """Start the platforms, fill them, and write each shop's sheet into `folder`."""
    limits = {ALL_CALLS: SandboxLimit(CALLS_PER_SECOND, slack=SLACK)}
    with ExitStack() as running:
        platforms = [running.enter_context(Sandbox(limits=limits)) for _ in range(PLATFORMS)]
        yield [_seller(number, platforms[number % PLATFORMS], folder) for number in range(SHOPS)]


def _seller(number: int, platform: Sandbox, folder: Path) -> DemoShop:
    name, session = f"shop-{number + 1:02}", f"session of seller {number + 1}"
    codes = {goods.code for goods in _goods(number)}
    held = OpenItemShop(seller=FIRST_SELLER + number)
    held.load(one for one in shop_documents() if system(one)["outerId"] in codes)
    platform.sellers[session] = held
    lines = [line for line in week.last_week() if line[week.CODE] in codes]
    sheet = folder / f"{name}.xlsx"
    edited, wanted = _edited(lines)
    write_lines(sheet, name, edited)
    return DemoShop(name, platform, session, held, sheet, wanted)


def _goods(number: int) -> Iterator[Goods]:
    for place in range(number, number + SHELVES_OF_A_SHOP):
        yield from SHELVES[place % len(SHELVES)].goods


def _edited(lines: Sequence[week.Line]) -> tuple[list[week.Line], Mapping[str, tuple[int, int]]]:
    """Make every third item dearer, and move the stock of every fourth; return what must be so then, too."""
    edited: list[week.Line] = []
    wanted = dict[str, tuple[int, int]]()
    for place, line in enumerate(lines):
        price, stock = fen(f"{line[week.PRICE]:.2f}"), int(line[week.STOCK])
        typed: week.Line = {}
        if place % 3 == 0:
            price += fen(DEARER)
            typed = {week.PRICE: price / 100}
        if place % 4 == 0:
            stock += MOVED
            typed = {**typed, week.STOCK: week.EMPTY, week.STOCK_CHANGE: MOVED}
        edited.append({**line, **typed})
        wanted[str(line[week.CODE])] = price, stock
    return edited, wanted
