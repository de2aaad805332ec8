"""`itemsync template` and `check`: what needs only a workbook."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from tests.cli.conftest import Command
from tests.cli.small_shop import line, new_line, write


@pytest.mark.parametrize(("lang", "header"), [("zh", "商家编码"), ("en", "outer id")])
def test_a_template_is_a_blank_sheet_in_the_asked_language(itemsync: Command, lang: str, header: str) -> None:
    ran = itemsync("--lang", lang, "template", "blank.xlsx")
    assert (ran.code, ran.err) == (0, "")
    assert "blank.xlsx" in ran.out
    headers = [cell.value for cell in load_workbook("blank.xlsx").worksheets[0][1]]
    assert header in headers


def test_a_template_never_replaces_a_file(itemsync: Command, folder: Path) -> None:
    (folder / "mine.xlsx").write_text("work of a week")
    ran = itemsync("template", "mine.xlsx")
    assert (ran.code, ran.out) == (2, "")
    assert (folder / "mine.xlsx").read_text() == "work of a week"


@pytest.mark.parametrize("out", ["blank.csv", "blank", "nowhere/blank.xlsx"])
def test_a_template_that_cannot_be_written(itemsync: Command, out: str) -> None:
    assert itemsync("template", out).code == 2
    assert not Path(out).exists()


def test_check_tells_the_staffs_own_columns_and_is_content(itemsync: Command, sheet: Path) -> None:
    from tests.sheet.workbooks import write_items

    write_items(sheet, {"商家编码": "A-1", "备注": "打算涨价", "价格": 25}, headers=("商家编码", "备注", "价格"))
    ran = itemsync("check", sheet, "--json")
    assert ran.code == 0
    assert ran.json["summary"] == {"rows": 1, "invalid": 0, "problems": 0}
    (note,) = (one for one in ran.json["problems"] if one["code"] == "sheet.own_columns")
    assert "备注" in note["message"]
    assert (note["row"], note["cell"]) == (None, None)


def test_check_counts_what_is_invalid(itemsync: Command, sheet: Path) -> None:
    write(sheet, line("A-1", 价格="贵", 库存=-1), line("A-2"), new_line("B-1", 目标状态="在吗"))
    ran = itemsync("check", sheet, "--json")
    assert ran.code == 1
    assert ran.json["summary"] == {"rows": 3, "invalid": 2, "problems": 3}
    assert [problem["cell"] for problem in ran.json["problems"]] == ["F2", "G2", "I4"]
    assert "F2" in itemsync("check", sheet).out
