"""Writing results back: into the right cells, as text, atomically, and nothing else."""

from __future__ import annotations

import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import pytest
from openpyxl import load_workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.worksheet import Worksheet

from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.fields import ITEM_ID, OUTER_ID
from sync.item import SHOP_TIME, clock_face
from sync.messages import Message, Problem, say
from sync.sheet.read import read_sheet
from sync.sheet.writeback import Written, write_back
from sync.sheet.writeback.filling import FillReport
from sync.sheet.writeback.results import Wanted, fill
from tests.sheet.workbooks import write

AT = datetime(2026, 11, 21, 9, 30, 15, 999_000, SHOP_TIME)
ROWS: list[list[object]] = [
    ["第 47 周"],
    ["商家编码", "标题", "库存增减", "备注"],
    ["A-1", "甲", 5, "先做"],
    ["A-2", "乙", -2, ""],
    ["A-3", "丙", "", "=1+1"],
]


def make(folder: Path, rows: list[list[object]] = ROWS, name: str = "周表.xlsx") -> Path:
    return write(folder / name, rows)


def result(row: int, code: str, ended: Result = Result.DONE, *achieved: Message, **more: object) -> RowResult:
    return RowResult(row, code, ended, achieved=achieved, **{"at": AT, **more})  # type: ignore[arg-type]


def put(path: Path, *results: RowResult) -> Written:
    return write_back(path, read_sheet(path).layout, results, "zh")


def sheet_of(path: Path) -> Worksheet:
    return load_workbook(path).worksheets[0]


def texts(sheet: Worksheet, row: int) -> list[object]:
    return [cell.value for cell in sheet[row]]


