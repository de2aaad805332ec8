"""A workbook that can't be one: exit 2, one sentence, nothing done. And rows that can't be carried out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, moving, new_line, row, write
from tests.sheet.workbooks import write as write_cells


def _missing(path: Path) -> None:
    assert not path.exists()


def _folder(path: Path) -> None:
    path.mkdir()


def _text(path: Path) -> None:
    path.write_text("第 47 周的价格\n", encoding="utf-8")


def _nothing(path: Path) -> None:
    path.write_bytes(b"")


def _encrypted(path: Path) -> None:
    # The head of a compound file, and the stream in which Office keeps an encrypted workbook.
    path.write_bytes(bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "EncryptedPackage".encode("utf-16-le"))


def _torn(path: Path) -> None:
    write(path, line("A-1"))
    path.write_bytes(path.read_bytes()[:2000])


def _no_key(path: Path) -> None:
    write_cells(path, [["标题", "价格"], ["猫眼美甲", 25]])


def _no_rows(path: Path) -> None:
    write(path)


def _blank(path: Path) -> None:
    write_cells(path, [])


BAD: Mapping[str, Callable[[Path], None]] = {
    "missing": _missing,
    "a folder": _folder,
    "a text file": _text,
    "no bytes at all": _nothing,
    "encrypted": _encrypted,
    "torn": _torn,
    "without the key column": _no_key,
    "blank": _blank,
}


@pytest.mark.parametrize("bad", BAD)
def test_a_bad_workbook_is_told_in_one_sentence_and_nothing_is_done(
    folder: Path, itemsync: Command, sandbox: Sandbox, bad: str
) -> None:
    sheet = folder / "weekly.xlsx"
    BAD[bad](sheet)
    before = sorted(folder.rglob("*"))
    for command in (("check", sheet), ("plan", sheet), ("apply", sheet, "--yes")):
        ran = itemsync(*command)
        assert (ran.code, ran.out) == (2, "")
        assert len(ran.err.splitlines()) == 1
        assert "weekly.xlsx" in ran.err
    document = itemsync("apply", sheet, "--yes", "--json")
    assert (document.code, document.err) == (2, "")
    assert document.json.keys() == {"error"}
    assert not sandbox.calls
    # But for the state, whose making is not to be feared, nothing has appeared, and nothing is gone.
    assert [path for path in sorted(folder.rglob("*")) if "state.db" not in path.name] == before
    assert itemsync("history", "--json").json == {"runs": []}


def test_a_sheet_with_headers_and_no_rows_is_no_sheet(folder: Path, itemsync: Command) -> None:
    sheet = folder / "weekly.xlsx"
    _no_rows(sheet)
    ran = itemsync("apply", sheet, "--yes")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)


INVALID_LINES = {
    "a price that is no number": (line("A-2", 价格="十块"), "F3："),
    "a price with three decimals": (line("A-2", 价格=19.905), "F3："),
    "a negative stock": (line("A-2", 库存=-1), "G3："),
    "both 库存 and 库存增减": (line("A-2", 库存=3, 库存增减=1), "H3："),
    "an unknown status": (line("A-2", 目标状态="在售吧"), "I3："),
    "a new item without a price": (new_line("B-1", 价格=""), "F3：当作新商品，还缺价格"),
    "a new item outside the category table": (new_line("B-1", 二级类目="美甲美睫"), "E3："),
    "a change below zero": (moving("A-2", -11), "H3："),
}


@pytest.mark.parametrize("trap", INVALID_LINES)
def test_an_invalid_row_is_told_in_its_result_cells_and_stops_no_other(
    folder: Path, itemsync: Command, sandbox: Sandbox, trap: str
) -> None:
    invalid, begins = INVALID_LINES[trap]
    its_code = str(invalid["商家编码"])
    before = held(sandbox, its_code)
    sheet = write(folder / "weekly.xlsx", line("A-1", 价格=25), invalid, line("A-3", 价格=26))
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert ran.code == 1
    assert [one["result"] for one in ran.json["rows"]] == ["done", "invalid", "done"]
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-3")] == [2500, 2600]
    assert held(sandbox, its_code) == before
    told = row(sheet, its_code)
    assert told["同步结果"] == "无效"
    assert str(told["同步说明"]).startswith(begins)
    assert told["同步时间"] is not None


def test_the_same_code_twice_is_carried_out_neither_time(folder: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sheet = write(folder / "weekly.xlsx", line("A-1", 价格=25), line("A-1", 商品ID="", 价格=26), line("A-2", 价格=27))
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert [one["result"] for one in ran.json["rows"]] == ["invalid", "invalid", "done"]
    assert held(sandbox, "A-1")[PRICE] == 2000
