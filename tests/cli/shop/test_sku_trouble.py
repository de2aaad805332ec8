"""SKUs where calls get lost or the process dies: a count is closed, a move never made twice, a listing never left
half-way between two states."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from sync.sandbox.fault_catalog import KINDS
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed, killed_at_commit
from tests.cli.shop.sku_shop import SIZES, dress, of_sku, sku_rows, skus, type_sku, write_skus
from tests.cli.shop.small_shop import num_iid, stands

pytestmark = pytest.mark.usefixtures("quick")
CODE = "A-7"
STOCK = "skus.quantity.update"


@pytest.fixture
def sheet(folder: Path, itemsync: Command, sandbox: Sandbox) -> Path:
    sandbox.shop.listings.load([dress(CODE)])
    sheet = write_skus(folder / "shop.xlsx", *(of_sku(CODE, size) for size in SIZES))
    assert itemsync("apply", sheet, "--yes").code == 0
    return sheet


def always(method: str) -> str:
    return ",".join(f"drop-before@{method}:{number}" for number in range(1, 12))


def stocks(sandbox: Sandbox) -> dict[str, int]:
    return {size: units for size, (units, _) in skus(sandbox, CODE).items()}


@pytest.mark.parametrize("fault", [f"drop-after@{STOCK}:1", f"drop-before@{STOCK}:1", f"busy-after@{STOCK}:1"])
def test_a_lost_call_for_several_counts_is_looked_after_and_closed(
    sheet: Path, itemsync: Command, sandbox: Sandbox, fault: str
) -> None:
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 库存=9)
    sandbox.faults = Faults(fault)
    ran = itemsync("apply", sheet, "--yes")
    assert ran.code == 0, ran
    assert stocks(sandbox) == dict.fromkeys(SIZES, 9)


def test_a_lost_move_of_an_sku_waits_for_an_answer_by_its_two_codes(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_sku(sheet, f"{CODE}-S", 库存=None, 库存增减=-2)
    type_sku(sheet, f"{CODE}-M", 库存=None, 库存增减=3)
    sandbox.faults = Faults(f"drop-after@{STOCK}:1")
    ran = itemsync("apply", sheet, "--yes", "--json")
    sandbox.faults = Faults()
    held = {one["sku"]: one["result"] for one in ran.json["rows"]}
    assert (ran.code, held) == (1, {f"{CODE}-S": "unknown", f"{CODE}-M": "done", f"{CODE}-L": "none"})
    assert f"resume --answer {CODE}/{CODE}-S=" in str(sku_rows(sheet)[CODE, f"{CODE}-S"]["同步说明"])
    assert stocks(sandbox) == {"S": 3, "M": 8, "L": 5}
    assert itemsync("resume", "--answer", f"{CODE}/{CODE}-S=happened").code == 0
    blocked = itemsync("apply", sheet, "--yes", "--json")
    assert (blocked.code, stocks(sandbox)["S"]) == (1, 3), "its cell still says it"
    type_sku(sheet, f"{CODE}-S", 库存增减=None)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert itemsync("undo", 2, "--yes").code == 0
    assert stocks(sandbox) == dict.fromkeys(SIZES, 5)


def test_a_listing_that_could_not_be_taken_down_leaves_its_skus(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 目标状态="下架", 价格=30)
    sandbox.faults = Faults(always("item.update.delisting"))
    ran = itemsync("apply", sheet, "--yes", "--force", "all", "--json")
    sandbox.faults = Faults()
    assert [one["result"] for one in ran.json["rows"]] == ["unknown", "skipped", "skipped"]
    assert skus(sandbox, CODE) == dict.fromkeys(SIZES, (5, "20.00"))
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    assert (stands(sandbox, CODE)[0], skus(sandbox, CODE)["S"]) == ("instock", (5, "30.00"))


def test_a_listing_does_not_go_up_with_an_sku_that_went_wrong(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.take_down(num_iid(CODE))
    type_sku(sheet, f"{CODE}-M", 价格=30)
    sandbox.faults = Faults(always("item.sku.price.update"))
    ran = itemsync("apply", sheet, "--yes", "--force", "all", "--json")
    sandbox.faults = Faults()
    assert [one["result"] for one in ran.json["rows"]] == ["failed", "unknown", "none"]
    assert stands(sandbox, CODE)[0] == "instock"
    assert "3" in str(sku_rows(sheet)[CODE, f"{CODE}-S"]["同步说明"])
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    assert (stands(sandbox, CODE)[0], skus(sandbox, CODE)["M"]) == ("onsale", (5, "30.00"))


class Restock:
    """The week's work of a listing that is off and goes up: sets, a move, a price, the title, the status."""

    def __init__(self, folder: Path, itemsync: Command, sandbox: Sandbox, number: int) -> None:
        self._itemsync, self._sandbox = itemsync, sandbox
        self.code = f"A-{20 + number}"
        folder.mkdir()
        sandbox.shop.listings.load([dress(self.code, approve_status="instock")])
        typed: dict[str, dict[str, object]] = {
            "S": {"库存": 9},
            "M": {"库存": "", "库存增减": 4},
            "L": {"库存": 0, "价格": 25},
        }
        rows = (of_sku(self.code, size, 标题="新标题", **typed[size]) for size in SIZES)
        self.apply = ("apply", write_skus(folder / "shop.xlsx", *rows), "--yes", "--force", "all")

    def finish(self, story: object) -> None:
        """Take the run up, answer what is asked with what is so, apply the rest: all is there, and nothing twice."""
        code, itemsync = self.code, self._itemsync
        itemsync("resume")
        itemsync("resume")
        said = "happened" if skus(self._sandbox, code)["M"][0] == 9 else "not"
        # Where nothing is asked, an answer is refused.
        itemsync("resume", "--answer", f"{code}/{code}-M={said}")
        itemsync(*self.apply)
        held = self._sandbox.shop.listings.get(num_iid(code))
        assert (held["title"], held["approve_status"]) == ("新标题", "onsale"), story
        assert skus(self._sandbox, code) == {"S": (9, "20.00"), "M": (9, "20.00"), "L": (0, "25.00")}, story
        assert itemsync(*self.apply, "--json").json["summary"]["calls"] == 0, story


