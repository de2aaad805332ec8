"""What looks the same is the same: no second item comes of a code that only looks like another's."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from io import StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import ITEM_ID, OUTER_ID, PRICE
from sync.plan.options import Choices
from sync.plan.saved_plan import _checksum, read_saved
from sync.sandbox.server import Sandbox
from tests.cli.conftest import STATE, Begun, Command
from tests.cli.small_shop import (
    HEADERS,
    Json,
    held,
    item_id,
    items,
    line,
    new_line,
    results,
    row,
    rows,
    type_in,
    write,
)
from tests.sheet.workbooks import write_items

KNOWN = ("MJ-001", "MJ-002", "MJ-003", "MJ-004", "00101", "00102")
LRM, NBSP, HYPHEN = "\u200e", "\u00a0", "\u2010"


@pytest.fixture
def known(begun: Begun) -> Path:
    """A sheet whose items this state published."""
    return begun([new_line(code) for code in KNOWN])


def published(sandbox: Sandbox) -> int:
    return len(items(sandbox)) - 3


def problem(document: Json, code: str) -> Json:
    found: list[Json] = [one for row in document["rows"] for one in row["problems"] if one["code"] == code]
    assert len(found) == 1, found
    return found[0]


# --- a code that is only written another way ------------------------------------------------------------------


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    ("code", "written"),
    [
        ("MJ-001", f"MJ-001{LRM}"),
        ("MJ-001", "\ufeffMJ-\u200b001\ufe0f"),
        ("MJ-001", "ＭＪ－００１"),
        ("MJ-002", f"MJ{NBSP}-002"),
        ("MJ-002", "MJ-002\t"),
        ("00101", "'00101"),
        ("00101", "`00101"),
        ("00101", "‘00101"),
    ],
)
def test_it_is_the_item_that_is_known(
    known: Path, itemsync: Command, sandbox: Sandbox, code: str, written: str
) -> None:
    write(known, new_line(written, 价格=31))
    checked = itemsync("check", known, "--json")
    assert checked.code == 0
    assert [one["code"] for one in checked.json["problems"] if one["cell"]] == ["code.normalised"]
    assert itemsync("apply", known, "--yes").code == 0
    assert published(sandbox) == len(KNOWN)
    assert held(sandbox, code)[PRICE] == 3100


def test_the_sheet_that_once_published_six_second_items(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    written = (f"MJ-001{LRM}", f"MJ{NBSP}-002", "'00101", 102, "mj-003", f"MJ{HYPHEN}004")
    write(known, *({**new_line(""), "商家编码": code, "价格": 37} for code in written))
    book = load_workbook(known)
    book.worksheets[0]["A5"].number_format = "00000"
    book.save(known)
    assert itemsync("check", known).code == 1
    ran = itemsync("apply", known, "--yes", "--json")
    assert ran.code == 1
    assert [one["result"] for one in ran.json["rows"]] == ["done"] * 4 + ["blocked"] * 2
    assert [one["outer_id"] for one in ran.json["rows"]][:4] == ["MJ-001", "MJ-002", "00101", "00102"]
    assert published(sandbox) == len(KNOWN)
    assert [one["同步结果"] for one in rows(known).values()] == ["完成"] * 4 + ["受阻"] * 2
    assert load_workbook(known).worksheets[0]["A5"].value == 102, "the staff's own cell stays what it was"


def test_a_code_of_a_csv_with_its_zeros_kept_by_a_formula(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = known.with_suffix(".csv")
    sheet.write_text('商家编码,价格,库存\n="00101",38,\n"=""00102""",39,\n', encoding="gbk")
    assert itemsync("apply", sheet, "--yes").code == 0
    assert (held(sandbox, "00101")[PRICE], held(sandbox, "00102")[PRICE]) == (3800, 3900)
    assert published(sandbox) == len(KNOWN)


# --- a new code that looks like a known one -------------------------------------------------------------------

ALIKE = [
    ("MJ-003", "mj-003"),
    ("MJ-004", f"MJ{HYPHEN}004"),
    ("MJ-004", "MJ—004"),
    ("MJ-004", "MJ −004"),
    ("00102", "102"),
    ("00102", "000102"),
    ("00102", "00102'"),
    ("MJ-001", "MJ - 001"),
    ("MJ-001", "МJ-001"),
    ("MJ-001", "“MJ-001”"),
]


