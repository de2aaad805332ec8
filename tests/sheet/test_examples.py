"""The template's example rows are never taken for items, and no item for an example."""

from __future__ import annotations

from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.errors import Refusal
from sync.messages import LANGUAGES, Language
from sync.sheet.examples import examples
from sync.sheet.making.template import write_template
from sync.sheet.read import Sheet, read_sheet


def typed(folder: Path, language: Language = "zh", **cells: object) -> Sheet:
    """Read a fresh template into which `cells` were typed, by address."""
    path = folder / "items.xlsx"
    write_template(path, language)
    book = load_workbook(path)
    for address, value in cells.items():
        book.worksheets[0][address].value = value
    book.save(path)
    return read_sheet(path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_examples_are_left_out_and_said_so(tmp_path: Path, language: Language) -> None:
    sheet = typed(tmp_path, language, A5="MJ-001", F5=128)
    assert [row.outer_id for row in sheet.rows] == ["MJ-001"]
    assert [(problem.code, problem.level.value) for problem in sheet.problems] == [("example.left_out", "note")]
    assert "2" in sheet.problems[0].message.words(language)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_template_with_nothing_but_examples_has_no_items(tmp_path: Path, language: Language) -> None:
    with pytest.raises(Refusal, match=r"sheet\.empty"):
        typed(tmp_path, language)


@pytest.mark.parametrize(
    ("address", "value"), [("F2", 99), ("C3", "真的商品"), ("H4", 9), ("G4", 5), ("I3", "在吗"), ("C2", None)]
)
def test_an_example_that_somebody_typed_into_is_neither_ignored_nor_sent(
    tmp_path: Path, address: str, value: object
) -> None:
    (row,) = typed(tmp_path, "zh", **{address: value}).rows
    assert row.invalid
    assert ("A" + address[1], "example.edited") in [(problem.cell, problem.code) for problem in row.problems]


def test_a_row_typed_over_an_example_is_an_item(tmp_path: Path) -> None:
    (row,) = typed(tmp_path, A2="MJ-001").rows
    assert (row.outer_id, row.invalid) == ("MJ-001", False)


def test_a_row_with_an_item_id_is_an_item_whatever_its_code(tmp_path: Path) -> None:
    (row,) = typed(tmp_path, B2="7627361738101").rows
    assert (row.outer_id, row.invalid) == ("示例-001", False)


@pytest.mark.parametrize("code", ["示例", "示例-1", "示例-004", "示例-红色", "EXAMPLE", "EXAMPLE-0001"])
def test_a_code_that_only_sounds_like_an_example_is_an_item(tmp_path: Path, code: str) -> None:
    assert [row.outer_id for row in typed(tmp_path, A2=code).rows] == [code]


def test_the_languages_share_no_code() -> None:
    codes = [row.outer_id for language in LANGUAGES for row in examples(language)]
    assert len(set(codes)) == len(codes)
