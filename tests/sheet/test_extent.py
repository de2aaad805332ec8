"""What is told of a worksheet by patterns alone: which cells are usual, and which may be more than they look."""

from __future__ import annotations

import pytest

from sync.sheet.files.extent import measure
from tests.sheet.packages import ITEM, KEY, worksheet

USUAL = (99_999, 26, False, True, False)


def found(cells: str) -> tuple[int, int, bool, bool, bool]:
    """Of a sheet with these cells in a row: how far it reaches, traits, usual addresses, misplaced texts."""
    extent = measure(lambda: [worksheet(KEY + ITEM + f'<row r="3">{cells}</row>').encode()])
    return extent.rows, extent.columns, extent.has_traits, extent.usual, extent.misplaced


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="B3"><v>1</v></c>',
        '<c r="B3"/>',
        '<c r="B3" s="12"/>',
        '<c r="B3" s="12"><v>1</v></c>',
        '<c r="B3" t="s"><v>1</v></c>',
        '<c r="B3" s="1" t="str"><v>1</v></c>',
        '<c r="B3" s="1" t="b"><v>1</v></c>',
        '<c r="B3" t="n"/>',
        '<c r="B3" s="1" t="inlineStr"><is><t>1</t></is></c>',
        '<c r="B3" cm="1"><v>1</v></c>',
        '<c t="s" r="B3"><v>1</v></c>',
        '<c r="B3" t="d"><v>2026-11-21</v></c>',
        '<c r="B3" t="inlineStr"> <is><t>1</t></is></c>',
    ],
)
def test_usual_cells_are_nothing_more_than_they_look(cell: str) -> None:
    usual = cell.startswith('<c r="')
    assert found(cell) == (USUAL if usual else (3, 2, False, False, False))


@pytest.mark.parametrize(
    ("cell", "traits", "misplaced"),
    [
        ('<c r="B3" t="e"><v>#N/A</v></c>', True, False),
        ("<c r='B3' t='e'><v>#N/A</v></c>", True, False),
        ('<c r="B3" t = "e"><v>#N/A</v></c>', True, False),
        ('<c r="B3" s="1" cm="1" t="e"><v>#N/A</v></c>', True, False),
        ('<x:c r="B3" t="e"><v>#N/A</v></x:c>', True, False),
        ('<c r="B3"><f>1+1</f></c>', True, False),
        ('<c r="B3" t="inlineStr"><v>1</v></c>', False, True),
        ('<c r="B3" s="1" t="inlineStr"> <v>1</v></c>', False, True),
        ("<c r='B3' t='inlineStr'><v>1</v></c>", False, True),
        ('<c r="B3" t="inlineStr" s="1"><v>1</v></c>', False, True),
        ('<x:c r="B3" t="inlineStr"><x:v>1</x:v></x:c>', True, True),
    ],
)
def test_what_may_be_more_than_it_looks_is_told(cell: str, traits: bool, misplaced: bool) -> None:
    _, _, has_traits, _, is_misplaced = found(cell)
    assert (has_traits, is_misplaced) == (traits, misplaced)


@pytest.mark.parametrize(("address", "rows", "columns"), [("B123456", 123_456, 26), ("AB3", 99_999, 28)])
def test_how_far_cells_reach(address: str, rows: int, columns: int) -> None:
    assert found(f'<c r="{address}"><v>1</v></c>') == (rows, columns, False, True, False)
