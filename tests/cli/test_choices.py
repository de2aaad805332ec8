"""What a person chooses on the command line, beside the sheet: rows, who wins, renames, deletions, languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY, ITEM_ID, PRICE, STATUS
from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, held, item_id, line, new_line, results, row, rows, type_in, write


def test_a_plan_makes_no_write_call(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 价格=25, 库存=4), line("A-2", 目标状态="删除"), new_line("B-1"))
    assert itemsync("plan", synced).code == 0
    assert itemsync("plan", synced, "-o", "plan.json", "--html", "preview.html").code == 0
    assert sandbox.writes == 0
    assert sum(sandbox.calls.values()) == 2 * 2, "one look at each known item a plan"


def test_the_same_plan_twice_is_the_same_byte_for_byte(synced: Path, itemsync: Command) -> None:
    write(synced, line("A-1", 价格=25), line("A-2", 库存=4), line("A-3", 目标状态="下架"), new_line("B-1"))
    first, second = itemsync("plan", synced, "--json"), itemsync("plan", synced, "--json")
    assert first.out == second.out
    itemsync("plan", synced, "-o", "first.json")
    itemsync("plan", synced, "-o", "second.json")
    assert Path("first.json").read_bytes() == Path("second.json").read_bytes()


def test_applying_again_makes_no_write_call(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 价格=25), line("A-2", 目标状态="下架", 库存=0), new_line("B-1", 目标状态="下架"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.calls.clear()
    again = itemsync("apply", synced, "--json")
    assert again.code == 0, "with nothing to do there is nothing to ask"
    assert {one["result"] for one in again.json["rows"]} == {"none"}
    assert sandbox.writes == 0


def test_a_new_items_id_is_filled_in(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), new_line("B-1", 库存=0, 目标状态="上架"))
    assert itemsync("apply", synced, "--yes").code == 0
    published = held(sandbox, "B-1")
    assert row(synced, "B-1")["商品ID"] == published[ITEM_ID]
    assert (published[INVENTORY], published[STATUS]) == (0, Status.INACTIVE)


@pytest.mark.parametrize("given", ["A-1, A-3", "@codes.txt"])
def test_only_takes_a_part_of_the_sheet(synced: Path, itemsync: Command, sandbox: Sandbox, given: str) -> None:
    Path("codes.txt").write_text("\ufeffA-1\n\nA-3\n", encoding="utf-8")
    write(synced, *(line(code, 价格=25) for code in CODES))
    assert itemsync("apply", synced, "--yes", "--only", given).code == 0
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2500, 2000, 2500]
    assert results(synced) == {"A-1": "完成", "A-2": None, "A-3": "完成"}


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("A-1,A-9", "only.unknown"),
        ("a-1", "only.unknown"),
        ("@nowhere.txt", "cli.only.file"),
        ("", "cli.only.none"),
    ],
    ids=["an unknown code", "another case", "no such file", "nothing"],
)
def test_only_with_a_typing_error_does_nothing(
    synced: Path, itemsync: Command, sandbox: Sandbox, given: str, code: str
) -> None:
    ran = itemsync("apply", synced, "--yes", "--only", given, "--json")
    assert (ran.code, ran.error) == (2, code)
    assert not sandbox.calls


def test_a_deletion_needs_to_be_allowed(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "目标状态", "删除")
    assert itemsync("apply", synced, "--yes").code == 1
    assert row(synced, "A-1")["同步结果"] == "受阻"
    assert "--allow-delete" in str(row(synced, "A-1")["同步说明"])
    assert held(sandbox, "A-1")
    assert itemsync("apply", synced, "--yes", "--allow-delete").code == 0
    assert not held(sandbox, "A-1")
    assert row(synced, "A-1")["同步结果"] == "完成"


def test_on_conflict_skip_leaves_the_row_for_a_person(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 30}}')
    write(synced, line("A-1", 价格=25, 标题="改过的标题"), line("A-2", 价格=26), line("A-3"))
    ran = itemsync("apply", synced, "--yes", "--on-conflict", "skip", "--json")
    assert ran.code == 1
    assert [one["result"] for one in ran.json["rows"]] == ["skipped", "done", "none"]
    assert held(sandbox, "A-1")[PRICE] == 3000
    assert row(synced, "A-1")["同步结果"] == "跳过"
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500


def test_a_renamed_code_needs_rekey(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, {**line("A-1"), "商家编码": "Z-1"}, line("A-2"), line("A-3"))
    ran = itemsync("apply", synced, "--yes")
    assert ran.code == 1
    assert "--rekey" in str(row(synced, "Z-1")["同步说明"])
    assert itemsync("apply", synced, "--yes", "--rekey").code == 0
    assert held(sandbox, "Z-1")[ITEM_ID] == str(item_id("A-1"))
    assert not held(sandbox, "A-1")
    assert itemsync("plan", synced, "--json").json["summary"]["none"] == 3


def test_an_item_that_is_gone_needs_republish(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.set_status(item_id("A-1"), -1)
    assert itemsync("apply", synced, "--yes").code == 1
    assert "--republish" in str(row(synced, "A-1")["同步说明"])
    assert not held(sandbox, "A-1")
    assert itemsync("apply", synced, "--yes", "--republish").code == 0
    assert row(synced, "A-1")["商品ID"] == held(sandbox, "A-1")[ITEM_ID] != str(item_id("A-1"))
    assert itemsync("plan", synced, "--json").json["summary"]["none"] == 3


@pytest.mark.parametrize(("lang", "words"), [("zh", ("商家编码", "完成")), ("en", ("outer id", "done"))])
def test_the_language_of_what_is_shown_and_written(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, lang: str, words: tuple[str, str]
) -> None:
    monkeypatch.delenv("ITEMSYNC_LANG")
    type_in(synced, "A-1", "价格", 25)
    ran = itemsync("--lang", lang, "apply", synced, "--yes")
    title, result = words
    assert title in ran.out
    assert result in rows(synced)["A-1"].values()


def test_without_a_word_about_it_the_terminal_is_english_and_the_sheet_chinese(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ITEMSYNC_LANG")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, "C")
    type_in(synced, "A-1", "价格", 25)
    assert "outer id" in itemsync("apply", synced, "--yes").out
    assert row(synced, "A-1")["同步结果"] == "完成"


def test_no_colours_no_bars_no_questions_without_a_terminal(synced: Path, itemsync: Command) -> None:
    type_in(synced, "A-1", "价格", 2)
    for command in (("plan",), ("apply",), ("apply", "--yes"), ("apply", "--yes", "--force", "price")):
        name, *options = command
        ran = itemsync(name, synced, *options)
        assert "\x1b" not in ran.out + ran.err
        assert "%" not in ran.err
        assert "?" not in ran.err
        assert "吗" not in ran.err


@pytest.mark.parametrize("option", ["--only", "--as-new"])
def test_a_code_that_no_row_has_is_told_with_the_option_that_named_it(
    synced: Path, itemsync: Command, option: str
) -> None:
    for given in ("nosuch", "", " , "):
        ran = itemsync("plan", synced, option, given)
        assert ran.code == 2
        other = ({"--only", "--as-new"} - {option}).pop()
        assert option in ran.err
        assert other not in ran.err
