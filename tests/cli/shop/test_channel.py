"""`channel = "shop"`: ordinary listings through the same plan, journal and results; what can't be done is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.shop.small_shop import CHANGED, line, listing, made, num_iid, planned, stands, type_row
from tests.cli.small_shop import CODES, row, rows, write

# --- from the sheet in to the results back ------------------------------------------------------------------------


def test_a_weeks_work_and_nothing_left_to_do(shop_sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.take_down(num_iid("A-3"))
    type_row(shop_sheet, "A-1", 目标状态="下架")
    type_row(shop_sheet, "A-2", 库存=25)
    type_row(shop_sheet, "A-3", 库存=None, 库存增减=-3)
    ran = itemsync("apply", shop_sheet, "--yes", "--json")
    assert ran.code == 0
    calls = {one["outer_id"]: [(c["method"], c["params"]) for c in one["calls"]] for one in ran.json["rows"]}
    ids = {code: {"num_iid": str(num_iid(code))} for code in CODES}
    assert calls == {
        "A-1": [("taobao.item.update.delisting", ids["A-1"])],
        "A-2": [("taobao.item.quantity.update", {**ids["A-2"], "quantity": 25, "type": 1})],
        "A-3": [
            ("taobao.item.quantity.update", {**ids["A-3"], "quantity": -3, "type": 2}),
            ("taobao.item.update.listing", {**ids["A-3"], "num": 7}),
        ],
    }
    assert [stands(sandbox, code) for code in CODES] == [("instock", 10), ("onsale", 25), ("onsale", 7)]
    assert {one["同步结果"] for one in rows(shop_sheet).values()} == {"完成"}
    assert "库存增减" in row(shop_sheet, "A-3") and row(shop_sheet, "A-3")["库存增减"] is None

    made(sandbox)
    again = itemsync("apply", shop_sheet, "--yes")
    assert (again.code, made(sandbox)) == (0, {"items.seller.list.get": 1})
    assert itemsync("apply", shop_sheet, *CHANGED, "--yes").code == 0
    assert made(sandbox) == {}


def test_an_item_goes_up_with_the_stock_that_it_has(shop_sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """Between the preview and the call somebody restocks: the listing states what there is, not what there was."""
    type_row(shop_sheet, "A-1", 目标状态="下架")
    itemsync("apply", shop_sheet, "--yes")
    type_row(shop_sheet, "A-1", 目标状态="上架")
    assert itemsync("plan", shop_sheet, "-o", "plan.json").code == 0
    sandbox.shop.listings.set_stocks(num_iid("A-1"), {None: 14})
    assert itemsync("apply", "plan.json", "--yes").code == 0
    assert stands(sandbox, "A-1") == ("onsale", 14)


def test_sold_out_items_wait_for_their_restock(shop_sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.sell(num_iid("A-1"), 10)
    first = planned(itemsync, shop_sheet)["A-1"]
    assert (first["action"], {problem["code"] for problem in first["problems"]}) == (
        "none",
        {"status.sold_out", "stock.presumably_sold"},
    )
    type_row(shop_sheet, "A-1", 库存=None, 库存增减=10)
    assert itemsync("apply", shop_sheet, "--yes").code == 0
    assert stands(sandbox, "A-1") == ("onsale", 10)


# --- which item is meant ------------------------------------------------------------------------------------------


def test_an_item_is_found_by_its_code_and_its_id_filled_in(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "shop.xlsx", *(line(code, 商品ID="", 目标状态="下架") for code in CODES))
    ran = itemsync("apply", sheet, "--yes")
    assert ran.code == 0, ran
    assert {code: one["商品ID"] for code, one in rows(sheet).items()} == {code: str(num_iid(code)) for code in CODES}
    assert {stands(sandbox, code)[0] for code in CODES} == {"instock"}
    assert made(sandbox)["items.custom.get"] == 1
    itemsync("plan", sheet)
    assert "items.custom.get" not in made(sandbox)


def test_several_items_of_one_code_are_named(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([listing("A-9", outer_id="A-1")])
    sheet = write(folder / "shop.xlsx", line("A-1", 商品ID=""))
    (problem,) = planned(itemsync, sheet)["A-1"]["problems"]
    assert (problem["cell"], problem["code"]) == ("A2", "id.several")
    assert all(str(num_iid(code)) in problem["message"] for code in ("A-1", "A-9"))


def test_a_code_found_under_an_id_that_another_code_had_is_told(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.load([listing("A-1", outer_id="B-1")])
    write(shop_sheet, line("B-1", 商品ID="", 标题="猫眼美甲 A-1"))
    (problem,) = planned(itemsync, shop_sheet)["B-1"]["problems"]
    assert problem["code"] == "id.other_code"
    assert planned(itemsync, shop_sheet, "--rekey")["B-1"]["action"] == "none"


def test_an_item_without_a_code_is_adopted_as_it_is(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([listing("A-1", outer_id=None)])
    sheet = write(folder / "shop.xlsx", line("A-1", 目标状态="下架"))
    assert itemsync("apply", sheet, "--yes").code == 0
    assert made(sandbox) == {"items.seller.list.get": 2, "item.update.delisting": 1}
    assert itemsync("plan", sheet, *CHANGED).code == 0
    assert made(sandbox) == {}


# --- what the channel can't do ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "cell", "code"),
    [
        ({"自定义:品牌": "青禾"}, "J2", "shop.no_edit"),
        ({"目标状态": "删除"}, "I2", "shop.no_delete"),
        ({"商品ID": "999"}, "B2", "shop.not_found"),
        ({"商家编码": "N-1", "商品ID": ""}, "A2", "shop.no_publish"),
        ({"商家编码": "N-1", "商品ID": "", "价格": ""}, "A2", "shop.no_publish"),
        ({"商家编码": "A,1", "商品ID": ""}, "A2", "item.unreadable"),
    ],
    ids=["custom", "delete", "gone", "new", "new and unfinished", "comma"],
)
def test_what_cannot_be_done_holds_its_row_and_no_other(
    folder: Path, itemsync: Command, sandbox: Sandbox, *, typed: dict[str, object], cell: str, code: str
) -> None:
    sheet = write(folder / "shop.xlsx", line("A-1", **typed), line("A-2", 目标状态="下架"))
    ran = itemsync("apply", sheet, "--yes", "--allow-delete", "--force", "all", "--json")
    held, other = ran.json["rows"]
    assert (ran.code, held["action"], held["result"], held["calls"]) == (1, "blocked", "blocked", [])
    assert [(problem["cell"], problem["code"]) for problem in held["problems"]] == [(cell, code)]
    assert (stands(sandbox, "A-1"), other["result"]) == (("onsale", 10), "done")
    assert sum(made(sandbox).values()) - 1 <= 3, "one reading, perhaps a search, and the other row's call, read back"


def test_titles_and_prices_are_changed_and_only_the_path_out_of_reach_is_held_back(
    folder: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    asked = {"标题": "新标题", "价格": 25, "自定义:品牌": "青禾", "目标状态": "下架"}
    sheet = write(folder / "shop.xlsx", line("A-1", **asked))
    told = [(problem["cell"], problem["code"]) for problem in planned(itemsync, sheet)["A-1"]["problems"]]
    assert told == [("J2", "shop.no_edit")]
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.json["rows"][0]["result"]) == (0, "done"), ran
    assert "品牌" in row(sheet, "A-1")["同步说明"]
    held = sandbox.shop.listings.get(num_iid("A-1"))
    assert (held["title"], held["price"], held["approve_status"]) == ("新标题", "25.00", "instock")
    assert planned(itemsync, sheet)["A-1"]["action"] == "blocked"


def test_a_category_groups_rows_and_holds_none(folder: Path, itemsync: Command) -> None:
    sheet = write(folder / "shop.xlsx", line("A-1", 一级类目="丽人", 二级类目="美甲", 目标状态="下架"))
    (told,) = planned(itemsync, sheet)["A-1"]["problems"]
    assert (told["cell"], told["code"]) == ("E2", "shop.category")
    assert itemsync("apply", sheet, "--yes").code == 0
    assert planned(itemsync, sheet)["A-1"]["problems"] == [], "it is said once"


def test_a_price_that_somebody_changed_is_made_the_sheets_again(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.load([listing("A-1", price="25.00")])
    type_row(shop_sheet, "A-1", 目标状态="下架")
    ran = itemsync("apply", shop_sheet, "--yes", "--json")
    (first, *_) = ran.json["rows"]
    assert (ran.code, first["result"], ran.json["summary"]["drift"]) == (0, "done", 1)
    assert [problem["code"] for problem in first["problems"]] == ["drift.overridden"]
    assert sandbox.shop.listings.get(num_iid("A-1"))["price"] == "20.00"


# --- the shop as a sheet, and the profile -------------------------------------------------------------------------


def test_a_pulled_shop_has_nothing_to_change(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([listing("A-4", approve_status="instock", num=0), listing("A-5", outer_id=None)])
    ran = itemsync("pull", "shop.xlsx", "--json")
    assert (ran.code, ran.json["items"]) == (0, 5)
    assert [problem["code"] for problem in ran.json["problems"]] == ["shop.no_code", "pull.sold_out"]
    assert sandbox.writes == 0
    plan = itemsync("plan", "shop.xlsx", "--json")
    assert (plan.code, plan.json["summary"]["none"], plan.json["summary"]["calls"]) == (0, 5, 0)


def test_only_some_ids_can_be_pulled(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    Path("ids.txt").write_text(f"{num_iid('A-2')}\n", encoding="utf-8")
    assert itemsync("pull", "shop.xlsx", "--ids", "ids.txt").code == 0
    assert [*rows(Path("shop.xlsx"))] == ["A-2"]
    assert made(sandbox) == {"items.seller.list.get": 1}


def test_an_empty_shop_makes_no_sheet(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop = OpenItemShop()
    assert itemsync("pull", "shop.xlsx", "--json").error == "pull.none_found"
    assert not Path("shop.xlsx").exists()


def test_the_shop_that_cannot_be_read_whole_makes_no_sheet(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.faults = Faults("session-expired@2")
    ran = itemsync("pull", "shop.xlsx", "--json")
    assert (ran.code, ran.error) == (4, "gateway.session")
    assert not Path("shop.xlsx").exists()


def test_each_channel_of_a_profile_remembers_its_own(
    shop_sheet: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run of the shop's can't be taken up, or undone, through the other channel."""
    type_row(shop_sheet, "A-1", 目标状态="下架")
    assert itemsync("plan", shop_sheet, "-o", "plan.json").code == 0
    with killed():
        itemsync("apply", shop_sheet, "--yes")
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "open")
    made(sandbox)
    assert itemsync("history", "--json").json["runs"] == []
    assert itemsync("resume", "--json").json["run"] is None
    assert itemsync("apply", "plan.json", "--json").error == "saved.other_profile"
    assert made(sandbox) == {}


def test_two_profiles_of_a_shop_are_two_in_the_same_channel_only(
    shop_sheet: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert itemsync("plan", shop_sheet).code == 0
    ran = itemsync("--profile", "Default", "plan", shop_sheet, "--json")
    assert (ran.code, ran.error) == (2, "shop.second")
    assert "--profile default；" in ran.json["error"]["message"]
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "open")
    for profile in ("default", "Default"):
        assert itemsync("--profile", profile, "plan", shop_sheet, "--json").code != 2


def test_the_profile_says_its_channel(itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert itemsync("profile", "check").code == 0
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "market")
    assert itemsync("profile", "check", "--json").error == "config.wrong"


def test_a_shop_of_several_pages(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load(listing(f"A-{n}") for n in range(1, 501))
    assert itemsync("pull", "shop.xlsx", "--json").json["items"] == 500
    pages = made(sandbox)
    assert pages["items.onsale.get"] <= 2 + 3 + 3, "how many there are, each page, and once more what just changed"
