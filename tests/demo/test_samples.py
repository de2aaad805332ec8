"""The samples are what the code makes: the shop, and the workbooks."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync import fields
from sync.demo import week
from sync.demo.shop import SHELVES, shop_documents
from sync.demo.workbook import FIRST_ROW, HEADER_ROW, HIDDEN, write_last_week, write_this_week
from sync.item import Status
from sync.values import flatten
from tests.make_copies import COPIES, ROOT, contents, refresh

SAMPLES = [copy for copy in COPIES if copy[0].startswith("samples/")]


@pytest.mark.parametrize(("name", "write"), SAMPLES, ids=[name for name, _ in SAMPLES])
def test_a_sample_is_what_the_code_makes(name: str, write: Callable[[Path], None], tmp_path: Path) -> None:
    fresh = tmp_path / Path(name).name
    write(fresh)
    assert contents(fresh) == contents(ROOT / name), "run `make samples`"


def test_a_copy_is_rewritten_only_when_it_says_something_else(tmp_path: Path) -> None:
    copy = tmp_path / "samples" / "weekly.xlsx"
    assert refresh(copy, write_this_week)
    before = copy.read_bytes()
    assert not refresh(copy, write_this_week)
    assert copy.read_bytes() == before
    assert refresh(copy, write_last_week)


# --- the shop --------------------------------------------------------------------------------------------------
def test_the_shop_keeps_the_platforms_own_rules() -> None:
    items = [flatten(_exact(document)) for document in shop_documents()]
    assert len(items) == 60
    assert len({item[fields.OUTER_ID] for item in items}) == len({item[fields.ITEM_ID] for item in items}) == 60
    assert {item[fields.CATEGORY] for item in items} <= set(fields.category_table())
    assert all(re.fullmatch(r"\d{13}", str(item[fields.ITEM_ID])) for item in items)
    # At 0 units the platform turns an item off (docs/explanation/platform.md#stock).
    assert not [item for item in items if item[fields.INVENTORY] == 0 and item[fields.STATUS] == Status.ACTIVE]


def test_codes_with_leading_zeros_and_custom_keys_of_every_kind_are_there() -> None:
    goods = [one for shelf in SHELVES for one in shelf.goods]
    assert [one.code for one in goods if one.code.startswith("0")]
    assert {type(value) for one in goods for value in one.custom.values()} == {str, int, dict}


def _exact(document: Mapping[str, object]) -> dict[str, object]:
    """A document as the gateway reads it, its numbers exact."""
    system = document["_sys"]
    assert isinstance(system, dict)
    return {**document, "_sys": {**system, "price": Decimal(str(system["price"]))}}


# --- the workbooks ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("write", "lines", "title"),
    [
        (write_last_week, week.last_week, "云朵生活馆 · 2026年第46周商品表"),
        (write_this_week, week.this_week, "云朵生活馆 · 2026年第47周商品表"),
    ],
    ids=["last week", "this week"],
)
def test_a_workbook_says_what_its_rows_say(
    write: Callable[[Path], None], lines: Callable[[], list[week.Line]], title: str, tmp_path: Path
) -> None:
    write(tmp_path / "sheet.xlsx")
    sheet = load_workbook(tmp_path / "sheet.xlsx").worksheets[0]
    assert sheet["A1"].value == title
    assert [cell.value for cell in sheet[HEADER_ROW]] == list(week.HEADERS)
    rows = sheet.iter_rows(min_row=FIRST_ROW, values_only=True)
    assert [["" if v is None else v for v in row] for row in rows] == [[*line.values()] for line in lines()]


def test_codes_and_ids_are_text_and_a_hidden_row_still_counts(tmp_path: Path) -> None:
    write_this_week(tmp_path / "sheet.xlsx")
    sheet = load_workbook(tmp_path / "sheet.xlsx").worksheets[0]
    for header in (week.CODE, week.ITEM_ID):
        column = week.HEADERS.index(header) + 1
        cells = [sheet.cell(row, column) for row in range(FIRST_ROW, sheet.max_row + 1)]
        assert {cell.number_format for cell in cells} == {"@"}
        assert {type(cell.value) for cell in cells} <= {str, type(None)}
    hidden = [row for row, look in sheet.row_dimensions.items() if look.hidden]
    assert [sheet.cell(row, 1).value for row in hidden] == list(HIDDEN)


def test_no_header_is_typed_but_those_that_are_the_staffs_own() -> None:
    assert [header for header in week.HEADERS if fields.of_header(header) is None] == [week.STORY, week.KEEPER]
