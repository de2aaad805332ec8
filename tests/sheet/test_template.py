"""The blank workbook: what it offers, and that the committed copies are what the code makes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sync.call import Result
from sync.errors import Refusal
from sync.fields import CATEGORY, FIELDS, INVENTORY, PRICE, STATUS, Column, category_table, of_header
from sync.item import Status
from sync.messages import Language
from sync.sheet.making.template import write_template
from sync.sheet.read import read_sheet
from sync.sheet.writeback.filling import FILLS
from tests.make_copies import COPIES, ROOT, contents

LANGUAGES: tuple[Language, ...] = ("zh", "en")
TEMPLATES = [copy for copy in COPIES if copy[0].startswith("templates/")]


def make(path: Path, language: Language) -> Workbook:
    write_template(path, language)
    return load_workbook(path)


def headers(sheet: Worksheet) -> dict[str, str]:
    """Header → column letter."""
    return {str(cell.value): get_column_letter(index) for index, cell in enumerate(sheet[1], start=1)}


@pytest.mark.parametrize("name", [name for name, _ in TEMPLATES])
def test_the_committed_copy_is_what_the_code_makes(name: str, tmp_path: Path) -> None:
    fresh = tmp_path / Path(name).name
    dict(TEMPLATES)[name](fresh)
    assert contents(fresh) == contents(ROOT / name), "run `make samples`"


def test_there_is_a_copy_in_each_language() -> None:
    assert len(TEMPLATES) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_column_is_there_with_a_note_in_both_languages(tmp_path: Path, language: Language) -> None:
    sheet = make(tmp_path / "a.xlsx", language).worksheets[0]
    expected = [field.words(language) for field in FIELDS if field.path != CATEGORY]
    assert list(headers(sheet)) == expected
    for cell in sheet[1]:
        assert cell.comment is not None
        chinese, english = cell.comment.text.splitlines()
        assert not chinese.isascii()
        assert english.isascii()


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_is_a_sheet_that_only_lacks_items(tmp_path: Path, language: Language) -> None:
    make(tmp_path / "a.xlsx", language)
    with pytest.raises(Refusal, match=r"sheet\.empty"):
        read_sheet(tmp_path / "a.xlsx")


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_chosen_from_its_lists_is_read(tmp_path: Path, language: Language) -> None:
    book = make(tmp_path / "a.xlsx", language)
    sheet, *_, names = book.worksheets
    letters = {
        field.path or field.column: letter for text, letter in headers(sheet).items() if (field := of_header(text))
    }
    checks = {str(check.sqref).split(":")[0]: check for check in sheet.data_validations.dataValidation}
    statuses = (checks[f"{letters[STATUS]}2"].formula1 or "").strip('"').split(",")
    assert names.sheet_state == "hidden"
    pairs = [(str(one), str(two)) for one, two in names.iter_rows(max_col=2, values_only=True)]
    assert pairs == list(category_table())
    for number, (one, two) in enumerate(pairs, start=2):
        sheet.cell(number, 1).value = f"A-{number}"
        sheet[f"{letters[Column.CATEGORY_1]}{number}"] = one
        sheet[f"{letters[Column.CATEGORY_2]}{number}"] = two
        sheet[f"{letters[STATUS]}{number}"] = statuses[number % 3]
    book.save(tmp_path / "a.xlsx")
    rows = read_sheet(tmp_path / "a.xlsx").rows
    assert [row.cells[CATEGORY] for row in rows] == pairs
    assert {row.cells[STATUS] for row in rows} == set(Status)
    assert not any(row.problems for row in rows)


def test_the_second_category_depends_on_the_first(tmp_path: Path) -> None:
    sheet, *_, names = make(tmp_path / "a.xlsx", "zh").worksheets
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    assert checks["D2:D5000"].formula1 == "'类目'!$D$1:$D$11"
    assert "MATCH($D2," in (checks["E2:E5000"].formula1 or "")
    # OFFSET takes one block: the pairs of one first category must stand together.
    ones = [str(names.cell(row, 1).value) for row in range(1, names.max_row + 1)]
    assert list(dict.fromkeys(ones)) == [str(names.cell(row, 4).value) for row in range(1, 12)]
    assert len([one for one, before in zip(ones, ["", *ones], strict=False) if one != before]) == 11


def test_formats_keep_codes_whole_and_prices_legible(tmp_path: Path) -> None:
    sheet = make(tmp_path / "a.xlsx", "zh").worksheets[0]
    letters = headers(sheet)
    formats = {text: sheet.column_dimensions[letter].number_format for text, letter in letters.items()}
    assert formats["商家编码"] == formats["商品ID"] == "@"
    assert (formats["价格"], formats["库存"]) == ("0.00", "0")
    assert formats["上架时间"] == formats["下架时间"] == "yyyy-mm-dd hh:mm"


def test_checks_refuse_what_the_reader_would(tmp_path: Path) -> None:
    sheet = make(tmp_path / "a.xlsx", "en").worksheets[0]
    letters = {field.path: letter for text, letter in headers(sheet).items() if (field := of_header(text))}
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    price, inventory = (checks[f"{letters[path]}2:{letters[path]}5000"] for path in (PRICE, INVENTORY))
    assert (price.type, price.formula1, price.formula2) == ("decimal", "0.01", "100000000")
    assert (inventory.type, inventory.operator, inventory.formula1) == ("whole", "greaterThanOrEqual", "0")
    assert all(check.error and check.showErrorMessage for check in checks.values())


def test_it_prints_on_one_page_width_under_its_headers(tmp_path: Path) -> None:
    sheet = make(tmp_path / "a.xlsx", "zh").worksheets[0]
    assert sheet.freeze_panes == "B2"
    assert sheet.print_title_rows == "$1:$1"
    assert sheet.page_setup.orientation == "landscape"
    assert sheet.sheet_properties.pageSetUpPr and sheet.sheet_properties.pageSetUpPr.fitToPage
    # One page wide is what the format means where it says nothing.
    assert (sheet.page_setup.fitToWidth or 1, sheet.page_setup.fitToHeight) == (1, 0)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_guide_tells_of_every_column_and_result_and_is_never_taken_for_items(
    tmp_path: Path, language: Language
) -> None:
    guide = make(tmp_path / "a.xlsx", language).worksheets[2]
    terms = [str(row[0]) for row in guide.iter_rows(max_col=1, values_only=True) if row[0]]
    assert guide.sheet_state == "visible"
    headers = [re.split("[:：] ?", term)[-1] for term in terms]
    columns = [field.words(language) for field in FIELDS if field.path != CATEGORY]
    begin = headers.index(columns[0])
    assert headers[begin : begin + len(columns)] == columns
    assert {result.words(language) for result in Result} <= {*terms}
    assert not any(of_header(term) for term in terms), "a sheet with the key's header would be one of items"


def test_the_colours_of_the_results_are_those_of_the_sheet(tmp_path: Path) -> None:
    guide = make(tmp_path / "a.xlsx", "en").worksheets[2]
    fills = {cell.value: cell.fill.fgColor.rgb for (cell,) in guide.iter_rows(max_col=1) if cell.value}
    for result, fill in FILLS.items():
        assert fills[result.words("en")] == f"FF{fill}"


def test_a_code_that_stands_twice_and_examples_show_it(tmp_path: Path) -> None:
    rules = make(tmp_path / "a.xlsx", "zh").worksheets[0].conditional_formatting
    found = {str(each.sqref): rule for each in rules for rule in each.rules}
    assert found["A2:A5000"].type == "duplicateValues"
    assert '$A2="示例-001"' in found["A2:Q5000"].formula[0]


def test_the_shops_own_categories_are_offered_beside_those_of_their_kind(tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", "zh", (*category_table(), ("服装", "女装"), ("丽人", "美体")))
    sheet, *_, names = load_workbook(tmp_path / "a.xlsx").worksheets
    ones = [str(one) for (one,) in names.iter_rows(max_col=1, values_only=True)]
    assert len([one for one, before in zip(ones, ["", *ones], strict=False) if one != before]) == 12
    checks = {str(check.sqref): check for check in sheet.data_validations.dataValidation}
    assert checks["D2:D5000"].formula1 == "'类目'!$D$1:$D$12"


def test_the_same_code_makes_the_same_file(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_template(tmp_path / name, "zh")
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    assert (tmp_path / "a.xlsx").stat().st_size < 30_000
