"""Rows of SKUs, from the sheet in to the results back: three ways by SKU, what is the listing's once."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import Consent, Shop
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.shop.sku_shop import SIZES, dress, of_sku, sku_rows, skus, type_sku, write_skus
from tests.cli.shop.small_shop import line, made, num_iid, stands
from tests.cli.small_shop import Json, write

CODE = "A-7"


@pytest.fixture
def sheet(folder: Path, itemsync: Command, sandbox: Sandbox) -> Path:
    """A sheet of one listing's three SKUs, synced once."""
    sandbox.shop.listings.load([dress(CODE)])
    sheet = write_skus(folder / "shop.xlsx", *(of_sku(CODE, size) for size in SIZES))
    ran = itemsync("apply", sheet, "--yes")
    assert ran.code == 0, ran
    sandbox.calls.clear()
    return sheet


def planned(itemsync: Command, sheet: Path, *options: str) -> dict[str, Json]:
    return {one.get("sku", ""): one for one in itemsync("plan", sheet, *options, "--json").json["rows"]}


def codes(row: Json) -> list[str]:
    return [problem["code"] for problem in row["problems"]]


def test_counts_and_prices_are_set_by_sku_and_the_title_once(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_sku(sheet, f"{CODE}-S", 库存=9, 标题="新标题")
    type_sku(sheet, f"{CODE}-M", 库存=0, 价格=25, 标题="新标题")
    type_sku(sheet, f"{CODE}-L", 库存=None, 库存增减=4, 标题="新标题")
    ran = itemsync("apply", sheet, "--yes", "--force", "all", "--json")
    assert ran.code == 0, ran
    assert skus(sandbox, CODE) == {"S": (9, "20.00"), "M": (0, "25.00"), "L": (9, "20.00")}
    assert sandbox.shop.listings.get(num_iid(CODE))["title"] == "新标题"
    calls = made(sandbox)
    assert calls["skus.quantity.update"] == 2, "one sets, one adds"
    assert (calls["item.sku.price.update"], calls["alibaba.item.edit.fastupdate"]) == (1, 1)
    assert ran.json["summary"]["calls"] == 4
    assert [(one["row"], one["sku"], one["result"]) for one in ran.json["rows"]] == [
        (2, f"{CODE}-S", "done"), (3, f"{CODE}-M", "done"), (4, f"{CODE}-L", "done"),
    ]  # fmt: skip
    assert {one["item_id"] for one in ran.json["rows"]} == {str(num_iid(CODE))}
    assert sku_rows(sheet)[CODE, f"{CODE}-L"]["库存增减"] is None
    assert {one["同步结果"] for one in sku_rows(sheet).values()} == {"完成"}
    made(sandbox)
    again = itemsync("apply", sheet, "--yes", "--json")
    assert (again.code, again.json["summary"]["none"], made(sandbox)) == (0, 3, {"items.seller.list.get": 1})


def test_a_listing_goes_down_before_its_skus_change_and_up_behind_them(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 目标状态="下架", 价格=30, 库存=8)
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    assert (stands(sandbox, CODE), skus(sandbox, CODE)["S"]) == (("instock", 24), (8, "30.00"))
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 目标状态="上架", 价格=20, 库存=1)
    ran = itemsync("apply", sheet, "--yes", "--force", "all", "--json")
    assert ran.code == 0, ran
    assert (stands(sandbox, CODE), skus(sandbox, CODE)["L"]) == (("onsale", 3), (1, "20.00"))


