"""Every format that staff bring (docs/reference/sheet.md#formats): the content decides, not the name."""

from __future__ import annotations

import codecs
import shutil
from multiprocessing import Queue, get_context
from pathlib import Path

import pytest

from sync.errors import Refusal
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import Status
from sync.sheet.read import read_sheet
from tests.sheet.workbooks import told

DATA = Path(__file__).with_name("data")
TABLE = "商家编码,标题,一级类目,二级类目,价格,库存,目标状态\nA-1,猫眼美甲,丽人,美甲,19.9,3,上架\n"


def refused(path: Path) -> str:
    with pytest.raises(Refusal) as refusal:
        read_sheet(path)
    assert all("{" not in refusal.value.message.words(language) for language in ("zh", "en"))
    return refusal.value.message.code


@pytest.mark.parametrize("name", ["week.xls", "week.ods"])
def test_an_old_workbook_is_read_like_a_new_one(name: str, tmp_path: Path) -> None:
    sheet = read_sheet(Path(shutil.copy(DATA / name, tmp_path / "renamed.xlsx")))
    first, second, *_ = sheet.rows
    assert (sheet.layout.sheet, sheet.layout.header_row, sheet.layout.editable) == ("商品", 2, False)
    assert first.cells == {
        OUTER_ID: "A-1",
        TITLE: "猫眼美甲",
        CATEGORY: ("丽人", "美甲"),
        PRICE: 1990,
        INVENTORY: 3,
        STATUS: Status.ACTIVE,
    }
    assert (second.outer_id, second.cells[PRICE], second.cells[INVENTORY]) == ("123", 2050, 0)
    assert (None, "sheet.unseen", "note") in told(sheet.problems)
    assert "code.number" in [problem.code for problem in second.problems]


def test_merged_cells_of_an_old_workbook_are_told() -> None:
    merged = [problem.cell for row in read_sheet(DATA / "week.xls").rows for problem in row.problems]
    assert merged == ["A4", "E5", "E6"]


@pytest.mark.parametrize("name", ["week.xls", "week.ods"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.9])
def test_an_old_workbook_that_was_cut_off(name: str, kept: float, tmp_path: Path) -> None:
    data = (DATA / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(data[: int(len(data) * kept)])
    assert refused(path) in {"sheet.damaged", "sheet.not_workbook", "sheet.no_key"}


ENCODINGS = {
    "utf-8": TABLE.encode(),
    "utf-8 with a mark": codecs.BOM_UTF8 + TABLE.encode(),
    "gbk": TABLE.encode("gbk"),
    "gb18030": TABLE.replace("猫眼", "𠮷眼").encode("gb18030"),
    "unicode text": codecs.BOM_UTF16_LE + TABLE.replace(",", "\t").encode("utf-16-le"),
    "big-endian": codecs.BOM_UTF16_BE + TABLE.replace(",", "\t").encode("utf-16-be"),
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_text_in_any_encoding(encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(ENCODINGS[encoding])
    sheet = read_sheet(path)
    (row,) = sheet.rows
    assert told(row.problems) == told(sheet.problems) == []
    assert (row.outer_id, row.cells[PRICE], row.cells[STATUS]) == ("A-1", 1990, Status.ACTIVE)
    assert str(row.cells[TITLE]).endswith("眼美甲")
    assert (sheet.layout.sheet, sheet.layout.editable) == ("a", False)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_text_with_any_separator_and_line_ends(separator: str, ends: str, tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(TABLE.replace(",", separator).replace("\n", ends).encode())
    assert read_sheet(path).rows[0].cells[PRICE] == 1990


def test_a_separator_may_stand_in_the_cells_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    text = "导出，2026;共 1 行,2 列\n商家编码;标题;价格\nA-1;红,蓝,绿;1,234.50\n"
    path.write_text(text, encoding="utf-8")
    (row,) = read_sheet(path).rows
    assert (row.number, row.cells[TITLE], row.cells[PRICE]) == (3, "红,蓝,绿", 123450)


def test_the_line_that_names_the_separator_is_no_row(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("sep=|\r\n商家编码|价格\r\nA-1|9\r\n", encoding="utf-8")
    (row,) = read_sheet(path).rows
    assert (row.number, row.cells[PRICE]) == (2, 900)


def test_quotes_hold_separators_quotes_and_line_breaks(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes('商家编码,自定义:规格,价格\r\nA-1,"红,""大""\r\n加厚",9\r\nA-2,,8\r\n'.encode())
    first, second = read_sheet(path).rows
    assert (first.cells["规格"], second.number) == ('红,"大"\n加厚', 3)


def test_every_cell_is_text_so_that_a_long_code_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    lines = ["商家编码,商品ID,价格,库存", "00012345678901234567,123456789012345678,１９.９,3.0", "1.23E+11,,9,1"]
    path.write_text("\n".join(lines), encoding="utf-8")
    whole, lost = read_sheet(path).rows
    assert (whole.outer_id, whole.item_id) == ("00012345678901234567", "123456789012345678")
    assert (whole.cells[PRICE], whole.cells[INVENTORY], told(whole.problems)) == (1990, 3, [])
    assert told(lost.problems) == [("A3", "code.digits_lost", "error")]


def test_lines_of_unequal_length_and_blank_ones(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("\n商家编码,价格,备注\n\nA-1\nA-2,9,x,y,z\n,,\n", encoding="utf-8")
    sheet = read_sheet(path)
    assert [(row.number, row.cells.get(PRICE)) for row in sheet.rows] == [(4, None), (5, 900)]
    assert sheet.layout.last_column == 5


NOT_TEXT = {
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "sheet.not_workbook"),
    "a page from the web": (b"\n<!DOCTYPE html><table><tr><td>A</td></tr></table>", "sheet.not_workbook"),
    "a zero byte": ("商家编码,价格\nA\0,1\n".encode(), "sheet.not_workbook"),
    "no encoding": (b"\xff\xff\x81\x20\x9f", "sheet.not_workbook"),
    "a quote that stays open": ('商家编码,价格\nA-1,"9\nA-2,8\n'.encode(), "sheet.quotes"),
    "a quote in the middle": ('商家编码,标题\nA-1,"5"寸\n'.encode(), "sheet.quotes"),
    "another table": (b"a,b\n1,2\n", "sheet.no_key"),
    "only headers": ("商家编码,价格\n".encode(), "sheet.empty"),
}


@pytest.mark.parametrize("kind", NOT_TEXT)
def test_text_that_is_no_table(kind: str, tmp_path: Path) -> None:
    content, code = NOT_TEXT[kind]
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert refused(path) == code


def _read_in_a_worker(results: Queue[int]) -> None:
    results.put(len(read_sheet(DATA / "week.xls").rows))


def test_a_worker_that_may_have_no_processes_of_its_own_reads_it_too() -> None:
    context = get_context("spawn")
    results: Queue[int] = context.Queue()
    worker = context.Process(target=_read_in_a_worker, args=(results,), daemon=True)
    worker.start()
    assert results.get(timeout=60) == len(read_sheet(DATA / "week.xls").rows)
    worker.join(60)
    assert worker.exitcode == 0


def test_the_folder_one_works_in_is_not_where_the_reader_comes_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("sync", "json", "pickle"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    assert read_sheet(DATA / "week.xls").rows