def test_results_go_to_the_right_of_the_table_under_its_own_kind_of_headers(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", ROWS, finish=colour_headers)
    achieved, note = say("code.missing"), Problem("B3", say("id.number"))
    written = put(
        path, result(3, "A-1", Result.DONE, achieved, note=(note,), item_id="100000000000000001", change_applied=5)
    )
    assert written == Written(path, tmp_path / "a.bak.xlsx", fallback=False)
    sheet = sheet_of(path)
    assert texts(sheet, 2) == ["商家编码", "标题", "库存增减", "备注", "商品ID", "同步结果", "同步说明", "同步时间"]
    joined = achieved.words("zh") + note.told().words("zh")
    assert texts(sheet, 3) == [
        "A-1",
        "甲",
        None,
        "先做",
        "100000000000000001",
        "完成",
        joined,
        clock_face(AT),
    ]
    assert sheet["F2"].fill.start_color.rgb == sheet["A2"].fill.start_color.rgb == "00336699"
    assert sheet["G3"].alignment.wrap_text


def colour_headers(sheet: Worksheet) -> None:
    for cell in sheet[2]:
        cell.fill = PatternFill("solid", start_color="336699")


def test_only_rows_with_a_result_are_touched(tmp_path: Path) -> None:
    path = make(tmp_path)
    put(path, result(4, "A-2", Result.FAILED))
    sheet = sheet_of(path)
    assert texts(sheet, 3)[:4] == ["A-1", "甲", 5, "先做"]
    assert texts(sheet, 3)[4:] == [None, None, None]
    assert sheet["C4"].value == -2
    assert sheet["D5"].value == "=1+1"


def test_a_second_run_uses_the_same_columns_and_leaves_old_results_of_other_rows(tmp_path: Path) -> None:
    path = make(tmp_path)
    put(path, result(3, "A-1", item_id="77"), result(4, "A-2"))
    put(path, result(4, "A-2", Result.FAILED, say("id.number")))
    sheet = sheet_of(path)
    assert len(texts(sheet, 2)) == 8
    assert [sheet["F3"].value, sheet["F4"].value] == ["完成", "失败"]
    assert read_sheet(path).rows[0].item_id == "77"
    assert sheet_of(tmp_path / "周表.bak.xlsx")["F4"].value == "完成"


def test_columns_that_are_there_are_used_where_they_stand(tmp_path: Path) -> None:
    path = make(tmp_path, [["sync note", "outer id", "item id", "sync result"], ["", "A-1", "", ""]])
    put(path, result(2, "A-1", item_id="77"))
    assert texts(sheet_of(path), 1) == ["sync note", "outer id", "item id", "sync result", "synced at"]
    assert texts(sheet_of(path), 2)[1:4] == ["A-1", "77", "完成"]


def test_a_custom_column_with_the_name_of_a_results_is_another_one(tmp_path: Path) -> None:
    headers: list[object] = ["outer id", "custom:sync note", "sync note", "custom:list at", "list at"]
    path = make(tmp_path, [headers, ["A-1", "ours", "", "later", ""]])
    assert read_sheet(path).rows[0].cells == {OUTER_ID: "A-1", "sync note": "ours", "list at": "later"}
    put(path, result(2, "A-1", Result.DONE, say("code.missing")))
    assert texts(sheet_of(path), 2)[1:4] == ["ours", say("code.missing").words("zh"), "later"]


def test_no_id_column_without_an_id(tmp_path: Path) -> None:
    path = make(tmp_path)
    put(path, result(3, "A-1", Result.NONE))
    assert ITEM_ID not in read_sheet(path).layout.columns


@pytest.mark.parametrize("ended", list(Result))
def test_each_result_has_its_word_and_its_colour(tmp_path: Path, ended: Result) -> None:
    path = make(tmp_path)
    put(path, result(3, "A-1", ended))
    cell = sheet_of(path)["E3"]
    assert cell.value == ended.words("zh")
    assert cell.fill.fill_type == "solid"


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@A1", '=HYPERLINK("http://x","y")', "#N/A", "a\x07b"], ids=repr
)
def test_text_from_the_platform_stays_text(tmp_path: Path, text: str) -> None:
    path = make(tmp_path)
    said = Message("any", said={"zh": text, "en": text})
    put(path, result(3, "A-1", Result.FAILED, said, item_id=text))
    sheet = sheet_of(path)
    for address, shown in (("E3", ""), ("G3", "\\x07")):
        assert sheet[address].value == text.replace("\x07", shown)
        assert sheet[address].data_type == "s"
        assert sheet[address].quotePrefix is text.startswith(("=", "+", "-", "@"))


def test_new_cells_look_like_their_row_and_a_fixed_height_makes_room(tmp_path: Path) -> None:
    def decorate(sheet: Worksheet) -> None:
        sheet["A3"].font = Font(name="Arial", size=8)
        sheet["A3"].alignment = Alignment(vertical="center")
        sheet.row_dimensions[3].height = 16

    path = write(tmp_path / "a.xlsx", ROWS, finish=decorate)
    put(path, result(3, "A-1", Result.FAILED, *[say("code.missing")] * 3), result(4, "A-2"))
    sheet = sheet_of(path)
    assert (sheet["F3"].font.name, sheet["F3"].alignment.vertical) == ("Arial", "center")
    assert sheet.row_dimensions[3].height > 40
    assert sheet.row_dimensions[4].height is None


def test_an_id_that_stands_there_is_left_as_it_is(tmp_path: Path) -> None:
    path = make(tmp_path, [["商家编码", "商品ID"], ["A-1", "77"]])
    put(path, result(2, "A-1", item_id="77"))
    assert sheet_of(path)["B2"].number_format == "General"


def test_a_row_that_moved_meanwhile_is_found_by_its_code(tmp_path: Path) -> None:
    path = make(tmp_path)
    layout = read_sheet(path).layout
    make(tmp_path, [*ROWS[:2], ROWS[4], ROWS[2]])  # Somebody sorted the sheet and deleted a row during the run.
    lost = result(4, "A-2")
    written = write_back(path, layout, [result(3, "A-1", item_id="77"), lost], "zh")
    assert written.unplaced == (lost,)
    assert [row.item_id for row in read_sheet(path).rows] == [None, "77"]


