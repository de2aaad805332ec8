"""Reading and write-back see one value in a cell, whatever its format and however it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sheet.read import read_sheet
from sync.sheet.writeback.rehearsal import rehearse
from tests.sheet.packages import KEY, MAIN, PARTS, package, worksheet

_STYLES = '<Relationship Id="rId3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" '
_RELATIONS = PARTS["xl/_rels/workbook.xml.rels"].replace(
    "</Relationships>", f'{_STYLES}Target="styles.xml"/></Relationships>'
)
DATE = "cell.became_date"


def _read(tmp_path: Path, code: str, *formats: int, own: str = "") -> tuple[str, list[str]]:
    """The code that is read of a cell, and what is told of it; its result must have a home."""
    cells = "".join(f'<xf numFmtId="{each}"/>' for each in formats)
    styles = f'<styleSheet xmlns="{MAIN}">{own}<cellXfs count="{len(formats)}">{cells}</cellXfs></styleSheet>'
    rows = f'{KEY}<row r="2">{code}<c r="B2"><v>9</v></c></row>'
    path = package(tmp_path / "a.xlsx", worksheet(rows), **{"workbook.xml.rels": _RELATIONS, "xl/styles.xml": styles})
    sheet = read_sheet(path)
    assert rehearse(path, sheet) is None
    (row,) = sheet.rows
    return row.outer_id, [problem.code for problem in row.problems]


@pytest.mark.parametrize("format", [14, 22, *range(27, 37), 45, *range(50, 59)])
def test_a_date_in_a_format_of_excels_own_is_a_date_to_both(tmp_path: Path, format: int) -> None:
    assert _read(tmp_path, '<c r="A2" s="1"><v>45721</v></c>', 0, format) == ("", [DATE])


def test_a_workbook_may_give_excels_own_ids_another_meaning(tmp_path: Path) -> None:
    own = '<numFmts><numFmt numFmtId="52" formatCode="#,##0.00"/></numFmts>'
    assert _read(tmp_path, '<c r="A2" s="1"><v>45721</v></c>', 0, 52, own=own)[0] == "45721"


@pytest.mark.parametrize(("style", "code"), [("", "45721"), (' s="0"', "")])
def test_the_first_format_counts_where_a_cell_names_it(tmp_path: Path, style: str, code: str) -> None:
    assert _read(tmp_path, f'<c r="A2"{style}><v>45721</v></c>', 14)[0] == code


@pytest.mark.parametrize("value", ["2025-03-05", "2025-03-05T00:00:00"])
def test_a_date_that_is_kept_as_one_is_a_date_to_both(tmp_path: Path, value: str) -> None:
    assert _read(tmp_path, f'<c r="A2" t="d"><v>{value}</v></c>', 0) == ("", [DATE])


@pytest.mark.parametrize("kept", ['t="str"><v>{}</v>', 't="inlineStr"><is><t>{}</t></is>'])
@pytest.mark.parametrize(
    ("written", "code"), [("A_x002D_1", "A-1"), ("A_x005F_x002D_1", "A_x002D_1"), ("_x0041_1", "A1")]
)
def test_an_escaped_sign_is_that_sign_to_both(tmp_path: Path, kept: str, written: str, code: str) -> None:
    assert _read(tmp_path, f'<c r="A2" {kept.format(written)}</c>', 0) == (code, [])