@pytest.mark.one_in(3)
@pytest.mark.parametrize(("code", "written"), ALIKE)
def test_it_is_held_back_and_names_the_other(
    known: Path, itemsync: Command, sandbox: Sandbox, code: str, written: str
) -> None:
    write(known, new_line(written), new_line("MJ-002", 价格=33))
    checked = itemsync("check", known, "--json")
    assert checked.code == 1
    (told,) = (one for one in checked.json["problems"] if one["code"] == "code.looks_like")
    assert (told["row"], told["cell"], told["level"]) == (2, "A2", "warning")
    assert f"改成 {code}；" in told["message"]
    assert "--as-new" in told["message"] and written in told["message"]
    planned = itemsync("plan", known, "--json")
    assert planned.code == 1
    assert planned.json["summary"] | {"publish": 0, "blocked": 1} == planned.json["summary"]
    assert problem(planned.json, "code.looks_like") == {
        key: told[key] for key in ("cell", "code", "level", "message")
    }
    ran = itemsync("apply", known, "--yes", "--json")
    assert ran.code == 1
    assert [one["result"] for one in ran.json["rows"]] == ["blocked", "done"]
    assert published(sandbox) == len(KNOWN)
    assert results(known)[written] == "受阻"


@pytest.mark.parametrize(
    "option", ["--refresh=changed", "--rekey", "--republish", "--on-conflict=skip", "--only=102"]
)
def test_no_other_option_lets_it_pass(known: Path, itemsync: Command, sandbox: Sandbox, option: str) -> None:
    write(known, new_line("102"), new_line("MJ-002"))
    assert itemsync("apply", known, "--yes", option).code == 1
    assert published(sandbox) == len(KNOWN)


def test_until_a_person_says_that_it_is_another_item(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, new_line("mj-003"), new_line(f"MJ{HYPHEN}004"), new_line("MJ-001"))
    Path("codes.txt").write_text(f"MJ{HYPHEN}004\nmj-003\n", encoding="utf-8")
    assert itemsync("apply", known, "--yes", "--as-new", "mj-003").code == 1
    assert (published(sandbox), held(sandbox, "mj-003") != {}) == (len(KNOWN) + 1, True)
    assert itemsync("apply", known, "--yes", "--as-new", "@codes.txt").code == 0
    assert published(sandbox) == len(KNOWN) + 2
    assert itemsync("check", known).code == 0, "what state knows is its own item's from now on"
    assert itemsync("plan", known).code == 0


@pytest.mark.parametrize("given", ["mj-33", "", "@nowhere.txt"])
def test_as_new_with_a_typing_error_does_nothing(
    known: Path, itemsync: Command, sandbox: Sandbox, given: str
) -> None:
    write(known, new_line("mj-003"))
    assert itemsync("apply", known, "--yes", "--as-new", given).code == 2
    assert not sandbox.calls


def test_a_saved_plan_keeps_what_a_person_said(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, new_line("mj-003"), new_line("102"))
    assert itemsync("plan", known, "-o", "plan.json", "--as-new", "mj-003").code == 1
    assert itemsync("apply", "plan.json", "--yes").code == 1
    assert held(sandbox, "mj-003")
    assert published(sandbox) == len(KNOWN) + 1


def test_a_saved_plan_of_an_earlier_version_has_nothing_of_it() -> None:
    kept = {"profile": "p", "gateway": "g", "sheet": "s", "skip_conflicts": False, "rekey": False, "republish": False}
    document: dict[str, object] = {"saved": {"choices": kept, "rows": []}}
    document["saved"] = {**document["saved"], "checksum": _checksum(document)}  # type: ignore[dict-item]
    assert read_saved(StringIO(json.dumps(document)), "plan.json").choices == Choices()


def test_what_was_held_back_is_held_back_again(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, new_line("mj-003"))
    for _ in range(2):
        assert itemsync("apply", known, "--yes").code == 1
    assert published(sandbox) == len(KNOWN)


def test_a_deleted_items_code_counts_too(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, new_line("00102", 目标状态="删除"))
    assert itemsync("apply", known, "--yes", "--allow-delete").code == 0
    write(known, new_line("102"), new_line("00102"))
    planned = itemsync("plan", known, "--json").json
    assert [one["problems"][0]["code"] for one in planned["rows"]] == ["code.looks_like", "item.deleted"]


# --- among the rows of one sheet ------------------------------------------------------------------------------


def test_of_new_twins_each_is_held_back_and_names_another(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "a.xlsx", new_line("B-1"), new_line("b-1"), new_line("B-2"))
    for command in (("check",), ("apply", "--yes")):
        ran = itemsync(command[0], sheet, *command[1:], "--json")
        assert ran.code == 1
        told = [one for row in ran.json.get("rows", [ran.json]) for one in row["problems"] if one["cell"]]
        told = [one for one in told if one["code"] == "code.looks_like"]
        assert [one["cell"] for one in told] == ["A2", "A3"]
        assert "单元格 A3 的 b-1" in told[0]["message"]
        assert "单元格 A2 的 B-1" in told[1]["message"]
    assert {str(one[OUTER_ID]) for one in items(sandbox)} & {"B-1", "b-1", "B-2"} == {"B-2"}


