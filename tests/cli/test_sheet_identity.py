"""A sheet stays the same sheet wherever it goes, and its copy is another: no 库存增减 is made twice by that."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from sync.service.sheets import UploadedSheet
from sync.service.shop import Shop
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import held, line, moving, results, row, type_in, write
from tests.cli.test_stock_change import open_in_excel


def stock(sandbox: Sandbox) -> object:
    return held(sandbox, "A-1")[INVENTORY]


def sheet_ids(itemsync: Command) -> list[str]:
    """Of all runs, the newest first."""
    return [run["sheet_id"] for run in itemsync("history", "--json").json["runs"]]


def notes(itemsync: Command, sheet: Path) -> list[str]:
    return [note["code"] for note in itemsync("plan", sheet, "--json").json.get("notes", ())]


@pytest.fixture
def six(synced: Path, itemsync: Command) -> Path:
    """A sheet whose run 2 has added six to A-1."""
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    return synced


@pytest.fixture
def moved(six: Path) -> Path:
    """The same sheet under another name in another folder."""
    (six.parent / "archive").mkdir()
    return six.rename(six.parent / "archive" / "week 48.xlsx")


def test_a_sheet_that_moved_is_known_and_goes_on(moved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert notes(itemsync, moved) == ["sheet.moved"]
    type_in(moved, "A-1", "库存增减", 6)
    type_in(moved, "A-2", "价格", 21)
    ran = itemsync("apply", moved, "--yes", "--json")
    assert (ran.code, stock(sandbox), held(sandbox, "A-2")[PRICE]) == (0, 22, 2100)
    assert len({*sheet_ids(itemsync)[:2]}) == 1
    assert notes(itemsync, moved) == [], "it is said once"
    assert itemsync("item", "A-1").out.count("week 48.xlsx") >= 1


def test_values_that_it_set_under_its_old_name_are_its_own(moved: Path, itemsync: Command) -> None:
    type_in(moved, "A-2", "价格", 21)
    assert notes(itemsync, moved) == ["sheet.moved"], "and none says that another file set them"


def test_undo_and_show_write_find_it_where_it_is(moved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(moved, "A-2", "价格", 21)
    assert itemsync("apply", moved, "--yes").code == 0
    again = moved.rename(moved.with_name("week 48 (done).xlsx"))
    assert itemsync("show", 3, "--write", again, "--json").code == 0
    assert results(again)["A-2"] == "完成"
    assert itemsync("apply", again, "--yes").code == 0
    assert itemsync("undo", 3, "--yes").code == 0
    assert held(sandbox, "A-2")[PRICE] == 2000
    assert "撤销" in str(row(again, "A-2")["同步说明"]) or results(again)["A-2"] == "完成"
    assert not moved.exists() and not (moved.parent.parent / "weekly.xlsx").exists()


def test_a_run_that_was_cut_off_is_resumed_though_its_sheet_moved(
    six: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(six, "A-1", "库存增减", 4)
    with killed(number=1, after=True):
        itemsync("apply", six, "--yes")
    there = six.rename(six.with_name("renamed.xlsx"))
    assert itemsync("resume").code == 1, "its results found no place"
    assert stock(sandbox) == 20
    ran = itemsync("apply", there, "--yes", "--json")
    assert (stock(sandbox), ran.json["rows"][0]["action"]) == (20, "blocked"), "the cell still says +4"
    assert itemsync("show", 3, "--write", there).code == 0
    assert row(there, "A-1")["库存增减"] is None
    type_in(there, "A-1", "库存增减", 1)
    assert itemsync("apply", there, "--yes").code == 0
    assert stock(sandbox) == 21


def test_results_that_came_late_find_the_sheet_where_it_was_seen_since(six: Path, itemsync: Command) -> None:
    type_in(six, "A-2", "价格", 21)
    with killed(number=1):
        itemsync("apply", six, "--yes")
    there = six.rename(six.with_name("renamed.xlsx"))
    assert itemsync("resume").code == 1
    assert itemsync("apply", there, "--yes", "--only", "A-3").code == 0
    assert itemsync("resume").code == 0
    assert results(there)["A-2"] == "完成"


def test_a_copy_is_a_sheet_of_its_own_as_long_as_both_are_there(
    six: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    copy = Path(shutil.copy(six, six.with_name("week 49.xlsx")))
    assert notes(itemsync, copy) == ["sheet.copy"]
    type_in(copy, "A-1", "库存增减", 4)
    assert itemsync("apply", copy, "--yes").code == 0
    newest, first, *_ = sheet_ids(itemsync)
    assert (newest != first, stock(sandbox), notes(itemsync, copy), notes(itemsync, six)) == (True, 20, [], [])
    copy.rename(copy.with_name("week 50.xlsx"))
    type_in(copy.with_name("week 50.xlsx"), "A-2", "价格", 21)
    assert itemsync("apply", copy.with_name("week 50.xlsx"), "--yes").code == 0
    assert sheet_ids(itemsync)[0] == newest, "its results gave it an id of its own"


@pytest.mark.parametrize("take", [shutil.copy, shutil.move], ids=["copy", "rename"])
def test_plus_six_is_not_made_again_from_a_copy_without_results(
    synced: Path, itemsync: Command, sandbox: Sandbox, take: Callable[[Path, Path], object]
) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    elsewhere = synced.with_name("elsewhere.xlsx")
    shutil.copy(synced, elsewhere)
    assert itemsync("apply", synced, "--yes").code == 0
    take(elsewhere, synced)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"], stock(sandbox)) == (3, ["repeat"], 16)


def test_while_excel_has_the_sheet_open_its_copy_does_not_confirm_it(
    six: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(six, "A-1", "库存增减", 4)
    with open_in_excel(six.name):
        itemsync("apply", six, "--yes")
    copy = Path(shutil.copy(six, six.with_name("copy.xlsx")))
    for sheet in (copy, six):
        type_in(copy, "A-2", "价格", 21)
        ran = itemsync("apply", sheet, "--yes", "--json")
        assert ran.json["rows"][0]["action"] == "blocked"
    type_in(copy, "A-1", "库存增减", None)
    assert itemsync("apply", copy, "--yes").code == 0
    assert itemsync("plan", six, "--json").json["rows"][0]["action"] == "blocked", "its own cell says so still"
    assert stock(sandbox) == 20


def test_another_sheet_at_the_same_path_gets_none_of_its_results(
    six: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    other = write(six.with_name("other.xlsx"), line("A-1"), line("A-2", 价格=23), line("A-3"))
    assert itemsync("apply", other, "--yes").code == 0
    type_in(six, "A-1", "价格", 25)
    with killed(number=1):
        itemsync("apply", six, "--yes")
    shutil.move(six, six.with_name("aside.xlsx"))
    shutil.move(other, six)
    before = six.read_bytes()
    ran = itemsync("--lang", "en", "resume", "--json")
    assert (ran.code, six.read_bytes()) == (1, before)
    assert "Another sheet is at" in ran.err and "show 4 --write" in ran.err
    assert itemsync("show", 4, "--write", six.with_name("aside.xlsx")).code == 0
    assert results(six.with_name("aside.xlsx"))["A-1"] == "完成"
    assert held(sandbox, "A-1")[PRICE] == 2500


def test_a_program_that_drops_the_id_makes_no_new_sheet_of_it(six: Path, itemsync: Command) -> None:
    book = load_workbook(six)
    book.custom_doc_props.props.clear()  # type: ignore[attr-defined]
    book.save(six)
    type_in(six, "A-2", "价格", 21)
    assert itemsync("apply", six, "--yes").code == 0
    assert len({*sheet_ids(itemsync)}) == 1


def test_a_text_is_known_by_its_path(folder: Path, itemsync: Command) -> None:
    sheet = folder / "weekly.csv"
    for count in (11, 12):
        sheet.write_text(f"商家编码,商品ID,价格\nA-1,7627361738101,{count}\n", encoding="utf-8")
        assert itemsync("apply", sheet, "--yes").code == 0
    assert len({*sheet_ids(itemsync)}) == 1
    other = sheet.rename(folder / "other.csv")
    other.write_text("商家编码,商品ID,价格\nA-1,7627361738101,13\n", encoding="utf-8")
    assert itemsync("apply", other, "--yes").code == 0
    assert len({*sheet_ids(itemsync)}) == 2


def test_another_machine_goes_on_with_it(
    synced: Path, itemsync: Command, sandbox: Sandbox, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_STATE", postgres)
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes", "--force", "all").code == 0
    sent = synced.read_bytes()
    synced.unlink()
    there = synced.parent / "D" / "周表.xlsx"
    there.parent.mkdir()
    there.write_bytes(sent)
    type_in(there, "A-1", "库存增减", 6)
    assert itemsync("apply", there, "--yes").code == 0
    assert (stock(sandbox), len({*sheet_ids(itemsync)})) == (22, 1)
    synced.write_bytes(sent)
    there.rename(there.with_name("elsewhere.xlsx"))
    type_in(synced, "A-1", "库存增减", 6)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"], stock(sandbox)) == (3, ["repeat"], 22), "it hasn't seen the second"
    itemsync("undo", 2, "--yes")
    assert results(synced)["A-1"] == "完成", "the one that can be found here"


def test_an_upload_is_the_sheet_whose_results_it_bears(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    uploads = [synced.parent / f"job{number}" / "weekly.xlsx" for number in range(4)]
    for upload in uploads:
        upload.parent.mkdir()

    def apply(upload: Path) -> str:
        with Shop.open() as shop:
            planned = shop.plan(UploadedSheet(upload))
            planned.save(upload.with_name("plan.json"))
            if planned.guards:
                return planned.guards[0].name
            shop.apply(shop.load(upload.with_name("plan.json")))
            return ""

    shutil.copy(synced, uploads[0])
    assert apply(uploads[0]) == ""
    shutil.copy(uploads[0], uploads[1])
    type_in(uploads[1], "A-1", "库存增减", 4)
    assert apply(uploads[1]) == ""
    assert len({*sheet_ids(itemsync)[:2]}) == 1
    shutil.copy(synced, uploads[2])
    assert apply(uploads[2]) == "repeat", "the same file again, as it was before its results"
    assert stock(sandbox) == 20
    home = Path(shutil.copy(uploads[1], synced.with_name("home.xlsx")))
    assert notes(itemsync, home) == ["sheet.moved"], "a downloaded workbook is no copy"


def test_a_damaged_id_is_none(six: Path, itemsync: Command) -> None:
    book = load_workbook(six)
    for one in book.custom_doc_props.props:  # type: ignore[attr-defined]
        one.value = "../../etc"
    book.save(six)
    type_in(six, "A-2", "价格", 21)
    assert itemsync("apply", six, "--yes").code == 0
    assert len({*sheet_ids(itemsync)}) == 1
