"""A DataFrame is read as the worksheet that would hold the same; and pandas reads our workbooks as we do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sync.errors import Refusal
from sync.fields import CATEGORY, INVENTORY, OUTER_ID, PRICE, STATUS, TITLE
from sync.item import CLEAR, Item, PriceWindow, Row, Status
from sync.sheet.dataframe import read_dataframe
from sync.sheet.files.opening import open_workbook
from sync.sheet.headers import Vocabulary
from sync.sheet.making.pulled import lay_out, pulled_dataframe
from sync.sheet.read import Sheet, read_sheet
from tests.sheet import rich
from tests.sheet.workbooks import told, write

HERE = Path(__file__).parents[2]
STORED = (
    *sorted((HERE / "templates").glob("*.xlsx")),
    HERE / "samples" / "weekly.xlsx",
    *(rich.DATA / name for name in ("week.xls", "week.ods")),
)
EMPTY = (None, float("nan"), pd.NA, pd.NaT, Decimal("NaN"), np.datetime64("NaT"), "")


def read_column(header: str, *values: object, dtype: str = "object") -> Sheet:
    """Read rows with the codes A-2, A-3 … and these values under `header`."""
    codes = [f"A-{row}" for row in range(2, len(values) + 2)]
    return read_dataframe(pd.DataFrame({"商家编码": codes, header: pd.Series(list(values), dtype=dtype)}))


@pytest.mark.parametrize(
    ("header", "value", "path", "cell"),
    [
        ("价格", 19.9, PRICE, 1990),
        ("售价", Decimal("19.90"), PRICE, 1990),
        ("price", Decimal.from_float(19.9), PRICE, 1990),
        ("价格", np.float32(19.5), PRICE, 1950),
        ("价格", "¥1,280.00", PRICE, 128_000),
        ("inventory", np.int64(13), INVENTORY, 13),
        ("库存", 13.0, INVENTORY, 13),
        ("标题", np.str_("甲"), TITLE, "甲"),
        ("目标状态", Status.ACTIVE, STATUS, Status.ACTIVE),
        ("类目", "丽人>美甲", CATEGORY, ("丽人", "美甲")),
        ("自定义:货架", 7.0, "货架", "7"),
        ("自定义:货架", np.bool_(True), "货架", "TRUE"),
        ("自定义:货架", 2**60, "货架", str(2**60)),
        ("自定义:货架", "<清空>", "货架", CLEAR),
    ],
)
def test_a_value_says_what_the_same_in_a_cell_says(header: str, value: object, path: str, cell: object) -> None:
    (row,) = read_column(header, value).rows
    assert row.cells[path] == cell
    assert row.problems == ()


@pytest.mark.parametrize(
    ("dtype", "values"),
    [
        ("float64", [13, float("nan")]),
        ("Int64", [13, None]),
        ("Float64", [13.0, None]),
        ("string", ["13", None]),
        ("str", ["13", None]),
        ("category", [13, None]),
        ("object", [np.int8(13), None]),
    ],
)
def test_a_column_of_any_type_is_read(dtype: str, values: Sequence[object]) -> None:
    thirteen, gap = read_column("库存", *values, dtype=dtype).rows
    assert thirteen.cells[INVENTORY] == 13
    assert gap.cells.keys() == {OUTER_ID}


def test_a_campaigns_price_that_was_pulled_is_read_as_one() -> None:
    window = PriceWindow(1550, datetime(2026, 11, 23, 10), datetime(2026, 11, 23, 12))
    held: dict[str, Item] = {"7": {OUTER_ID: "A", PRICE: 1550}, "8": {OUTER_ID: "B", PRICE: 1550}}
    pulled = pulled_dataframe(lay_out(held, {}, (), "zh", {"7": (window, 2000)}), "zh")
    ours, other = read_dataframe(pulled).rows
    assert (ours.cells[PRICE], ours.window) == (2000, window)
    assert (other.cells[PRICE], other.window) == (1550, None)


@pytest.mark.parametrize("empty", EMPTY, ids=repr)
def test_what_is_missing_is_an_empty_cell(empty: object) -> None:
    (row,) = read_column("价格", empty).rows
    assert row.cells.keys() == {OUTER_ID}


@pytest.mark.parametrize(
    "moment",
    [
        pd.Timestamp("2026-11-21 09:30:00.000000001"),
        pd.Timestamp("2026-11-21 01:30", tz="UTC"),
        datetime(2026, 11, 21, 1, 30, tzinfo=UTC),
        np.datetime64("2026-11-21T09:30"),
        "2026-11-21 09:30",
    ],
    ids=repr,
)
def test_a_moment_is_one_of_the_shops_clock(moment: object) -> None:
    (row,) = read_column("上架时间", moment).rows
    assert row.list_at == datetime(2026, 11, 21, 9, 30)


def test_a_code_keeps_its_zeros_as_text_and_is_told_of_as_a_number() -> None:
    sheet = read_dataframe(pd.DataFrame({"商家编码": ["00105", 105.0, 2**60], "价格": 9}))
    assert [row.outer_id for row in sheet.rows] == ["00105", "105", str(2**60)]
    assert told(sheet.rows[1].problems) == [("A3", "code.number", "warning")]


def test_problems_are_told_with_the_cell_of_a_sheet_with_its_headers_in_row_1() -> None:
    frame = pd.DataFrame({"备注": ["", ""], "商家编码": ["A-1", "A-2"], "价格": [9, "九"]}, index=[7, 9])
    sheet = read_dataframe(frame)
    assert [row.number for row in sheet.rows] == [2, 3]
    assert told(sheet.rows[1].problems) == [("C3", "price.not_number", "error")]
    assert [(own.column, own.header) for own in sheet.ignored] == [("A", "备注")]
    assert (sheet.layout.editable, sheet.version, sheet.state) == (False, None, None)


def test_it_is_the_sheet_that_the_same_worksheet_is_read_as(tmp_path: Path) -> None:
    headers = ["我的编码", "标题", "类目", "数量", "我的价", "自定义:产地", "上架时间"]
    lines: list[list[object]] = [
        ["A-1", "甲\n乙", "丽人>美甲", 3, 19.9, "杭州", datetime(2026, 11, 21)],
        ["A-1", "", "丽人", 2.5, "", 0.5, date(2026, 11, 22)],
        [104, "丙", "", "", 19.905, True, time(9)],
        ["合计", "", "", 8, "", "", ""],
    ]
    vocabulary = Vocabulary.of({"我的编码": "商家编码", "我的价": "价格"})
    from_file = read_sheet(write(tmp_path / "a.xlsx", [headers, *lines]), vocabulary=vocabulary)
    from_frame = read_dataframe(pd.DataFrame(lines, columns=pd.Index(headers)), vocabulary=vocabulary)
    assert from_frame.problems == from_file.problems
    assert from_frame.ignored == from_file.ignored
    assert [_facts(row) for row in from_frame.rows] == [_facts(row) for row in from_file.rows]


def _facts(row: Row) -> object:
    return row.number, row.outer_id, row.cells, row.list_at, row.problems, dict(row.addresses)


@pytest.mark.parametrize(
    ("frame", "code", "said"),
    [
        (pd.DataFrame([["A-1"]], columns=pd.MultiIndex.from_tuples([("a", "商家编码")])), "frame.levels", "2"),
        (pd.DataFrame({"商家编码": ["A-1"], "价格": [9]}).set_index("商家编码"), "frame.index", "商家编码"),
        (pd.DataFrame({"商家编码": ["A-1"], "标题": [["甲", "乙"]]}), "frame.value", "B2"),
        (pd.DataFrame([["A-1", 9, 8]], columns=["商家编码", "价格", "价格"]), "sheet.column_twice", "C"),
        (pd.DataFrame({"x": ["A-1"]}), "sheet.no_key", "DataFrame"),
        (pd.DataFrame(), "sheet.no_key", "DataFrame"),
        (pd.DataFrame({"商家编码": []}), "sheet.empty", "DataFrame"),
    ],
    ids=["levels", "index", "value", "twice", "no key", "nothing", "no rows"],
)  # fmt: skip
def test_a_frame_that_is_no_sheet_is_refused(frame: pd.DataFrame, code: str, said: str) -> None:
    with pytest.raises(Refusal) as refused:
        read_dataframe(frame)
    assert refused.value.message.code == code
    assert all(said in refused.value.message.words(language) for language in ("zh", "en"))


def test_a_value_of_another_kind_in_a_column_of_the_staffs_own_is_nothing_to_us() -> None:
    assert read_column("备注", ["甲", "乙"]).rows[0].problems == ()


@pytest.mark.parametrize("name", [*rich.KINDS, *(path.name for path in STORED)])
def test_pandas_reads_the_values_that_we_read(tmp_path: Path, name: str) -> None:
    path = next((path for path in STORED if path.name == name), tmp_path / name)
    if name in rich.KINDS:
        rich.KINDS[name](path)
    workbook = open_workbook(path)
    for sheet in workbook.sheets:
        frame = pd.read_excel(path, sheet_name=sheet, header=None, dtype="object", engine="calamine")
        theirs = [["" if pd.isna(value) else value for value in row] for row in frame.to_numpy().tolist()]
        assert _filled(workbook.rows(sheet)) == _filled(theirs)


def _filled(rows: Sequence[Sequence[object]]) -> dict[tuple[int, int], object]:
    """The values that are there, by row and column; a date is a midnight."""
    return {
        (number, column): datetime.combine(value, time()) if type(value) is date else value
        for number, row in enumerate(rows, start=1)
        for column, value in enumerate(row, start=1)
        if value != ""
    }
