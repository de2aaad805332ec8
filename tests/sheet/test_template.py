"""The blank workbook: what it offers, and that the committed copies are what the code makes."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils.cell import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from sync.fields import CATEGORY, FIELDS, INVENTORY, PRICE, STATUS, category_table, of_header
from sync.item import Status
from sync.messages import Language, Refusal
from sync.sheet.read import read_sheet
from sync.sheet.template import write_template
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
    sheet, names = book.worksheets
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
        sheet[f"{letters['category 1']}{number}"] = one
        sheet[f"{letters['category 2']}{number}"] = two
        sheet[f"{letters[STATUS]}{number}"] = statuses[number % 3]
    book.save(tmp_path / "a.xlsx")
    rows = read_sheet(tmp_path / "a.xlsx").rows
    assert [row.cells[CATEGORY] for row in rows] == pairs
    assert {row.cells[STATUS] for row in rows} == set(Status)
    assert not any(row.problems for row in rows)


def test_the_second_category_depends_on_the_first(tmp_path: Path) -> None:
    sheet, names = make(tmp_path / "a.xlsx", "zh").worksheets
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
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