@pytest.mark.one_in(3)
@pytest.mark.parametrize("first", [1, 2, 3])
def test_killed_at_each_commit_and_taken_up(folder: Path, itemsync: Command, sandbox: Sandbox, first: int) -> None:
    for number in count(first, 3):
        work = Restock(folder / str(number), itemsync, sandbox, number)
        lived = False
        try:
            with killed_at_commit(number):
                itemsync(*work.apply)
        except AssertionError:
            lived = True
        work.finish(number)
        if lived:
            break
    assert number > 6


LASTING = ("ban", "session-expired", "batch-ban")
"""Faults that end a run: no call passes for a while."""


@pytest.mark.soak
@pytest.mark.parametrize("fault", [name for name in KINDS if name not in LASTING])
def test_every_fault_at_every_call(folder: Path, itemsync: Command, sandbox: Sandbox, fault: str) -> None:
    for number in range(1, 12):
        work = Restock(folder / str(number), itemsync, sandbox, number)
        sandbox.faults = Faults(f"{fault}@{number}")
        itemsync(*work.apply)
        sandbox.faults = Faults()
        work.finish((fault, number))


def test_killed_as_moves_of_several_skus_leave(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """All were to leave together: what the platform did of it the exact difference shows, all else is asked."""
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 库存=None, 库存增减=2)
    with killed(lambda call: call.is_move, after=True):
        itemsync("apply", sheet, "--yes")
    assert stocks(sandbox) == {"S": 7, "M": 5, "L": 5}
    ran = itemsync("resume", "--json")
    assert [one["result"] for one in ran.json["rows"]] == ["done", "unknown", "unknown"]
    for size in ("M", "L"):
        assert itemsync("resume", "--answer", f"{CODE}/{CODE}-{size}=not").code == 0
    assert itemsync("apply", sheet, "--yes").code == 0
    assert stocks(sandbox) == dict.fromkeys(SIZES, 7)
