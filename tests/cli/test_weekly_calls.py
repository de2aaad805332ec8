"""The weekly calls that docs/reference/calls.md tells are those that the platform really gets, for open items."""

from __future__ import annotations

from pathlib import Path

import pytest

from docs.weekly_calls import PAGES, WAYS, one_by_one, page
from sync.messages import Language
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import goods, line, new_line, write
from tests.cli.weekly_calls import APPLY, SIZES, ShopWeeks, weeks

__all__ = ["weeks"]


@pytest.mark.parametrize("language", PAGES)
def test_the_page_has_the_tables_of_the_formulas(language: Language) -> None:
    assert page(language) == PAGES[language].read_text(encoding="utf-8"), "run `python -m docs.weekly_calls`"


@pytest.mark.parametrize(("items", "changed"), SIZES)
def test_a_week_of_open_items(weeks: ShopWeeks, sandbox: Sandbox, items: int, changed: int) -> None:
    codes = [f"N-{number}" for number in range(1, items + 1)]
    sandbox.shop.load(map(goods, codes))
    weeks.begin(codes, line)
    counted = {way.name: weeks.calls(way.name, changed) for way in WAYS}
    assert counted == {way.name: way.week(items, changed, one_by_one) for way in WAYS}


def test_what_else_takes_calls(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """Of three items, one changed."""

    def calls(*typed: object) -> int:
        sandbox.calls.clear()
        assert itemsync(*typed).code == 0
        return sandbox.calls.total()

    write(synced, line("A-1", 库存=20), line("A-2"), line("A-3"))
    assert calls("apply", synced, "--yes", "--only", "A-1") == 3
    assert calls("undo", "2", "--yes") == 3
    assert calls("pull", "pulled.xlsx") == 3
    assert calls("apply", write(synced, new_line("B-1")), *APPLY[2:]) == 3
    assert [calls(*typed) for typed in (("check", synced), ("history",), ("show", "2"), ("insight",))] == [0] * 4
