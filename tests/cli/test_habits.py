"""What staff asked for: short previews, true notes, and no advice that comes too late."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import goods, item_id, line, new_line, type_in, write


def test_check_tells_what_a_new_row_lacks(synced: Path, itemsync: Command) -> None:
    write(synced, line("A-1"), new_line("B-1", 一级类目="", 二级类目="", 价格=""), new_line("B-2"), line("A-3"))
    ran = itemsync("check", synced, "--json")
    assert ran.code == 0
    (note,) = [one for one in ran.json["problems"] if one["code"] == "check.new_row"]
    assert note["row"] == 3
    assert "类目、价格" in note["message"]
    assert ran.json["summary"] == {"rows": 4, "invalid": 0, "problems": 0}


def test_check_without_a_state_tells_once_what_new_rows_lack_and_makes_no_state(
    folder: Path, itemsync: Command
) -> None:
    sheet = write(folder / "weekly.xlsx", new_line("B-1", 价格=""))
    (note,) = itemsync("check", sheet, "--json").json["problems"]
    assert (note["code"], note["level"], note["row"]) == ("check.without_ids", "note", None)
    assert "有 1 行没有商品ID" in note["message"]
    assert "还要填价格" in note["message"]
    assert not (folder / "state.db").exists()


def test_a_new_row_without_a_price_is_not_published(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), line("A-2"), line("A-3"), new_line("B-1", 价格=""))
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.json["rows"][3]["result"]) == (1, "invalid")
    assert not sandbox.writes


def test_pull_says_what_it_pulls(synced: Path, itemsync: Command) -> None:
    ran = itemsync("pull", "new.xlsx")
    assert "同步过的 3 个商品" in ran.err
    Path("ids.txt").write_text(f"{item_id('A-1')}\n", encoding="utf-8")
    assert "同步过的" not in itemsync("pull", "some.xlsx", "--ids", "ids.txt").err


def test_pull_into_names_rows_without_a_code_as_rows(synced: Path, itemsync: Command) -> None:
    write(synced, line("A-1", 价格="贵"), {**line("A-2"), "商家编码": ""}, line("A-3"))
    (told,) = [
        one
        for one in itemsync("pull", "--into", synced, "--json").json["problems"]
        if one["code"] == "pull.held_back"
    ]
    assert told["items"] == ["A-1", "第 3 行"]


def test_a_note_after_the_run_does_not_advise_what_was_to_be_said_before(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"price": 31.0}}))
    type_in(synced, "A-1", "价格", 25)
    assert "--on-conflict skip" in itemsync("plan", synced).out
    ran = itemsync("apply", synced, "--yes", "--json")
    note = ran.json["rows"][0]["note"]
    assert "两边都改了" in note
    assert "--on-conflict" not in note
    assert "--on-conflict" not in itemsync("show", "2").out


@pytest.mark.parametrize("command", [["apply", "SHEET", "--yes"], ["show", "2"]], ids=" ".join)
def test_rows_that_were_not_reached_are_one_line(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    codes = [f"A-{number}" for number in range(1, 31)]
    sandbox.shop.load(map(goods, codes[3:]))
    write(synced, *(line(code, 价格=21) for code in codes))
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_DAY", "35")
    applied = itemsync("apply", synced, "--yes")
    assert applied.code == 4
    told = applied.out if command[0] == "apply" else itemsync(*command).out
    summary = told[told.rindex("完成 ") :] if command[0] == "apply" else told
    assert "行没轮到" in summary
    assert summary.count("还没轮到这一行") == 0
    rows = itemsync("show", "2", "--json").json["rows"]
    assert sum("还没轮到这一行" in row["note"] for row in rows) > 20, "JSON and the sheet tell of each"


def test_a_new_item_is_one_line_and_the_page_has_one_a_field(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(synced, line("A-1"), line("A-2"), line("A-3"), new_line("B-1"))
    monkeypatch.setenv("COLUMNS", "140")
    told = itemsync("plan", synced, "--html", "preview.html").out
    assert "价格 ¥30.00；库存 10；目标状态 有效；类目 丽人" in told
    assert "库存 10；" not in Path("preview.html").read_text(encoding="utf-8")
