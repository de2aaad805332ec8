"""同步时间 as it comes back from many programs: read leniently, and never an error."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from openpyxl import Workbook

from sync.sheet.files.workbook import Raw
from sync.sheet.read import read_sheet
from sync.sheet.stamps import stamp_of

AT = datetime(2026, 11, 28, 8, 47, 23)
DAYS = (AT - datetime(1899, 12, 30)) / timedelta(days=1)


@pytest.mark.parametrize(
    "raw",
    [
        AT,
        "2026-11-28 08:47:23",
        "2026/11/28 8:47:23",
        "2026-11-28T08:47:23",
        "2026.11.28 08:47:23",
        "2026年11月28日 8:47:23",
        "2026年11月28日8时47分23秒",
        "２０２６-11-28 08：47：23",
        "'2026-11-28 08:47:23 ",
        "2026-11-28 08:47:23.000",
    ],
)
def test_what_can_be_read(raw: Raw) -> None:
    assert stamp_of(raw) == AT


def test_parts_of_a_second_and_times_without_any() -> None:
    assert stamp_of("2026-11-28 08:47:23.5") == AT + timedelta(seconds=0.5)
    assert stamp_of("2026/11/28 8:47") == AT.replace(second=0)
    assert stamp_of(AT + timedelta(milliseconds=700)) == AT + timedelta(milliseconds=700)


def test_a_number_whose_format_was_lost_is_still_a_time() -> None:
    found = stamp_of(DAYS)
    assert found is not None
    assert abs(found - AT) < timedelta(milliseconds=1)


TEXTS = ("", "昨天", "2026-11-28", "8:47:23", "2026-02-30 08:00:00", "2026-11-28 25:00:00", "28/11/2026 08:47:23")
OTHERS = (True, 20261128, -1, 0.5, float("nan"), float("inf"), time(8, 47), timedelta(days=1))


@pytest.mark.parametrize("raw", (*TEXTS, *OTHERS))
def test_what_cannot_be_read_is_no_stamp(raw: Raw) -> None:
    assert stamp_of(raw) is None


def test_rows_take_their_stamps_and_nothing_is_said_of_odd_ones(tmp_path: Path) -> None:
    book = Workbook()
    page = book.worksheets[0]
    for cells in (["商家编码", "价格", "同步时间"], ["A", 5, AT], ["B", 6, "昨天"], ["C", 7, None], [None, None, AT]):
        page.append(cells)
    book.save(tmp_path / "sheet.xlsx")
    rows = read_sheet(tmp_path / "sheet.xlsx").rows
    assert [one.stamp for one in rows] == [AT, None, None], "and a stamp alone makes no row"
    assert not any(one.problems for one in rows)


def test_a_csv_tells_its_stamps_too(tmp_path: Path) -> None:
    file = tmp_path / "sheet.csv"
    file.write_text("商家编码,价格,同步时间\nA,5,2026/11/28 8:47:23\n", encoding="utf-8")
    assert [one.stamp for one in read_sheet(file).rows] == [AT]
