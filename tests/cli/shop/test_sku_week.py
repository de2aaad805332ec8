"""A shop's week with SKUs: staff edit, buyers buy; each evening the shop is as the sheet says and nothing is left."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import meanwhile
from tests.cli.shop.sku_shop import SIZES, dress, of_sku, write_skus
from tests.cli.shop.small_shop import line, listing, num_iid
from tests.cli.small_shop import Line

ON, OFF = "上架", "下架"


@dataclass
class Week:
    """The sheet, what the shop should hold, and what staff and buyers do."""

    sandbox: Sandbox
    plain: list[str]
    dresses: list[str]
    dice: Random
    stock: dict[tuple[str, str], int] = field(default_factory=dict)
    cell: dict[tuple[str, str], int | str] = field(default_factory=dict)
    """What 库存 says; empty once a stock was moved."""
    price: dict[tuple[str, str], int] = field(default_factory=dict)
    title: dict[str, str] = field(default_factory=dict)
    status: dict[str, str] = field(default_factory=dict)
    moves: dict[tuple[str, str], int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sandbox.shop.listings.load([*map(listing, self.plain), *map(dress, self.dresses)])
        for code in (*self.plain, *self.dresses):
            self.title[code], self.status[code] = f"猫眼美甲 {code}", ON
            for size in self.sizes(code):
                self.stock[code, size] = self.cell[code, size] = 5 if size else 10
                self.price[code, size] = 20

    def sizes(self, code: str) -> tuple[str, ...]:
        return SIZES if code in self.dresses else ("",)

    def edit(self) -> None:
        """A tenth of the items get another count, price, title or status, or a move."""
        self.moves = {}
        for key in self.dice.sample([*self.stock], len(self.stock) // 10):
            match self.dice.randrange(5):
                case 0:
                    self.stock[key] = self.cell[key] = self.dice.randint(31, 60)
                case 1:
                    self.moves[key], self.cell[key] = self.dice.choice([-2, 4, 9]), ""
                case 2:
                    self.price[key] = self.dice.randint(15, 30)
                case 3:
                    self.title[key[0]] += "新"
                case 4:
                    self.status[key[0]] = OFF if self.status[key[0]] == ON else ON

    def sell(self, keys: list[tuple[str, str]]) -> None:
        for code, size in keys:
            if self.status[code] == ON and self.stock[code, size] > 3:
                sku: dict[int | None, int] = (
                    {None: -1} if not size else {num_iid(code) % 1000 * 10 + SIZES.index(size) + 1: -1}
                )
                self.sandbox.shop.listings.add_stocks(num_iid(code), sku)
                self.stock[code, size] -= 1

    def lines(self) -> list[Line]:
        """The sheet: counts as staff typed them, which no sale has reached."""
        return [self._line(*key) for key in self.stock]

    def _line(self, code: str, size: str) -> Line:
        key = code, size
        said = {"标题": self.title[code], "目标状态": self.status[code], "价格": self.price[key]}
        counts = {"库存": self.cell[key], "库存增减": self.moves.get(key, "")}
        return of_sku(code, size, **said, **counts) if size else line(code, **said, **counts)

    def holds(self) -> dict[object, object]:
        found: dict[object, object] = {}
        for held in self.sandbox.shop.listings.documents():
            code = str(held["outer_id"])
            if code not in self.title:
                continue
            found[code] = (held["title"], held["approve_status"])
            for one in held.get("skus") or [{**held, "outer_id": f"{code}-", "quantity": held["num"]}]:
                size = str(one["outer_id"]).rpartition("-")[2]
                found[code, size] = (one["quantity"], float(one["price"]))
        return found

    def should(self) -> dict[object, object]:
        status = {ON: "onsale", OFF: "instock"}
        whole: dict[object, object] = {code: (self.title[code], status[self.status[code]]) for code in self.title}
        return whole | {key: (self.stock[key] + self.moves.get(key, 0), float(self.price[key])) for key in self.stock}


@pytest.mark.parametrize(
    ("plain", "dresses", "days", "seed"),
    [(16, 8, 3, 1), *(pytest.param(200, 100, 7, seed, marks=pytest.mark.soak) for seed in (2, 3))],
)
def test_a_week_of_a_shop(
    folder: Path, itemsync: Command, sandbox: Sandbox, *, plain: int, dresses: int, days: int, seed: int
) -> None:
    codes = [f"A-{number}" for number in range(100, 100 + plain + dresses)]
    week = Week(sandbox, codes[:plain], codes[plain:], Random(seed))
    sheet = write_skus(folder / "shop.xlsx", *week.lines())
    assert itemsync("apply", sheet, "--yes").code == 0
    for day in range(days):
        week.sell(week.dice.sample([*week.stock], len(week.stock) // 8))
        before = dict(week.stock)
        week.edit()
        write_skus(sheet, *week.lines())
        quiet = [key for key in week.stock if before[key] == week.stock[key] and key not in week.moves]
        with meanwhile(lambda keys=quiet: week.sell(keys[:2]), number=2):  # type: ignore[misc]
            ran = itemsync("apply", sheet, "--yes", "--force", "all", "--json")
        assert ran.code == 0, (day, [one for one in ran.json["rows"] if one["result"] not in ("done", "none")])
        assert week.holds() == week.should(), day
        again = itemsync("apply", sheet, "--yes", "--json")
        assert (again.code, again.json["summary"]["calls"]) == (0, 0), day
        for key, by in week.moves.items():
            week.stock[key] += by