def test_of_twins_of_which_one_is_known_the_others_are_held_back(
    known: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(known, new_line("mj-003"), new_line("MJ-003", 价格=35), new_line("Mj-003"))
    ran = itemsync("apply", known, "--yes", "--json")
    assert [one["result"] for one in ran.json["rows"]] == ["blocked", "done", "blocked"]
    assert published(sandbox) == len(KNOWN)


def test_an_id_makes_a_twin_known(folder: Path, itemsync: Command) -> None:
    sheet = write(folder / "a.xlsx", new_line("a-1"), line("A-1"))
    planned = itemsync("plan", sheet, "--json").json
    assert [one["action"] for one in planned["rows"]] == ["blocked", "none"]
    assert "单元格 A3 的 A-1" in planned["rows"][0]["problems"][0]["message"]


def test_twins_outside_the_part_count_too(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "a.xlsx", new_line("B-1"), new_line("b-1"))
    assert itemsync("apply", sheet, "--yes", "--only", "B-1").code == 1
    assert published(sandbox) == 0


def test_saying_so_of_one_twin_frees_only_that_one(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "a.xlsx", new_line("B-1"), new_line("b-1"))
    assert itemsync("apply", sheet, "--yes", "--as-new", "B-1").code == 1
    assert (bool(held(sandbox, "B-1")), bool(held(sandbox, "b-1"))) == (True, False)


# --- an id beside a code that looks like its own ---------------------------------------------------------------


@pytest.mark.parametrize("options", [(), ("--rekey",)], ids=["plain", "rekey"])
@pytest.mark.parametrize("typed", [102, "mj-004", f"MJ{HYPHEN}004"])
def test_an_ids_own_code_is_named_and_no_renaming_advised(
    known: Path, itemsync: Command, sandbox: Sandbox, typed: object, options: tuple[str, ...]
) -> None:
    own = "00102" if typed == 102 else "MJ-004"
    write(known, new_line(str(typed), 商品ID=held(sandbox, own)[ITEM_ID]))
    assert itemsync("check", known).code == 1
    ran = itemsync("apply", known, "--yes", "--json", *options)
    assert ran.code == 1
    told = problem(ran.json, "id.looks_like")
    assert (told["cell"], "--rekey" in told["message"], f"改成 {own}；" in told["message"]) == ("A2", False, True)
    assert held(sandbox, own)


def test_whoever_means_it_renames_a_code_to_one_that_looks_like_it(
    known: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(known, new_line("mj-004", 商品ID=held(sandbox, "MJ-004")[ITEM_ID]))
    assert itemsync("apply", known, "--yes", "--rekey", "--as-new", "mj-004").code == 0
    assert held(sandbox, "mj-004")
    assert published(sandbox) == len(KNOWN)


def test_a_platforms_code_that_looks_like_the_rows_is_named(folder: Path, itemsync: Command) -> None:
    sheet = write(folder / "a.xlsx", {**line("A-1"), "商家编码": "a-1"})
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert ran.code == 1
    told = problem(ran.json, "id.looks_like")
    assert ("--rekey" in told["message"], "改成 A-1；" in told["message"]) == (False, True)


def test_a_platform_that_writes_a_known_code_its_own_way_is_still_that_item(
    known: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.modify(int(str(held(sandbox, "MJ-003")[ITEM_ID])), '{"_sys": {"outerId": "mj-003"}}')
    write(known, new_line("MJ-003"))
    assert itemsync("apply", known, "--yes").code == 0
    assert held(sandbox, "MJ-003")


# --- what an earlier version remembers ------------------------------------------------------------------------


@pytest.mark.parametrize("old", [f"B-1{LRM}", f"B{NBSP}-1", "'B-1", '="B-1"'])
def test_a_code_that_no_cell_can_say_any_more_is_the_one_it_reads_as(
    known: Path, itemsync: Command, sandbox: Sandbox, old: str
) -> None:
    """An earlier version published it so; the item is kept, and gets the code that a person sees."""
    write(known, new_line("B-1"))
    assert itemsync("apply", known, "--yes").code == 0
    own_id = str(held(sandbox, "B-1")[ITEM_ID])
    _remember_as(Path(STATE), "B-1", old)
    sandbox.shop.modify(int(own_id), json.dumps({"_sys": {"outerId": old}}))
    write(known, new_line("B-1", 价格=36))
    assert itemsync("check", known).code == 0
    assert itemsync("apply", known, "--yes").code == 0
    assert held(sandbox, "B-1")[ITEM_ID] == own_id
    assert itemsync("plan", known, "--json").json["summary"]["none"] == 1


@pytest.mark.parametrize("old", [f"MJ-001{LRM}", '="MJ-001"'])
def test_an_id_of_a_second_item_that_an_earlier_version_published_is_told(
    known: Path, itemsync: Command, sandbox: Sandbox, old: str
) -> None:
    write(known, new_line("B-1"))
    assert itemsync("apply", known, "--yes").code == 0
    second, own = str(held(sandbox, "B-1")[ITEM_ID]), str(held(sandbox, "MJ-001")[ITEM_ID])
    _remember_as(Path(STATE), "B-1", old)
    write(known, new_line(f"MJ-001{LRM}", 商品ID=second, 价格=36))
    for command in (("check",), ("apply", "--yes"), ("apply", "--yes", "--rekey")):
        ran = itemsync(command[0], known, *command[1:], "--json")
        assert ran.code == 1
        (told,) = (p for one in ran.json.get("rows", [ran.json]) for p in one["problems"] if p["code"] == "id.second")
        assert told["cell"] == "B2"
        assert own in told["message"]
    write(known, new_line(f"MJ-001{LRM}", 商品ID=own, 价格=36))
    assert itemsync("apply", known, "--yes").code == 0
    assert held(sandbox, "MJ-001")[PRICE] == 3600


# --- check reads what is there, and makes nothing -------------------------------------------------------------


def test_check_makes_no_state(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "a.xlsx", new_line("B-1"))
    assert itemsync("check", sheet).code == 0
    assert not (folder / STATE).exists()
    assert not sandbox.calls


@pytest.mark.parametrize("content", [b"", b"no database at all, but long enough to look into"])
def test_check_lives_with_a_state_that_cannot_be_read(folder: Path, itemsync: Command, content: bytes) -> None:
    (folder / STATE).write_bytes(content)
    sheet = write(folder / "a.xlsx", new_line("B-1"))
    assert itemsync("check", sheet).code == 0
    assert (folder / STATE).read_bytes() == content


# --- pull and watch -------------------------------------------------------------------------------------------


def test_pull_into_leaves_such_a_row_and_says_so(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, new_line("mj-003", 价格=30), new_line("MJ-001"))
    sandbox.shop.modify(int(str(held(sandbox, "MJ-003")[ITEM_ID])), '{"_sys": {"price": 77}}')
    assert itemsync("pull", "--into", known).code == 1
    assert row(known, "mj-003")["价格"] == 30


def test_watch_leaves_such_a_row_and_says_so(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write_items(known, {**new_line("mj-003", 目标状态=""), "下架时间": "2020-01-01"}, headers=(*HEADERS, "下架时间"))
    ran = itemsync("watch", known, "--once", "--json")
    assert ran.code == 1
    assert [one["code"] for one in ran.json["held"]] == ["code.looks_like"]
    assert not sandbox.writes


def _remember_as(state: Path, code: str, other: str) -> None:
    with closing(sqlite3.connect(state)) as database, database:
        database.execute("UPDATE items SET outer_id = ? WHERE outer_id = ?", [other, code])


# --- values ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["猫眼\u00a0美甲", "猫眼 美甲\u200e", "\ufeff猫眼 美甲", "猫眼\u200b 美甲"])
def test_a_title_that_differs_in_what_nobody_sees_is_no_difference(
    synced: Path, itemsync: Command, sandbox: Sandbox, title: str
) -> None:
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"title": title}}))
    type_in(synced, "A-1", "标题", "猫眼 美甲")
    planned = itemsync("plan", synced, "--json").json
    assert (planned["summary"]["none"], planned["summary"]["drift"]) == (3, 0)
    assert itemsync("pull", "--into", synced).code == 0
    assert row(synced, "A-1")["标题"] == "猫眼 美甲"


def test_pull_writes_what_a_person_sees(synced: Path, folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"title": "光疗\u00a0美甲\u200e"}}))
    assert itemsync("pull", "new.xlsx").code == 0
    assert row(folder / "new.xlsx", "A-1")["标题"] == "光疗 美甲"
    assert itemsync("plan", "new.xlsx", "--json").json["summary"]["none"] == 3
    assert itemsync("pull", "--into", synced).code == 0
    assert row(synced, "A-1")["标题"] == "光疗 美甲"
