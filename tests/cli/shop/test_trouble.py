"""The shop channel when something goes wrong on the way: stopped, killed, lost, taken back."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.call import Call, Op
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli.conftest import Command
from tests.cli.kills import killed, meanwhile
from tests.cli.shop.small_shop import made, num_iid, stands, type_row
from tests.cli.small_shop import CODES, row, rows


@pytest.mark.one_in(2)
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("op", [Op.STOCK, Op.STATUS], ids=str)
def test_a_killed_run_is_finished_by_resume(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox, *, op: Op, after: bool
) -> None:
    sandbox.shop.listings.take_down(num_iid("A-1"))
    type_row(shop_sheet, "A-1", 库存=12)
    type_row(shop_sheet, "A-2", 目标状态="下架")

    def which(call: Call) -> bool:
        return call.op is op and call.item_id == str(num_iid("A-1"))

    with killed(which, after=after):
        itemsync("apply", shop_sheet, "--yes")
    assert itemsync("apply", shop_sheet, "--yes").code == 5
    assert itemsync("resume").code == 0
    assert (stands(sandbox, "A-1"), stands(sandbox, "A-2")) == (("onsale", 12), ("instock", 10))
    assert {one["同步结果"] for one in rows(shop_sheet).values()} == {"完成", "无变化"}


def test_what_was_sold_while_a_run_lay_stopped_stays_sold(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    """The run stopped between the stock and the listing; somebody put the item up by hand meanwhile."""
    sandbox.shop.listings.take_down(num_iid("A-1"))
    type_row(shop_sheet, "A-1", 库存=25)
    sandbox.faults = Faults("session-expired@item.update.listing:1")
    assert itemsync("apply", shop_sheet, "--yes").code == 4
    sandbox.faults = Faults()
    sandbox.shop.listings.put_up(num_iid("A-1"), 25)
    sandbox.shop.listings.sell(num_iid("A-1"), 20)
    assert (itemsync("resume").code, stands(sandbox, "A-1")) == (0, ("onsale", 5))


def looks(call: Call) -> bool:
    return call.op is Op.LOOK


def test_a_lost_move_of_an_item_that_is_left_out_for_a_moment(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_row(shop_sheet, "A-1", 库存=None, 库存增减=5)
    whole, empty = sandbox.shop, OpenItemShop()
    sandbox.faults = Faults("drop-after@item.quantity.update:1")
    with (
        meanwhile(lambda: setattr(sandbox, "shop", empty), looks),
        meanwhile(lambda: setattr(sandbox, "shop", whole), looks, 2),
    ):
        assert itemsync("apply", shop_sheet, "--yes").code == 0
    assert (row(shop_sheet, "A-1")["同步结果"], stands(sandbox, "A-1")) == ("完成", ("onsale", 15))


def test_a_lost_move_of_an_item_that_is_not_found_is_not_made_again(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_row(shop_sheet, "A-1", 库存=None, 库存增减=5)
    whole, empty = sandbox.shop, OpenItemShop()
    sandbox.faults = Faults("drop-after@item.quantity.update:1")
    with meanwhile(lambda: setattr(sandbox, "shop", empty), looks):
        itemsync("apply", shop_sheet, "--yes")
    sandbox.shop = whole
    assert row(shop_sheet, "A-1")["同步结果"] == "未知"
    itemsync("apply", shop_sheet, "--yes")
    assert stands(sandbox, "A-1") == ("onsale", 15)
    assert itemsync("resume", "--answer", "A-1=happened").code == 0
    itemsync("apply", shop_sheet, "--yes")
    assert stands(sandbox, "A-1") == ("onsale", 15)


def test_a_run_goes_back(shop_sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_row(shop_sheet, "A-1", 目标状态="下架", 库存=4)
    assert itemsync("apply", shop_sheet, "--yes").code == 0
    made(sandbox)
    undone = itemsync("undo", 2, "--yes", "--json")
    assert (undone.code, stands(sandbox, "A-1")) == (0, ("onsale", 10))
    (one,) = undone.json["rows"]
    assert [(call["method"], call["params"].get("num")) for call in one["calls"]] == [
        ("taobao.item.quantity.update", None),
        ("taobao.item.update.listing", 10),
    ]


def test_what_was_sold_after_a_lost_listing_stays_sold(shop_sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """The call came through and its answer was lost; a second one would put the sold units back."""
    sandbox.shop.listings.take_down(num_iid("A-1"))
    sandbox.faults = Faults("drop-after@item.update.listing:1")
    with meanwhile(lambda: sandbox.shop.listings.sell(num_iid("A-1"), 4), lambda call: call.op is Op.LOOK):
        ran = itemsync("apply", shop_sheet, "--yes")
    assert (ran.code, stands(sandbox, "A-1")) == (0, ("onsale", 6))
    assert made(sandbox)["item.update.listing"] == 1


def test_a_listing_that_never_came_through_states_the_stock_of_now(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.take_down(num_iid("A-1"))
    sandbox.faults = Faults("drop-before@item.update.listing:1")
    with meanwhile(
        lambda: sandbox.shop.listings.set_stocks(num_iid("A-1"), {None: 6}), lambda call: call.op is Op.LOOK
    ):
        ran = itemsync("apply", shop_sheet, "--yes")
    assert (ran.code, stands(sandbox, "A-1")) == (0, ("onsale", 6))


@pytest.mark.one_in(2)
@pytest.mark.parametrize("word", ["code50", "tmall", "number", "busy", "http-404"])
def test_a_move_that_was_made_and_answered_with_trouble_is_made_once(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox, word: str
) -> None:
    type_row(shop_sheet, "A-1", 库存=None, 库存增减=6)
    sandbox.faults = Faults(f"{word}-after@item.quantity.update:1")
    assert itemsync("apply", shop_sheet, "--yes").code == 0
    assert stands(sandbox, "A-1") == ("onsale", 16)
    assert sandbox.calls["taobao.item.quantity.update"] == 1


@pytest.mark.parametrize("spec", ["tmall-envelope=1", "one-as-object=1", "wrap-result=1,ids-as-text=1"])
def test_answers_of_another_form_are_read(shop_sheet: Path, itemsync: Command, sandbox: Sandbox, spec: str) -> None:
    sandbox.faults = Faults(spec)
    type_row(shop_sheet, "A-1", 库存=25)
    assert itemsync("apply", shop_sheet, "--yes", "--only", "A-1").code == 0
    assert stands(sandbox, "A-1") == ("onsale", 25)
    Path("ids.txt").write_text(f"{num_iid('A-1')}\n", encoding="utf-8")
    assert itemsync("pull", "one.xlsx", "--ids", "ids.txt").code == 0
    assert itemsync("pull", "all.xlsx").code == 0
    assert [*rows(Path("one.xlsx"))] == ["A-1"] and [*rows(Path("all.xlsx"))] == [*CODES]