def test_what_sold_out_goes_up_once_an_sku_is_restocked(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.set_stocks(num_iid(CODE), dict.fromkeys((71, 72, 73), 0))
    assert stands(sandbox, CODE) == ("instock", 0)
    told = planned(itemsync, sheet)
    assert {row["action"] for row in told.values()} == {"none"}
    assert "status.sold_out" in codes(told[f"{CODE}-S"])
    type_sku(sheet, f"{CODE}-M", 库存=None, 库存增减=6)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert stands(sandbox, CODE) == ("onsale", 6)


def test_each_sku_is_compared_three_ways_by_itself(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    listings = sandbox.shop.listings
    listings.add_stocks(num_iid(CODE), {71: -2})
    listings.set_sku_price(num_iid(CODE), "20509:2", "33.00")
    listings.set_sku_price(num_iid(CODE), "20509:3", "33.00")
    type_sku(sheet, f"{CODE}-L", 价格=21)
    told = planned(itemsync, sheet)
    assert (told[f"{CODE}-S"]["action"], codes(told[f"{CODE}-S"])) == ("none", ["stock.presumably_sold"])
    assert [change["kind"] for change in told[f"{CODE}-M"]["changes"]] == ["drift"]
    assert [change["kind"] for change in told[f"{CODE}-L"]["changes"]] == ["conflict"]


def test_an_unknown_sku_is_told_with_those_there_are(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([dress(CODE)])
    lines = (of_sku(CODE, "S", 库存=7), of_sku(CODE, "XL"), {**of_sku(CODE, "M"), "SKU编码": "sku:73", "库存": 6})
    sheet = write_skus(folder / "shop.xlsx", *lines)
    ran = itemsync("apply", sheet, "--yes", "--force", "all", "--json")
    held = {one["sku"]: one for one in ran.json["rows"]}
    assert (ran.code, held["A-7-XL"]["result"], codes(held["A-7-XL"])) == (1, "blocked", ["sku.unknown"])
    assert "A-7-S (尺码:S)" in held["A-7-XL"]["problems"][0]["message"]
    assert (held["A-7-S"]["result"], held["sku:73"]["result"]) == ("done", "done")
    assert {size: units for size, (units, _) in skus(sandbox, CODE).items()} == {"S": 7, "M": 5, "L": 6}


def test_a_row_of_a_listing_with_skus_is_for_its_title_and_status(
    folder: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.load([dress(CODE)])
    whole = {"商家编码": CODE, "标题": "新标题", "价格": 99, "库存": 99, "目标状态": "下架"}
    sheet = write_skus(folder / "shop.xlsx", whole)
    (told,) = planned(itemsync, sheet).values()
    assert [(one["code"], one["cell"]) for one in told["problems"]] == [
        ("sku.listing_cell", "G2"), ("sku.listing_cell", "H2"),
    ]  # fmt: skip
    assert {change["path"] for change in told["changes"]} == {"_sys@title", "_sys@status"}
    assert itemsync("apply", sheet, "--yes").code == 0
    assert (stands(sandbox, CODE), skus(sandbox, CODE)["S"]) == (("instock", 15), (5, "20.00"))
    assert "SKU" in sku_rows(sheet)[CODE, ""]["同步说明"]


def test_a_move_is_made_once_and_repeated_only_with_consent(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_sku(sheet, f"{CODE}-S", 库存=None, 库存增减=4)
    old = sheet.read_bytes()
    assert itemsync("apply", sheet, "--yes").code == 0
    sheet.write_bytes(old)
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["repeat"])
    assert itemsync("undo", 2, "--yes").code == 0
    assert skus(sandbox, CODE)["S"] == (5, "20.00")


def test_an_undo_takes_back_skus_and_listing(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 目标状态="下架", 价格=24, 库存=8, 标题="新标题")
    assert itemsync("apply", sheet, "--yes", "--force", "all").code == 0
    ran = itemsync("undo", 2, "--yes", "--json")
    assert ran.code == 0, ran
    held = sandbox.shop.listings.get(num_iid(CODE))
    assert (held["title"], held["approve_status"]) == (f"猫眼美甲 {CODE}", "onsale")
    assert skus(sandbox, CODE) == dict.fromkeys(SIZES, (5, "20.00"))


def test_a_saved_plan_carries_out_what_it_showed(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_sku(sheet, f"{CODE}-S", 库存=9)
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 标题="新标题")
    assert itemsync("plan", sheet, "-o", "plan.json").code == 0
    sandbox.shop.listings.add_stocks(num_iid(CODE), {72: -1})
    ran = itemsync("apply", "plan.json", "--yes", "--json")
    assert ran.code == 0, ran
    assert {size: units for size, (units, _) in skus(sandbox, CODE).items()} == {"S": 9, "M": 4, "L": 5}
    assert sandbox.shop.listings.get(num_iid(CODE))["title"] == "新标题"


def test_a_pulled_shop_has_a_row_for_each_sku_and_nothing_to_change(
    folder: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    bare = dress("A-8")
    bare["skus"][2]["outer_id"] = None
    off = dress("A-9", violation=True, approve_status="instock")
    sandbox.shop.listings.load([dress(CODE), bare, off])
    ran = itemsync("pull", "shop.xlsx", "--json")
    assert (ran.code, ran.json["items"]) == (0, 12), ran
    assert [problem["code"] for problem in ran.json["problems"]] == ["pull.violation"]
    sheet = Path("shop.xlsx")
    assert [key for key in sku_rows(sheet) if key[0] in (CODE, "A-8")] == [
        (CODE, "A-7-S"), (CODE, "A-7-M"), (CODE, "A-7-L"), ("A-8", "A-8-S"), ("A-8", "A-8-M"), ("A-8", "sku:83"),
    ]  # fmt: skip
    assert sku_rows(sheet)["A-8", "sku:83"]["商品ID"] == str(num_iid("A-8"))
    plan = itemsync("plan", sheet, "--json")
    assert (plan.code, plan.json["summary"]["none"], plan.json["summary"]["calls"]) == (0, 12, 0), plan.out
    assert itemsync("apply", sheet, "--yes").code == 0
    made(sandbox)
    assert itemsync("apply", sheet, "--refresh", "changed", "--yes").code == 0
    assert made(sandbox) == {}
    sandbox.shop.listings.set_sku_price(num_iid("A-8"), "20509:3", "26.00")
    assert itemsync("pull", "--into", sheet).code == 0
    assert sku_rows(sheet)["A-8", "sku:83"]["价格"] == 26
    assert sku_rows(sheet)["A-8", "A-8-M"]["价格"] == 20


def test_an_items_story_has_its_skus(sheet: Path, itemsync: Command) -> None:
    type_sku(sheet, f"{CODE}-S", 库存=9)
    assert itemsync("apply", sheet, "--yes").code == 0
    story = itemsync("item", CODE, "--json").json
    assert (story["outer_id"], story["item_id"]) == (CODE, str(num_iid(CODE)))
    assert [sku["sku"] for sku in story["skus"]] == [f"{CODE}-L", f"{CODE}-M", f"{CODE}-S"]
    one = itemsync("item", f"{CODE}/{CODE}-S", "--json").json
    assert one == next(sku for sku in story["skus"] if sku["sku"] == f"{CODE}-S")
    held = {field["path"]: (field["cell"], field["platform"]) for field in one["fields"]}
    assert held["_sys@inventory"] == (9, 9)
    assert [(run["run"], run["sku"], run["result"]) for run in one["runs"]] == [
        (2, f"{CODE}-S", "done"), (1, f"{CODE}-S", "none"),
    ]  # fmt: skip
    told = itemsync("item", CODE).out
    assert f"{CODE}/{CODE}-M" in told and "规格" in told
    near = itemsync("item", f"{CODE}/{CODE}-X")
    assert near.code == 2 and f"{CODE}/{CODE}-S" in near.err


def test_a_run_counts_each_row_of_the_sheet_once(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    for size in SIZES:
        type_sku(sheet, f"{CODE}-{size}", 标题="新标题")
    type_sku(sheet, f"{CODE}-M", 库存=9)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert itemsync("undo", 2, "--yes").code == 0
    undone, second, first = itemsync("history", "--json").json["runs"]
    assert (first["results"], second["results"]) == ({"none": 3}, {"done": 2, "none": 1})
    assert (undone["results"], second["undone_by"]) == ({"done": 2}, [3])


def test_the_library_knows_skus(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with Shop.open() as shop:
        frame = shop.pull()
        mine = frame[frame["商家编码"] == CODE]
        assert [*mine["SKU编码"]] == [f"{CODE}-{size}" for size in SIZES]
        frame.loc[mine.index[0], "库存"] = 8
        plan = shop.plan(frame)
        changes = plan.to_frame()
        (line,) = changes[changes["path"].notna()].to_dict("records")
        assert (line["outer_id"], line["sku"], line["before"], line["after"]) == (CODE, f"{CODE}-S", 5, 8)
        run = shop.apply(plan, Consent(guards=("all",)))
        results = run.to_frame()
        assert [*results[results["outer_id"] == CODE]["result"]] == ["done", "none", "none"]
    assert skus(sandbox, CODE)["S"] == (8, "20.00")


def test_a_sheet_without_skus_has_no_word_of_them(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "plain.xlsx", line("A-1", 库存=4))
    assert "sku" not in itemsync("plan", sheet, "--json").out.lower()
    with Shop.open() as shop:
        assert "sku" not in shop.plan(sheet).to_frame().columns


def test_on_another_channel_the_column_is_the_staffs_own(
    folder: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "open")
    sheet = write_skus(folder / "open.xlsx", {**of_sku(CODE, "S"), "一级类目": "丽人", "二级类目": "美甲"})
    plan = itemsync("plan", sheet, "--json").json
    assert [one["header"] for one in plan["ignored"]] == ["SKU编码"]
    assert [row["action"] for row in plan["rows"]] == ["publish"]


def test_only_a_listing_of_a_sheet_takes_all_its_rows(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.listings.load([dress("A-8")])
    lines = [of_sku(code, size, 库存=9) for code in (CODE, "A-8") for size in SIZES]
    write_skus(sheet, *lines)
    ran = itemsync("apply", sheet, "--yes", "--force", "all", "--only", CODE, "--json")
    assert [row["sku"] for row in ran.json["rows"]] == [f"{CODE}-{size}" for size in SIZES]
    assert (skus(sandbox, CODE)["M"][0], skus(sandbox, "A-8")["M"][0]) == (9, 5)


def test_rules_ask_about_the_whole_listing_and_guards_about_each_sku(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    text = Path("itemsync.toml").read_text(encoding="utf-8") if Path("itemsync.toml").exists() else ""
    rule = '\n[[profiles.default.rules]]\nname = "少"\nkind = "stock"\noff_at = 3\non_at = 6\n'
    Path("itemsync.toml").write_text(text + rule, encoding="utf-8")
    type_sku(sheet, f"{CODE}-S", 库存=0, 价格=50)
    type_sku(sheet, f"{CODE}-M", 库存=1)
    type_sku(sheet, f"{CODE}-L", 库存=1)
    told = itemsync("plan", sheet, "--json").json
    assert told["guards"] == ["price"]
    first = told["rows"][0]
    assert ("_sys@status", 0) in [(change["path"], change["to"]) for change in first["changes"]]
    assert itemsync("apply", sheet, "--yes", "--force", "price").code == 0
    assert stands(sandbox, CODE) == ("instock", 2)
    sandbox.shop.listings.add_stocks(num_iid(CODE), {72: 9})
    assert itemsync("watch", sheet, "--once", "--json").code == 0
    assert stands(sandbox, CODE) == ("onsale", 11)


def test_a_title_that_somebody_changed_comes_into_every_row_of_its_listing(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.listings.edit(num_iid(CODE), {"title": "平台的标题"})
    assert itemsync("pull", "--into", sheet).code == 0
    assert {row["标题"] for row in sku_rows(sheet).values()} == {"平台的标题"}
    assert planned(itemsync, sheet)[f"{CODE}-M"]["action"] == "none"


def test_a_listing_with_another_code_keeps_what_is_known_of_its_skus(
    sheet: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_sku(sheet, f"{CODE}-S", 库存=None, 库存增减=3)
    assert itemsync("apply", sheet, "--yes").code == 0
    held = sandbox.shop.listings.get(num_iid(CODE))
    sandbox.shop.listings.load([{**held, "outer_id": "B-7"}])
    named = {"商家编码": "B-7", "商品ID": str(num_iid(CODE))}
    lines = [{**of_sku(CODE, size), **named, "库存": ""} for size in SIZES]
    lines[0] |= {"SKU编码": "sku:71", "库存增减": 3}
    write_skus(sheet, *lines)
    ran = itemsync("apply", sheet, "--rekey", "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["repeat"]), "the move was made under the other codes"
    assert skus(sandbox, CODE)["S"][0] == 8