@pytest.mark.parametrize(
    "codes",
    [["A-1", "A-1"], [7, 8], ['="A-"&1', '="A-"&2'], [" A-1", "Ａ-2"]],
    ids=["twice", "numbers", "formulas", "untidy"],
)
def test_a_row_that_stayed_is_found_whatever_its_code_looks_like(tmp_path: Path, codes: list[object]) -> None:
    path = make(tmp_path, [["商家编码"], *([code] for code in codes)])
    read = {"A-1": "A-1", 7: "7", 8: "8", '="A-"&1': "A-1", '="A-"&2': "A-2", " A-1": "A-1", "Ａ-2": "A-2"}
    layout = read_sheet(write(tmp_path / "b.xlsx", [["商家编码"], ["A-1"]])).layout
    write_back(path, layout, [result(row, read[code]) for row, code in enumerate(codes, start=2)], "zh")
    assert [sheet_of(path)[f"B{row}"].value for row in (2, 3)] == ["完成", "完成"]


def test_columns_that_moved_meanwhile_are_not_guessed_at(tmp_path: Path) -> None:
    path = make(tmp_path)
    layout = read_sheet(path).layout
    make(tmp_path, [[], ["新列", *ROWS[1]], ["x", *ROWS[2]]])
    before = path.read_bytes()
    with pytest.raises(Refusal, match=r"writeback\.moved"):
        write_back(path, layout, [result(3, "A-1")], "zh")
    assert path.read_bytes() == before


def test_merged_cells_in_the_way_are_left_alone(tmp_path: Path) -> None:
    path = write(tmp_path / "a.xlsx", ROWS, finish=lambda sheet: sheet.merge_cells("A5:Z5"))
    put(path, result(3, "A-1"), result(5, "A-3", Result.INVALID))
    assert sheet_of(path)["E3"].value == "完成"


# --- the file --------------------------------------------------------------------------------------------------
def test_the_copy_beside_it_is_the_file_as_it_was(tmp_path: Path) -> None:
    path = make(tmp_path)
    before = path.read_bytes()
    written = put(path, result(3, "A-1"))
    assert written.backup is not None
    assert written.backup.read_bytes() == before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["周表.bak.xlsx", "周表.xlsx"]


def test_macros_stay(tmp_path: Path) -> None:
    path = make(tmp_path, name="周表.xlsm")
    assert put(path, result(3, "A-1")).backup == tmp_path / "周表.bak.xlsm"


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    real = make(tmp_path)
    link = tmp_path / "link.xlsx"
    try:
        link.symlink_to(real)
    except OSError:
        pytest.skip("this system lets only administrators make links")
    assert put(link, result(3, "A-1")).path == real
    assert link.is_symlink()


def refuse_replacing(monkeypatch: pytest.MonkeyPatch, *refused: Path) -> None:
    """Be Windows, where Excel holds these files open. (A test may run as root, who may do anything.)"""
    replace = os.replace

    def held(source: str, target: Path) -> None:
        if target in refused:
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", held)


def test_a_file_that_is_held_open_gets_its_results_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path)
    before = path.read_bytes()
    refuse_replacing(monkeypatch, path)
    written = put(path, result(3, "A-1", change_applied=5))
    assert written == Written(tmp_path / "周表.results.xlsx", None, fallback=True)
    assert path.read_bytes() == before
    assert sheet_of(written.path)["E3"].value == "完成"
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_nowhere_to_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = make(tmp_path)
    refuse_replacing(monkeypatch, path, tmp_path / "周表.results.xlsx")
    with pytest.raises(Refusal) as refusal:
        put(path, result(3, "A-1"))
    words = refusal.value.message.words("zh")
    assert refusal.value.message.code == "writeback.nowhere"
    assert "周表.xlsx" in words
    assert "周表.results.xlsx" in words
    assert not [file for file in tmp_path.iterdir() if file.name.startswith(".")]


