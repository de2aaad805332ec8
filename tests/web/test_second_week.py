"""The sheet comes back: with its results, as an old copy, and after a platform that went away in mid-run."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import folder, no_waiting, platform, quick, sandbox
from tests.cli.small_shop import CODES, held, line, moving, row, type_in, write
from tests.cli.test_rules import LOW, OPEN, add_rules
from tests.disk import no_syncing
from tests.web.pages import Screen, Visitor, one_visitor

__all__ = ["folder", "no_syncing", "no_waiting", "one_visitor", "platform", "quick", "sandbox"]

pytestmark = pytest.mark.usefixtures("quick")


def downloaded(visitor: Visitor, done: Screen, file: Path) -> Path:
    """Download the workbook with results."""
    file.write_bytes(visitor.session.get(done.url + "/download").content)
    return file


def test_the_workbook_with_results_is_next_weeks_sheet(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    first = write(folder / "week.xlsx", moving("A-1", 5), line("A-2", 价格=21), line("A-3"))
    done = visitor.approve(visitor.upload(first))
    assert done.count("done") == 2
    next_week = downloaded(visitor, done, folder / "next.xlsx")
    assert row(next_week, "A-1")["库存增减"] is None
    type_in(next_week, "A-3", "价格", 22)
    preview = visitor.upload(next_week)
    assert (preview.count("update"), preview.count("none")) == (1, 2)
    assert visitor.approve(preview).count("done") == 1
    assert (held(sandbox, "A-1")[INVENTORY], held(sandbox, "A-3")[PRICE]) == (15, 2200)


def test_an_old_copy_moves_no_stock_twice_by_itself(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    first = write(folder / "week.xlsx", moving("A-1", 5), line("A-2"), line("A-3"))
    visitor.approve(visitor.upload(first))
    again = visitor.upload(first)
    assert again.has("guard-repeat") or again.count("blocked") == 1
    assert held(sandbox, "A-1")[INVENTORY] == 15
    visitor.approve(again)
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_a_platform_that_goes_away_in_mid_run_is_told_and_the_run_goes_on_later(
    visitor: Visitor, folder: Path, sandbox: Sandbox
) -> None:
    preview = visitor.upload(write(folder / "week.xlsx", *(line(code, 价格=21) for code in CODES)))
    sandbox.faults = Faults("session-expired@modify=1")
    stopped = visitor.approve(preview)
    assert stopped.alert
    assert stopped.has("resume")
    still = visitor.settled(visitor.post("/resume"))
    assert still.has("resume"), "it is away still"
    sandbox.faults = Faults()
    done = visitor.settled(visitor.post("/resume"))
    assert done.count("done") == 3
    assert not done.alert


def test_the_rules_of_the_newest_sheet_are_told(visitor: Visitor, folder: Path, sandbox: Sandbox) -> None:
    assert "没有规则" in visitor.get("/rules").html
    sheet = add_rules(write(folder / "week.xlsx", *(line(code, 目标状态="") for code in CODES)), OPEN, LOW)
    visitor.approve(visitor.upload(sheet))
    campaign, low = visitor.get("/rules").all("rule")
    assert campaign.startswith("双十一 活动 A-1 2020-11-01 00:00 上架")
    assert "库存 ≤ 10 下架，≥ 20 重新上架" in low
