"""What the benches' table and the page about speed say."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.speed_pages import PAGES, page, words
from sync.messages import Language
from tests.bench import ratio
from tests.bench.ratio import Ratio, keep, last, table

RATIOS = [Ratio("check", "calamine", 2.5, 2), Ratio("read, times faster", "一行一行", 12, 10, more=True)]


def test_the_table_tells_the_limit_the_last_release_and_what_is_not_kept() -> None:
    assert [*table(RATIOS, [Ratio("check", "calamine", 5.5, 2)])] == [
        "what                against   now    limit  last",
        "check               calamine  2.50   ≤ 2    5.50  not kept",
        "read, times faster  一行一行  12.00  ≥ 10   –",
    ]


def test_what_is_kept_is_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ratio, "LAST", tmp_path / "last.json")
    keep(RATIOS)
    assert last() == RATIOS


@pytest.mark.parametrize("language", PAGES)
def test_the_page_has_every_line_of_the_last_release_and_no_other(language: Language) -> None:
    assert page(language) == PAGES[language].read_text(encoding="utf-8"), "run `python -m docs.speed_pages`"


def test_every_line_has_its_words() -> None:
    assert {one.what for one in last()} <= words()["lines"].keys()
    assert {one.peer for one in last()} <= words()["peers"].keys()