def test_a_file_that_went_away(tmp_path: Path) -> None:
    path = make(tmp_path)
    layout = read_sheet(path).layout
    path.unlink()
    with pytest.raises(Refusal, match=r"sheet\.unreadable"):
        write_back(path, layout, [result(3, "A-1")], "zh")


def test_a_workbook_that_is_none_any_more(tmp_path: Path) -> None:
    path = make(tmp_path)
    layout = read_sheet(path).layout
    path.write_bytes(b"PK\x03\x04")
    with pytest.raises(Refusal, match=r"writeback\.not_editable"):
        write_back(path, layout, [result(3, "A-1")], "zh")


def test_a_stock_change_that_somebody_edited_during_the_run_is_not_cleared(tmp_path: Path) -> None:
    path = make(tmp_path)
    edited, applied = result(3, "A-1", change_applied=8), result(4, "A-2", change_applied=-2)
    written = put(path, edited, applied)
    assert written.standing == (edited,)
    assert [sheet_of(path)[cell].value for cell in ("C3", "C4")] == [5, None]


def test_what_somebody_saves_while_the_results_are_filled_in_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path)
    saved: list[Path] = []

    def save_meanwhile(source: BinaryIO, out: BinaryIO, wanted: Wanted) -> FillReport:
        filled = fill(source, out, wanted)
        if not saved:
            saved.append(make(tmp_path, [*ROWS, ["A-4", "丁", 7, "刚加的"]]))
        return filled

    monkeypatch.setattr("sync.sheet.writeback.fill", save_meanwhile)
    put(path, result(3, "A-1"))
    sheet = sheet_of(path)
    assert [sheet["A6"].value, sheet["E3"].value] == ["A-4", "完成"]


@pytest.mark.parametrize("saved_by_excel", [False, True])
def test_a_stock_change_typed_later_stands_when_results_are_written_again(
    tmp_path: Path, saved_by_excel: bool
) -> None:
    """The process died after the sheet was replaced, and before anybody knew; the same change was typed once more."""
    path = make(tmp_path)
    applied = result(3, "A-1", change_applied=5), result(4, "A-2", change_applied=-2)
    put(path, *applied)
    type_into(path, "C3", 5)
    if saved_by_excel:
        round_times(path)
    assert put(path, *applied).standing == ()
    assert [sheet_of(path)[cell].value for cell in ("C3", "C4")] == [5, None]


@pytest.mark.parametrize("earlier", [None, AT - timedelta(seconds=1)], ids=["not reached", "another run"])
def test_a_stock_change_is_cleared_in_a_row_that_bears_another_result(
    tmp_path: Path, earlier: datetime | None
) -> None:
    path = make(tmp_path)
    put(path, result(3, "A-1", Result.SKIPPED, at=earlier))
    put(path, result(3, "A-1", change_applied=5))
    assert sheet_of(path)["C3"].value is None


def test_a_row_that_was_not_reached_bears_no_time(tmp_path: Path) -> None:
    path = make(tmp_path)
    put(path, result(3, "A-1"))
    put(path, result(3, "A-1", Result.SKIPPED, at=None))
    sheet = sheet_of(path)
    assert (sheet["E3"].value, sheet["G3"].value) == ("跳过", None)


def type_into(path: Path, cell: str, value: float) -> None:
    book = load_workbook(path)
    book.worksheets[0][cell] = value
    book.save(path)


def round_times(path: Path) -> None:
    """Keep 15 digits of each number, as Excel does when it saves."""
    days = (clock_face(AT) - datetime(1899, 12, 30)) / timedelta(days=1)
    for cell in ("G3", "G4"):
        type_into(path, cell, float(f"{days:.15g}"))
