"""Workbooks with anything in them: results are written and every other cell is as it was, or nothing is touched."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sync.call import Result, RowResult
from sync.errors import Refusal
from sync.fields import ITEM_ID, Column
from sync.item import SHOP_TIME, Cell, Row
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from tests.sheet.packages import ITEM, KEY, package, worksheet
from tests.sheet.test_fuzz import Edits, edited, edits, relaxed, repacked

AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=SHOP_TIME)
AROUND = {
    "before": '<dimension ref="A1:B2"/><cols><col min="1" max="9" width="9"/></cols>',
    "after": '<autoFilter ref="A1:B2"/><mergeCells count="1"><mergeCell ref="D4:E5"/></mergeCells>',
}


def seed(folder: Path) -> bytes:
    return package(folder / "seed.xlsx", worksheet(KEY + ITEM, **AROUND)).read_bytes()


def others(row: Row) -> dict[str, Cell]:
    """What the row holds, but for the cells that are written."""
    return {key: value for key, value in row.cells.items() if key not in (ITEM_ID, Column.STOCK_CHANGE)}


def result(row: Row) -> RowResult:
    change = row.cells.get(Column.STOCK_CHANGE)
    moved = change if isinstance(change, int) else None
    return RowResult(row.number, row.outer_id, Result.DONE, item_id="77", change_applied=moved, at=AT)


def survives(path: Path, data: bytes) -> None:
    """Read it and write into it."""
    path.write_bytes(data)
    try:
        sheet = read_sheet(path)
        if not sheet.layout.editable:
            return
        write_back(path, sheet.layout, [result(row) for row in sheet.rows], "zh")
    except Refusal as refusal:
        assert refusal.message.words("zh")
        assert path.read_bytes() == data
        return
    assert {row.number: others(row) for row in read_sheet(path).rows} == {
        row.number: others(row) for row in sheet.rows
    }


def fuzz(changes: Edits, part: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = seed(Path(folder))
        survives(Path(folder) / "zip.xlsx", edited(data, changes))
        survives(Path(folder) / "part.xlsx", repacked(data, part, changes))


@given(changes=edits, part=st.integers(0, 20))
@settings(relaxed, max_examples=60)
def test_a_workbook_with_anything_in_it_is_filled_in_or_left_alone(changes: Edits, part: int) -> None:
    fuzz(changes, part)


@pytest.mark.soak
@given(changes=edits, part=st.integers(0, 20))
@settings(relaxed, max_examples=10_000)
def test_a_workbook_with_anything_in_it_for_longer(changes: Edits, part: int) -> None:
    fuzz(changes, part)
