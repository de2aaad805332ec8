"""`itemsync pull`: a sheet of what the platform holds, of which a plan finds nothing to change."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import PRICE, STATUS
from sync.item import Status
from sync.sandbox.document import Document
from sync.sandbox.server import Sandbox
from sync.sheet.read import read_sheet
from tests.cli.conftest import Command, CommandResult
from tests.cli.small_shop import CODES, goods, held, item_id, line, row, rows, type_in, write
from tests.sheet.workbooks import edit_xml


def load(sandbox: Sandbox, *documents: Document) -> None:
    sandbox.shop.load(documents)


def ids_file(folder: Path, *ids: object) -> Path:
    file = folder / "ids.txt"
    file.write_text("\n".join(map(str, ids)) + "\n", encoding="utf-8")
    return file


def codes_of(ran: CommandResult) -> list[str]:
    return [problem["code"] for problem in ran.json["problems"]]


def test_a_pull_of_what_was_synced_and_a_plan_of_it_without_changes(itemsync: Command, synced: Path) -> None:
    ran = itemsync("pull", "new.xlsx", "--json")
    assert (ran.code, ran.json) == (0, {"file": "new.xlsx", "items": 3, "problems": []})
    assert [*rows(Path("new.xlsx"))] == [*CODES]
    plan = itemsync("plan", "new.xlsx", "--json")
    assert (plan.code, plan.json["summary"]["none"], plan.json["summary"]["calls"]) == (0, 3, 0)


def test_a_shop_with_items_of_its_own_begins_with_their_ids(
    itemsync: Command, folder: Path, sandbox: Sandbox
) -> None:
    file = ids_file(folder, item_id("A-2"), "", f" {item_id('A-1')} ", item_id("A-2"))
    ran = itemsync("pull", "new.xlsx", "--ids", file)
    assert (ran.code, ran.err) == (0, "")
    assert "2 个商品已取到 new.xlsx" in ran.out
    assert [*rows(Path("new.xlsx"))] == ["A-2", "A-1"], "each once, in the file's order"
    done = itemsync("apply", "new.xlsx", "--yes", "--json")
    assert (done.code, done.json["summary"]["none"]) == (0, 2)


def test_a_pulled_sheet_is_ready_to_edit(itemsync: Command, synced: Path, sandbox: Sandbox) -> None:
    itemsync("pull", "new.xlsx")
    type_in(Path("new.xlsx"), "A-1", "价格", 25)
    plan = itemsync("plan", "new.xlsx", "--json").json
    (changed,) = [one for one in plan["rows"] if one["action"] == "update"]
    assert changed["changes"] == [{"path": "_sys@price", "from": "20.00", "to": "25.00", "kind": "edit"}]
    assert held(sandbox, "A-1")[PRICE] == 2000, "a pull and a plan change nothing"


ODD: Document = {
    **goods(
        "A-7", title='=HYPERLINK("http://a.b","c")', endpoint="default", market="m", schemaVersion=1, domainId=10**17
    ),
    "品牌": "007",
    "适用人数": 3,
    "净重": 1.50,
    "热卖": True,
    "规格": {"颜色": ["红", "蓝"]},
    "产地": " 两头有空格 ",
    "口号": "<清空>",
    "错误": "#N/A",
    "多行": "第一行\n第二行",
    "公式": "+1+1",
    "链接": "https://example.com/a",
    "空": "",
    "长": "字" * 33_000,
    "商家编码": "自己的",
    "sync note": "a name of ours",
    "坏\x07字": "铃",
}


def test_odd_values_stay_as_they_are(itemsync: Command, folder: Path, sandbox: Sandbox) -> None:
    load(sandbox, ODD)
    ran = itemsync("pull", "new.xlsx", "--ids", ids_file(folder, item_id("A-7")), "--json")
    told = {problem["code"]: problem["items"] for problem in ran.json["problems"]}
    assert told["pull.unsaid"] == [f"A-7 {name}" for name in ("规格", "产地", "口号", "错误", "空", "长")]
    assert told["pull.no_column"] == ["坏\x07字"]
    plan = itemsync("plan", "new.xlsx", "--json").json
    assert (plan["summary"]["none"], plan["rows"][0]["problems"]) == (1, [])
    (pulled,) = read_sheet(Path("new.xlsx")).rows
    expected = {
        "品牌": "007",
        "适用人数": "3",
        "净重": "1.5",
        "热卖": "true",
        "多行": "第一行\n第二行",
        "公式": "+1+1",
    }
    assert {path: pulled.cells[path] for path in expected} == expected
    assert pulled.cells["_sys@domainId"] == 10**17


def test_text_is_written_as_text(itemsync: Command, folder: Path, sandbox: Sandbox) -> None:
    load(sandbox, ODD)
    itemsync("pull", "new.xlsx", "--ids", ids_file(folder, item_id("A-7")))
    page = load_workbook("new.xlsx").worksheets[0]
    by_header = dict(zip((cell.value for cell in page[1]), page[2], strict=True))
    for header in ("商家编码", "商品ID", "标题", "自定义:公式", "自定义:链接", "自定义:品牌"):
        cell = by_header[header]
        assert (cell.data_type, cell.number_format, cell.hyperlink) == ("s", "@", None)
    assert (by_header["价格"].data_type, by_header["价格"].number_format) == ("n", "0.00")


def test_an_item_without_a_code_gets_its_id(itemsync: Command, folder: Path, sandbox: Sandbox) -> None:
    load(sandbox, goods("A-8", outerId=""), goods("A-9", outerId=None))
    ids = [str(item_id("A-8")), str(item_id("A-9"))]
    ran = itemsync("pull", "new.xlsx", "--ids", ids_file(folder, *ids), "--json")
    assert ran.code == 0
    assert [(one["code"], one["items"]) for one in ran.json["problems"]] == [("pull.no_code", ids)]
    plan = itemsync("plan", "new.xlsx", "--json").json
    changes = [change for one in plan["rows"] for change in one["changes"]]
    assert [(change["path"], change["to"]) for change in changes] == [("_sys@outerId", one) for one in ids]


@pytest.mark.parametrize(
    ("documents", "code", "rows_left"),
    [
        pytest.param([goods("A-8", outerId="A-9"), goods("A-9")], "pull.code_twice", ["A-9"], id="same code"),
        pytest.param([goods("A-8", outerId="A 8 \n B"), goods("A-9")], "pull.code_unsaid", ["A-9"], id="two lines"),
        pytest.param([goods("A-8", outerId="6.9E+12"), goods("A-9")], "pull.code_unsaid", ["A-9"], id="scientific"),
        pytest.param([goods("A-9")], "pull.gone", ["A-9"], id="gone"),
    ],
)
def test_what_is_not_in_the_sheet_is_told(
    itemsync: Command, folder: Path, sandbox: Sandbox, *, documents: list[Document], code: str, rows_left: list[str]
) -> None:
    load(sandbox, *documents)
    ran = itemsync("pull", "new.xlsx", "--ids", ids_file(folder, item_id("A-8"), item_id("A-9")), "--json")
    assert (ran.code, codes_of(ran)) == (0 if code == "pull.gone" else 1, [code])
    assert [*rows(Path("new.xlsx"))] == rows_left
    assert itemsync("plan", "new.xlsx", "--json").json["summary"]["none"] == 1


def test_an_item_deleted_since_is_told_by_its_code(itemsync: Command, synced: Path, sandbox: Sandbox) -> None:
    sandbox.shop.set_status(item_id("A-2"), -1)
    ran = itemsync("pull", "new.xlsx")
    assert ran.code == 0
    assert "A-2" in ran.out
    assert [*rows(Path("new.xlsx"))] == ["A-1", "A-3"]


def test_a_code_that_was_changed_on_the_platform_needs_rekey(
    itemsync: Command, synced: Path, sandbox: Sandbox
) -> None:
    sandbox.shop.modify(item_id("A-2"), '{"_sys": {"outerId": "B-2"}}')
    ran = itemsync("pull", "new.xlsx", "--json")
    assert [(one["code"], one["items"]) for one in ran.json["problems"]] == [("pull.renamed", ["A-2 → B-2"])]
    assert itemsync("plan", "new.xlsx", "--json").json["summary"]["invalid"] == 1
    plan = itemsync("plan", "new.xlsx", "--rekey", "--json").json
    assert (plan["summary"]["calls"], plan["summary"]["none"]) == (0, 3)


def test_a_category_outside_the_table_is_no_change(itemsync: Command, folder: Path, sandbox: Sandbox) -> None:
    load(sandbox, goods("A-8", category=["服装", "女装"]), goods("A-9", category=["服装"]))
    itemsync("pull", "new.xlsx", "--ids", ids_file(folder, item_id("A-8"), item_id("A-9")))
    assert (row(Path("new.xlsx"), "A-8")["二级类目"], row(Path("new.xlsx"), "A-9")["二级类目"]) == ("女装", None)
    assert itemsync("plan", "new.xlsx", "--json").json["summary"]["none"] == 2


def test_a_reading_is_remembered_by_nobody(itemsync: Command, folder: Path) -> None:
    itemsync("pull", "new.xlsx", "--ids", ids_file(folder, item_id("A-1")))
    ran = itemsync("pull", "again.xlsx", "--json")
    assert (ran.code, ran.error) == (2, "pull.no_items")


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "pull.ids_none"),
        ("商品ID\n7627361738101\n", "pull.ids_line"),
        ("7.6E+12\n", "pull.ids_line"),
        ("1\n", "pull.none_found"),
    ],
)
def test_a_file_of_ids_that_is_none(itemsync: Command, folder: Path, text: str, error: str) -> None:
    (folder / "ids.txt").write_text(text, encoding="utf-8")
    ran = itemsync("pull", "new.xlsx", "--ids", "ids.txt", "--json")
    assert (ran.code, ran.error) == (2, error)
    assert not Path("new.xlsx").exists()


def test_a_file_of_ids_that_is_not_there_or_no_text(itemsync: Command, folder: Path) -> None:
    (folder / "ids.txt").write_bytes("商品".encode("utf-16"))
    for file in ("ids.txt", "nowhere.txt"):
        assert itemsync("pull", "new.xlsx", "--ids", file, "--json").error == "pull.ids_file"


def test_a_pull_never_replaces_a_file(itemsync: Command, synced: Path) -> None:
    before = synced.read_bytes()
    ran = itemsync("pull", synced, "--json")
    assert (ran.code, ran.error) == (2, "file.exists")
    assert synced.read_bytes() == before
    assert itemsync("pull", "new.csv", "--json").error == "file.xlsx_only"
    assert itemsync("pull", "nowhere/new.xlsx", "--json").error == "file.unwritable"


def test_a_platform_that_is_not_there_ends_a_pull(
    itemsync: Command, synced: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:9/router/rest")
    assert itemsync("pull", "new.xlsx", "--json").code == 4
    assert not Path("new.xlsx").exists()


def test_the_sheet_is_in_the_asked_language(itemsync: Command, synced: Path) -> None:
    assert itemsync("--lang", "en", "pull", "new.xlsx").code == 0
    headers = [cell.value for cell in load_workbook("new.xlsx").worksheets[0][1]]
    assert headers[:2] == ["outer id", "item id"]
    write(synced, line("A-1"))
    assert itemsync("--lang", "en", "plan", "new.xlsx", "--json").json["summary"]["none"] == 3


# --- into a sheet that is there -----------------------------------------------------------------------------------
def test_untouched_cells_follow_the_platform_and_edited_ones_stay(
    itemsync: Command, synced: Path, sandbox: Sandbox
) -> None:
    sandbox.shop.sell(item_id("A-1"), 4)
    sandbox.shop.modify(item_id("A-2"), '{"_sys": {"price": 22.5, "title": "新标题", "category": ["丽人", "美发"]}}')
    type_in(synced, "A-2", "价格", 30)
    before = synced.read_bytes()
    ran = itemsync("pull", "--into", synced, "--json")
    assert ran.code == 0
    assert ran.json == {"file": str(synced), "rows": 2, "cells": ["G2", "C3", "D3", "E3"], "problems": []}
    said = rows(synced)
    assert (said["A-1"]["库存"], said["A-2"]["价格"], said["A-2"]["标题"]) == (6, 30, "新标题")
    assert (said["A-2"]["一级类目"], said["A-2"]["二级类目"]) == ("丽人", "美发")
    assert synced.with_name("weekly.bak.xlsx").read_bytes() == before
    marked = [
        cell for line in load_workbook(synced).worksheets[0] for cell in line if cell.fill.fgColor.rgb == "FFFFF1B8"
    ]
    assert [cell.coordinate for cell in marked] == ["G2", "C3", "D3", "E3"]


def test_a_plan_after_it_finds_only_what_staff_edited(itemsync: Command, synced: Path, sandbox: Sandbox) -> None:
    sandbox.shop.sell(item_id("A-1"), 4)
    sandbox.shop.modify(item_id("A-3"), '{"_sys": {"price": 22.5}}')
    type_in(synced, "A-2", "标题", "我们改的")
    itemsync("pull", "--into", synced)
    plan = itemsync("plan", synced, "--json").json
    assert [(one["outer_id"], [change["path"] for change in one["changes"]]) for one in plan["rows"]] == [
        ("A-1", []), ("A-2", ["_sys@title"]), ("A-3", []),
    ]  # fmt: skip
    assert (plan["summary"]["drift"], plan["summary"]["conflict"]) == (0, 0)


def test_where_nothing_moved_the_file_is_left_alone(itemsync: Command, synced: Path) -> None:
    before = synced.read_bytes()
    ran = itemsync("pull", "--into", synced)
    assert (ran.code, synced.read_bytes()) == (0, before)
    assert "没有要更新的" in ran.out
    assert not synced.with_name("weekly.bak.xlsx").exists()


def test_what_is_sold_out_still_waits_for_its_restock(itemsync: Command, synced: Path, sandbox: Sandbox) -> None:
    sandbox.shop.sell(item_id("A-1"), 10)
    itemsync("pull", "--into", synced)
    assert (row(synced, "A-1")["库存"], row(synced, "A-1")["目标状态"]) == (0, "上架")
    type_in(synced, "A-1", "库存增减", 8)
    type_in(synced, "A-1", "库存", None)
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[STATUS] == Status.ACTIVE


def test_a_formula_is_the_staffs_own(itemsync: Command, synced: Path, sandbox: Sandbox) -> None:
    sheet_part = "xl/worksheets/sheet1.xml"
    with zipfile.ZipFile(synced) as book:
        xml = book.read(sheet_part).decode()
    price = next(text for text in ('<c r="F2" t="n"><v>20</v></c>', '<c r="F2"><v>20</v></c>') if text in xml)
    edit_xml(synced, (price, '<c r="F2"><f>10*2</f><v>20</v></c>'))
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 22.5}}')
    ran = itemsync("pull", "--into", synced, "--json")
    assert (ran.json["cells"], [(one["code"], one["items"]) for one in ran.json["problems"]]) == (
        [], [("pull.kept", ["F2"])],
    )  # fmt: skip
    assert load_workbook(synced).worksheets[0]["F2"].value == "=10*2"


def test_a_row_that_cannot_be_compared_is_told(itemsync: Command, synced: Path, sandbox: Sandbox) -> None:
    sandbox.shop.set_status(item_id("A-2"), -1)
    sandbox.shop.sell(item_id("A-1"), 4)
    ran = itemsync("pull", "--into", synced, "--json")
    assert (ran.code, ran.json["cells"]) == (1, ["G2"])
    assert [(one["code"], one["items"]) for one in ran.json["problems"]] == [("pull.held_back", ["A-2"])]


@pytest.mark.parametrize(
    "words", [(), ("new.xlsx", "--into", "weekly.xlsx"), ("--into", "weekly.xlsx", "--ids", "ids.txt")]
)
def test_a_pull_goes_to_one_place(itemsync: Command, synced: Path, words: tuple[str, ...]) -> None:
    assert (itemsync("pull", *words).code, itemsync("pull", *words).out) == (2, "")


@pytest.mark.parametrize("name", ["weekly.csv", "named-so.xlsx"])
def test_a_sheet_that_is_no_workbook_to_write_into(itemsync: Command, folder: Path, name: str) -> None:
    (folder / name).write_text("商家编码\nA-1\n", encoding="utf-8")
    assert itemsync("pull", "--into", name, "--json").error == "pull.into_xlsx"
