"""Headers in the staff's own words: read, mapped, asked about; and never silently left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, item_id
from tests.sheet.workbooks import write, write_items

OWN = ("商家编码", "宝贝标题", "售价", "库存数量", "上下架")
ROW = dict(zip(OWN, ("A-1", "换个标题", 25, 4, "下架"), strict=True))


def settings(folder: Path, *lines: str) -> Path:
    file = folder / "itemsync.toml"
    file.write_text("[profiles.default]\n[profiles.default.columns]\n" + "\n".join(lines), encoding="utf-8")
    return file


def test_a_sheet_in_usual_words_is_carried_out(itemsync: Command, sandbox: Sandbox, sheet: Path) -> None:
    write_items(sheet, {**ROW, "数字ID": str(item_id("A-1"))}, headers=(*OWN, "数字ID"))
    ran = itemsync("apply", sheet, "--yes", "--force", "all")
    assert ran.code == 0, ran
    now = held(sandbox, "A-1")
    assert (now[TITLE], now[PRICE], now[INVENTORY], now[STATUS]) == ("换个标题", 2500, 4, Status.INACTIVE)


def test_what_isnt_read_is_named_by_every_command(itemsync: Command, folder: Path, sheet: Path) -> None:
    headers = ("商家编码", "标题", "售价2", "备注")
    write_items(sheet, {"商家编码": "A-1", "标题": "新标题", "售价2": 9, "备注": "x"}, headers=headers)
    ignored = [
        {"column": "C", "header": "售价2", "meant": "价格"},
        {"column": "D", "header": "备注", "meant": None},
    ]
    for command in (("check", sheet), ("plan", sheet), ("apply", sheet, "--yes")):
        assert "是不是“价格”" in itemsync(*command).out, command
        assert "备注 (D)" in itemsync(*command).out, command
    problems = itemsync("check", sheet, "--json").json["problems"]
    named = [(one["cell"], one["code"], one["level"]) for one in problems]
    expected = [("C1", "sheet.ignored.meant", "note"), (None, "sheet.own_columns", "note")]
    assert named == [*expected, (None, "check.without_ids", "note")]
    assert itemsync("plan", sheet, "--json", "--html", "p.html").json["ignored"] == ignored
    assert itemsync("apply", sheet, "--yes", "--json").json["ignored"] == ignored
    page = (folder / "p.html").read_text(encoding="utf-8")
    assert "是不是“价格”" in page
    assert "备注 (D)" in page


@pytest.mark.parametrize("command", [("check",), ("plan",), ("apply", "--yes"), ("pull", "--into")])
def test_a_sheet_with_nothing_to_compare_is_refused(itemsync: Command, sheet: Path, command: tuple[str, ...]) -> None:
    write(sheet, [["商家编码", "金额", "售价2", "同步结果"], ["A-1", 1, 2, ""]])
    ran = itemsync(*command, sheet)
    assert ran.code == 2
    assert "没有一列是能比对的" in ran.err
    assert "是不是“价格”" in ran.out + ran.err
    assert itemsync(*command, sheet, "--json").error == "sheet.silent"


def test_codes_and_ids_alone_are_nothing_to_compare_once_they_are_known(itemsync: Command, synced: Path) -> None:
    write(synced, [["商家编码", "商品ID", "金额"], ["A-1", str(item_id("A-1")), 1]])
    assert itemsync("plan", synced).code == 2
    # A code that the item is to bear from now on is something to carry out.
    write(synced, [["商家编码", "商品ID"], ["A-9", str(item_id("A-1"))]])
    ran = itemsync("plan", synced, "--rekey", "--json")
    assert (ran.code, ran.json["summary"]["update"]) == (0, 1)


def test_codes_alone_may_be_under_rules(itemsync: Command, folder: Path, synced: Path) -> None:
    (folder / "itemsync.toml").write_text(
        "[profiles.default]\n[[profiles.default.rules]]\nkind = 'price'\nlowest = '50.00'\n", encoding="utf-8"
    )
    write(synced, [["商家编码", "金额"], ["A-1", 1]])
    ran = itemsync("plan", synced, "--json")
    assert (ran.code, ran.json["summary"]["update"]) == (0, 1)
    assert itemsync("check", synced).code == 0


def test_a_profile_maps_headers(itemsync: Command, folder: Path, sandbox: Sandbox, synced: Path) -> None:
    settings(
        folder, '"款号" = "商家编码"', '"我的售价" = "price"', '"厂牌" = "custom:品牌"', '"结果" = "sync result"'
    )
    headers = ("款号", "我的售价", "厂牌", "结果", "售价")
    write_items(synced, {"款号": "A-1", "我的售价": 22, "厂牌": "OPI", "售价": 1}, headers=headers)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert ran.code == 0, ran
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")["品牌"]) == (2200, "OPI")
    assert [one["header"] for one in ran.json["ignored"]] == ["售价"]
    # Reading, write-back, and writing again after all agree.
    assert "售价 (E)" in itemsync("check", synced).out
    assert itemsync("show", "2", "--write", synced).code == 0
    again = itemsync("plan", synced, "--json")
    assert (again.code, again.json["summary"]["none"]) == (0, 1)


def test_mapped_cells_are_brought_up_to_date(itemsync: Command, folder: Path, sandbox: Sandbox, synced: Path) -> None:
    settings(folder, '"我的售价" = "price"')
    write_items(synced, {"商家编码": "A-1", "我的售价": 20}, headers=("商家编码", "我的售价"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"price": 33.0}}))
    ran = itemsync("pull", "--into", synced, "--json")
    assert (ran.code, ran.json["cells"]) == (0, ["B2"])
    assert load_workbook(synced).worksheets[0]["B2"].value == 33


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ('"我的售价" = "prize"', "header of itemsync's"),
        ('"我的售价" = 3', "header of itemsync's"),
        ('"我的售价" = ""', "header of itemsync's"),
        ('"我的售价" = "custom:"', "header of itemsync's"),
        ('"我的售价" = "custom:a,b"', "comma"),
        ('" " = "price"', "isn't empty"),
        ('"库存" = "price"', "its own meaning"),
        ('"自定义:品牌" = "title"', "its own meaning"),
        ('"我的 售价" = "price"\n"我的售价" = "price"', "there twice"),
    ],
)
def test_a_wrong_mapping_is_refused_by_file_and_line(
    itemsync: Command, folder: Path, sheet: Path, line: str, reason: str
) -> None:
    settings(folder, line)
    ran = itemsync("--lang", "en", "check", sheet)
    assert ran.code == 2
    assert reason in ran.err
    assert f"itemsync.toml:{2 + len(line.splitlines())}" in ran.err


def test_the_profiles_columns_are_shown(itemsync: Command, folder: Path, sheet: Path) -> None:
    settings(folder, '"我的售价" = "price"')
    shown = {one["key"]: one for one in itemsync("profile", "show", "--json").json["settings"]}
    assert shown["columns.我的售价"]["value"] == "price"
    assert shown["columns.我的售价"]["source"].endswith("itemsync.toml:3")


def test_without_the_code_column_the_nearest_is_named(itemsync: Command, sheet: Path) -> None:
    write(sheet, [["款号", "价格"], ["A-1", 1]])
    ran = itemsync("plan", sheet)
    assert ran.code == 2
    assert "A1 的“款号”" in ran.err
