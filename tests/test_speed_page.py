"""What the benches' table and the page about speed say."""

from __future__ import annotations

import pytest

from tests.bench.ratio import Ratio, last, table
from tests.imports import ROOT

RATIOS = [Ratio("check", "calamine", 2.5, 2), Ratio("read, times faster", "一行一行", 12, 10, more=True)]


def test_the_table_tells_the_limit_the_last_release_and_what_is_not_kept() -> None:
    assert [*table(RATIOS, {"check / calamine": 5.5})] == [
        "what                against   now    limit  last",
        "check               calamine  2.50   ≤ 2    5.50  not kept",
        "read, times faster  一行一行  12.00  ≥ 10   –",
    ]


@pytest.mark.parametrize("page", ["speed.md", "speed.zh.md"])
def test_the_page_says_what_the_last_release_took(page: str) -> None:
    lines = (ROOT / "docs/reference" / page).read_text(encoding="utf-8").splitlines()
    told = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    assert [float(cells[3]) for cells in told[1:]] == [*last().values()]
