"""A 库存增减 is made once, whatever copy of the sheet comes back (docs/reference/guards.md#repeat, guard
`repeat`)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command, CommandResult
from tests.cli.small_shop import held, item_id, line, moving, new_line, row, type_in, write
from tests.cli.test_stock_change import open_in_excel


@pytest.fixture
def more(synced: Path, itemsync: Command) -> Path:
    """A sheet whose run 2 has added six to A-1 and taken two from A-2."""
    write(synced, moving("A-1", 6), moving("A-2", -2), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    return synced


@pytest.fixture
def old(more: Path) -> Path:
    """The copy that the run kept, put back."""
    shutil.copy(more.with_name("weekly.bak.xlsx"), more)
    return more


def stocks(sandbox: Sandbox) -> tuple[object, object]:
    return held(sandbox, "A-1")[INVENTORY], held(sandbox, "A-2")[INVENTORY]


def refused(ran: CommandResult, sandbox: Sandbox) -> bool:
    """Whether the guard held back what is asked, and said so."""
    guards = ran.json["plan"]["guards"]
    return (ran.code, ran.error, guards, sandbox.writes) == (3, "cli.guarded", ["repeat"], 0)


def test_a_copy_put_back_is_asked_about(old: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.calls.clear()
    before = old.read_bytes()
    ran = itemsync("apply", old, "--yes", "--json")
    assert refused(ran, sandbox)
    for word in ("A-1", "+6", "第 2 次", "20", "清空", "--force repeat"):
        assert word in ran.json["error"]["message"], word
    shown = itemsync("plan", old)
    for word in ("repeat", "A-1、A-2", "共 2 行"):
        assert word in shown.out, word
    assert (stocks(sandbox), old.read_bytes()) == ((16, 8), before)


def test_who_means_it_says_so_and_then_it_is_made(old: Path, itemsync: Command, sandbox: Sandbox) -> None:
    ran = itemsync("apply", old, "--yes", "--json", "--force", "repeat")
    assert (ran.code, stocks(sandbox)) == (0, (22, 6))
    assert row(old, "A-1")["库存增减"] is None
    shutil.copy(old.with_name("weekly.bak.xlsx"), old)
    assert itemsync("apply", old, "--yes").code == 3, "and once more is once more"


def test_its_own_results_written_into_an_old_copy_make_it_no_younger(
    old: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    assert itemsync("show", "2", "--write", old).code == 0
    assert itemsync("apply", old, "--yes").code == 3
    assert stocks(sandbox) == (16, 8)


def test_typed_again_into_the_sheet_with_the_results_it_is_new(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(more, "A-1", "库存增减", 6)
    ran = itemsync("apply", more, "--yes", "--json")
    assert (ran.code, ran.json["guards"], stocks(sandbox)) == (0, [], (22, 8))


def test_excel_that_was_open_saves_over_the_results(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    before = load_workbook(more.with_name("weekly.bak.xlsx"))
    before.worksheets[0]["F4"] = 25
    before.save(more)
    sandbox.calls.clear()
    assert refused(itemsync("apply", more, "--yes", "--json"), sandbox)


def test_next_weeks_file_without_stamps_is_asked_about_what_was_made_last(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    week = write(more.with_name("week 2.xlsx"), moving("A-1", 6), moving("A-2", 3), line("A-3"))
    cleared = itemsync("apply", more, "--yes")
    assert cleared.code == 0
    sandbox.calls.clear()
    ran = itemsync("apply", week, "--yes", "--json")
    assert refused(ran, sandbox)
    assert "A-2" not in ran.json["error"]["message"], "another number is another change"


def test_the_old_stamp_of_an_earlier_run_is_still_old(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    copy = Path(shutil.copy(more, more.with_name("copy.xlsx")))
    type_in(more, "A-1", "库存增减", 5)
    assert itemsync("apply", more, "--yes").code == 0
    type_in(copy, "A-1", "库存增减", 5)
    shutil.copy(copy, more)
    sandbox.calls.clear()
    ran = itemsync("apply", more, "--yes", "--json")
    assert refused(ran, sandbox)
    assert "第 3 次" in ran.json["error"]["message"]


def test_a_row_that_was_held_back_is_no_younger_for_that(old: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """Its result is written, and yet the next run asks as this one did."""
    was = row(old, "A-1").get("同步时间")
    ran = itemsync("apply", old, "--yes", "--skip-guarded", "--json")
    assert [one["result"] for one in ran.json["rows"]] == ["blocked", "blocked", "none"]
    kept = row(old, "A-1")
    assert (kept["同步结果"], kept["同步时间"], kept["库存增减"]) == ("受阻", was, 6)
    assert row(old, "A-3")["同步时间"] is not None
    sandbox.calls.clear()
    assert refused(itemsync("apply", old, "--yes", "--json"), sandbox)


@pytest.mark.parametrize("trouble", [("价格", "twenty"), ("目标状态", "perhaps")])
def test_an_old_row_that_is_wrong_first_is_asked_about_once_it_is_right(
    old: Path, itemsync: Command, sandbox: Sandbox, trouble: tuple[str, str]
) -> None:
    header, wrong = trouble
    right = row(old, "A-1")[header]
    type_in(old, "A-1", header, wrong)
    type_in(old, "A-2", "库存增减", None)
    assert itemsync("apply", old, "--yes", "--json").json["rows"][0]["result"] == "invalid"
    type_in(old, "A-1", header, right)
    sandbox.calls.clear()
    assert refused(itemsync("apply", old, "--yes", "--json"), sandbox)


def test_an_undo_does_not_make_an_old_copy_young(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    old = shutil.copy(more.with_name("weekly.bak.xlsx"), more.with_name("old.xlsx"))
    assert itemsync("undo", 2, "--yes").code == 0
    assert stocks(sandbox) == (10, 10)
    shutil.copy(old, more)
    sandbox.calls.clear()
    assert refused(itemsync("apply", more, "--yes", "--json"), sandbox)


def test_a_part_of_an_old_copy_is_asked_about_by_its_own_rows(old: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.calls.clear()
    assert itemsync("apply", old, "--yes", "--only", "A-3").code == 0
    assert refused(itemsync("apply", old, "--yes", "--json", "--only", "A-2"), sandbox)


def test_a_saved_plan_is_asked_about_what_was_made_since(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    before = synced.read_bytes()
    saved = synced.with_name("plan.json")
    assert itemsync("plan", synced, "-o", saved).code == 0
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.shop.sell(item_id("A-1"), 6)
    synced.write_bytes(before)
    sandbox.calls.clear()
    assert refused(itemsync("apply", saved, "--yes", "--json"), sandbox)
    assert itemsync("apply", saved, "--yes", "--force", "repeat").code == 0
    assert stocks(sandbox)[0] == 16


def test_a_renamed_item_keeps_what_was_made(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    renamed = {**moving("A-1", 6), "商家编码": "B-9"}
    week = write(more.with_name("renamed.xlsx"), renamed)
    sandbox.calls.clear()
    assert refused(itemsync("apply", week, "--yes", "--json", "--rekey"), sandbox)
    assert itemsync("apply", write(week, {**renamed, "库存增减": 1}), "--yes", "--rekey").code == 0
    assert held(sandbox, "B-9")[INVENTORY] == 17
    again = write(week.with_name("again.xlsx"), {**renamed, "库存增减": 1})
    assert itemsync("apply", write(week, {**renamed, "库存增减": ""}), "--yes").code == 0
    sandbox.calls.clear()
    assert refused(itemsync("apply", again, "--yes", "--json"), sandbox)


def test_an_item_that_takes_over_a_code_takes_over_nothing_else(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    week = write(more, {**line("A-1"), "商家编码": "B-1"}, {**line("A-3"), "商家编码": "A-1"})
    assert itemsync("apply", week, "--yes", "--rekey").code == 0
    write(week, {**moving("A-3", 6), "商家编码": "A-1"})
    assert itemsync("plan", week, "--json").json["guards"] == []
    write(week, {**moving("A-1", 6), "商家编码": "B-1"})
    assert itemsync("plan", week, "--json").json["guards"] == ["repeat"]


def test_another_shops_rows_of_the_same_code_count_for_nothing(
    more: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    week = write(more.with_name("week 2.xlsx"), moving("A-1", 6))
    assert itemsync("plan", week, "--json").json["guards"] == ["repeat"]
    more.with_name("itemsync.toml").write_text("[profiles.default]\n[profiles.other]\n", encoding="utf-8")
    monkeypatch.setenv("ITEMSYNC_PROFILE", "other")
    assert itemsync("plan", week, "--json").json["guards"] == []


def test_a_new_item_of_an_old_copy_is_no_change(more: Path, itemsync: Command) -> None:
    assert itemsync("plan", write(more, new_line("N-1")), "--json").json["guards"] == []


def test_an_undo_that_finds_an_old_copy_makes_it_no_younger(old: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert itemsync("undo", 2, "--yes").code == 0
    assert (row(old, "A-1")["库存增减"], stocks(sandbox)) == (6, (10, 10))
    sandbox.calls.clear()
    assert refused(itemsync("apply", old, "--yes", "--json"), sandbox)


def test_results_of_a_later_run_written_into_an_old_copy_make_it_no_younger(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    copy = Path(shutil.copy(more.with_name("weekly.bak.xlsx"), more.with_name("copy.xlsx")))
    assert itemsync("apply", more, "--yes").code == 0
    assert itemsync("show", 3, "--write", copy).code == 0
    assert (row(copy, "A-1")["同步结果"], row(copy, "A-1")["库存增减"]) == ("无变化", 6)
    sandbox.calls.clear()
    assert refused(itemsync("apply", copy, "--yes", "--json"), sandbox)


@pytest.mark.parametrize("kind", ["into it", "beside it"])
def test_results_of_another_change_make_no_old_copy_new(
    synced: Path, itemsync: Command, sandbox: Sandbox, kind: str
) -> None:
    """The copy says +6, which run 3 made; it gets the results of run 4, which made +5."""
    write(synced, line("A-1", 库存=""), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    type_in(synced, "A-1", "库存增减", 6)
    old = synced.with_name("old.xlsx")
    shutil.copy(synced, old)
    assert itemsync("apply", synced, "--yes").code == 0
    type_in(synced, "A-1", "库存增减", 5)
    assert itemsync("apply", synced, "--yes").code == 0
    with open_in_excel(*([old.name] if kind == "beside it" else [])):
        itemsync("show", 4, "--write", old)
    copy = old if kind == "into it" else old.with_name("old.results.xlsx")
    assert row(copy, "A-1")["库存增减"] == 6
    sandbox.calls.clear()
    assert refused(itemsync("apply", copy, "--yes", "--json"), sandbox)
    assert held(sandbox, "A-1")[INVENTORY] == 21
