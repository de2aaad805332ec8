"""A sheet that is kept in the database, read and written by whichever machine works for its shop."""

from __future__ import annotations

from pathlib import Path

from sync import Consent
from sync.fields import PRICE
from sync.fleet.fleet import Fleet
from sync.sandbox.server import Sandbox
from tests.cli.small_shop import held, line, moving, rows
from tests.fleet.florist import *  # noqa: F403
from tests.fleet.florist import BY, SHOP, Stored, downloaded


def test_a_sheet_of_the_database_is_planned_applied_and_gets_its_results(
    florist: Fleet, stored: Stored, sandbox: Sandbox, tmp_path: Path
) -> None:
    sheet = stored(line("A-1", 价格=25), moving("A-2", 5), line("A-3"))
    with florist.open_shop(SHOP) as shop:
        run = shop.apply(shop.plan(sheet), Consent(by=BY))
    assert (run.finished, run.delivered, held(sandbox, "A-1")[PRICE]) == (True, True, 2500)
    found = rows(downloaded(florist, sheet, tmp_path))
    assert found["A-1"]["同步结果"] == "完成"
    assert found["A-2"]["库存增减"] is None
