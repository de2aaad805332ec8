"""Cells' addresses, as Excel writes them."""

from __future__ import annotations

import re

import pytest
from openpyxl.utils.cell import get_column_letter

from sync.sheet.files.addresses import letters, number, parse_address


def test_all_of_excels_columns_have_excels_letters() -> None:
    for column in range(1, 16_385):
        assert letters(column) == get_column_letter(column)
        assert number(letters(column)) == column


@pytest.mark.parametrize(
    ("address", "row", "column"), [("A1", 1, 1), ("e12", 12, 5), ("$AB$7", 7, 28), ("XFD1048576", 1_048_576, 16_384)]
)
def test_an_address_is_a_row_and_a_column(address: str, row: int, column: int) -> None:
    assert parse_address(address) == (row, column)


@pytest.mark.parametrize("address", ["", "A", "12", "12A", "A1:B2", "ABCD1", "A12345678", "A-1", "A１"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(address)}$"):
        parse_address(address)
