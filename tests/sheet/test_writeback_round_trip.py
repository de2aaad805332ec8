"""Random sheets: results are written, everything is read back, and all other cells hold what they held."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook  # type: ignore[import-untyped]

from sync.call import Result, RowResult
from sync.item import SHOP_TIME, clock_face
from sync.messages import Message
from sync.sheet.read import read_sheet
from sync.sheet.writeback import write_back
from tests.sheet.rich import parts

AT = datetime(2026, 11, 21, 9, 30, 15, tzinfo=SHOP_TIME)
PART = "xl/worksheets/sheet1.xml"
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=8)
VALUES: st.SearchStrategy[object] = (
    st.none() | TEXTS | st.integers(-(10**9), 10**9) | st.floats(-1e6, 1e6) | st.booleans()
)
NOTES = st.text(st.characters(codec="utf-8"), max_size=20)
Rows = list[tuple[str | None, list[object]]]


@st.composite
def sheets(draw: st.DrawFn) -> Rows:
    """Rows of a code (None: the row is missing) and other cells."""
    width = draw(st.integers(1, 4))
    others = st.lists(VALUES, min_size=width, max_size=width)
    flags = draw(st.lists(st.booleans(), min_size=1, max_size=8).filter(any))
    return [(f"A-{n}" if there else None, draw(others)) for n, there in enumerate(flags)]


def write(path: Path, rows: Rows, *, title: int, inline: bool, merged: bool) -> None:
    with Workbook(path, {"constant_memory": inline, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        page = book.add_worksheet("商品")
        looks = [None, book.add_format({"bold": True, "border": 1})]
        page.write_row(title, 0, ["商家编码", *(f"列{index}" for index in range(len(rows[0][1])))])
        for number, (code, others) in enumerate(rows, start=title + 1):
            if code is not None:
                page.write_row(number, 0, [code, *others], looks[number % 2])
        if merged:
            page.merge_range(title + len(rows) + 2, 0, title + len(rows) + 3, 9, "合计")


def read(path: Path) -> Mapping[tuple[int, int], object]:
    rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    cells = ((row, column, value) for row, line in enumerate(rows) for column, value in enumerate(line))
    return {(row, column): value for row, column, value in cells if value != ""}


def untidy(path: Path) -> Path:
    """The same workbook, from a writer with other habits, so that every cell is looked at by itself."""
    other = path.with_name("untidy.xlsx")
    with zipfile.ZipFile(other, "w") as book:
        for name, content in parts(path).items():
            book.writestr(name, content.replace(b"<c r=", b"<c  r=") if name == PART else content)
    return other


@settings(max_examples=40, deadline=None)
@given(sheets(), st.data(), st.integers(0, 2), st.booleans(), st.booleans())
def test_all_other_cells_are_as_they_were(
    rows: Rows, data: st.DataObject, title: int, inline: bool, merged: bool
) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.xlsx"
        write(path, rows, title=title, inline=inline, merged=merged)
        before, layout = read(path), read_sheet(path).layout
        results = []
        for number, (code, _) in enumerate(rows, start=title + 2):
            if code is not None and data.draw(st.booleans()):
                note = data.draw(NOTES)
                ended = data.draw(st.sampled_from(Result))
                results.append(
                    RowResult(number, code, ended, achieved=(Message("any", said={"zh": note, "en": note}),), at=AT)
                )
        copy = untidy(path)
        for each in (path, copy):
            assert write_back(each, layout, results, "zh").unplaced == ()
        last = layout.last_column
        after = read(path)
        assert {place: value for place, value in after.items() if place[1] < last} == before
        written = {place: value for place, value in after.items() if place[1] >= last and place[0] > title}
        words = {(result.row - 1, last): result.result.words("zh") for result in results}
        times = {(result.row - 1, last + 2): clock_face(AT) for result in results}
        assert {place: value for place, value in written.items() if place[1] != last + 1} == {**words, **times}
        assert canonical(path) == canonical(copy)


def canonical(path: Path) -> bytes:
    return etree.tostring(etree.fromstring(parts(path)[PART]), method="c14n")
