"""Two weeks at the page: upload, correct, look, settle, approve, watch, download, answer, undo, look back."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.kills import meanwhile
from tests.cli.small_shop import held, item_id, line, new_line, row, type_in, write
from tests.web.browser.chromium import Window


@pytest.mark.usefixtures("quick")
def test_two_weeks_at_the_page(staff: Window, folder: Path, sandbox: Sandbox) -> None:
    week = _first_week(staff, folder, sandbox)
    _second_week(staff, week, sandbox)
    _looking_back(staff, sandbox)


def _first_week(staff: Window, folder: Path, sandbox: Sandbox) -> Path:
    """A wrong cell is corrected at the page, a guard is consented to, and the run is watched."""
    mine = write(
        folder / "周表.xlsx", line("A-1", 价格=21), line("A-2", 价格=5), line("A-3", 价格="九块"), new_line("B-1")
    )
    before = mine.read_bytes()
    staff.upload(mine)
    assert [staff.count(one) for one in ("publish", "update", "invalid")] == [1, 2, 1]
    assert "九块" in staff.texts("plan-row")[0], "what needs a person comes first"
    staff.page.get_by_label("F4").fill("19.9")
    staff.at("correct").click()
    staff.page.wait_for_function("() => document.querySelector('[data-testid=count-invalid]')?.innerText === '0'")
    assert staff.count("update") == 3
    assert row(staff.saved("corrected", folder / "corrected.xlsx"), "A-3")["价格"] == 19.9
    assert mine.read_bytes() == before

    staff.at("approve").click()
    staff.page.get_by_role("alert").wait_for()
    assert held(sandbox, "A-2")[PRICE] == 2000, "without the consent nothing was sent"
    staff.at("guard-price").get_by_role("checkbox").check()
    seen = Event()
    with meanwhile(seen.wait, number=2):
        staff.at("approve").click()
        staff.at("progress").wait_for()
        staff.at("stop").wait_for()
        seen.set()
        staff.results()
    assert [staff.count(one) for one in ("done", "failed", "unknown")] == [4, 0, 0]
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-2", "A-3", "B-1")] == [2100, 500, 1990, 3000]
    got = staff.saved("download", folder / "下周.xlsx")
    assert row(got, "A-1")["同步结果"] == "完成"
    return got


def _second_week(staff: Window, week: Path, sandbox: Sandbox) -> None:
    """Somebody else edited a price, two were sold, and the answer to a move of stock is lost."""
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"price": 23}}))
    sandbox.shop.modify(item_id("A-2"), json.dumps({"_sys": {"inventory": 8}}))
    type_in(week, "A-1", "价格", 25)
    type_in(week, "A-1", "标题", "猫眼美甲 新款")
    type_in(week, "A-3", "库存增减", -2)
    sandbox.faults = Faults("drop-after@inventory.decr:1")
    staff.open("/")
    staff.upload(week)
    assert (staff.count("conflict"), staff.count("update")) == (1, 2)
    (asked,) = staff.at("plan-row").filter(has_text="A-1").all()
    asked.get_by_role("radio").nth(1).check()
    staff.page.get_by_role("status").filter(has_text="2").first.wait_for()
    staff.approve()
    sandbox.faults = Faults()
    assert (staff.count("done"), staff.count("unknown")) == (1, 1)
    assert held(sandbox, "A-1")[PRICE] == 2300, "it was settled for the platform"
    assert held(sandbox, "A-2")[INVENTORY] == 8, "what was sold stays sold"
    (lost,) = staff.at("result-row").filter(has_text="A-3").all()
    lost.get_by_role("button").first.click()
    staff.page.get_by_text("有人确认").wait_for()
    assert staff.page.get_by_role("button", name="做成了").count() == 0
    assert held(sandbox, "A-3")[INVENTORY] == 8


def _looking_back(staff: Window, sandbox: Sandbox) -> None:
    """The first week is undone but for what was changed since; the history and an item's page tell all."""
    staff.open("/runs")
    staff.at("run-1").get_by_role("link").first.click()
    staff.page.get_by_label("A-2", exact=False).first.check()
    staff.at("undo").click()
    staff.at("approve").wait_for()
    if staff.at("guard-price").count():
        staff.at("guard-price").get_by_role("checkbox").check()
    staff.approve()
    assert (staff.count("done"), held(sandbox, "A-2")[PRICE]) == (1, 2000)
    staff.open("/runs")
    assert staff.at("run-3").or_(staff.at("run-2")).or_(staff.at("run-1")).count() == 3
    assert "撤销" in staff.at("run-3").inner_text()
    staff.page.get_by_role("textbox").first.fill("A-2")
    staff.page.keyboard.press("Enter")
    staff.page.get_by_role("heading", name="A-2").wait_for()
    assert staff.page.get_by_role("link", name="第 3 次运行").count() == 1
