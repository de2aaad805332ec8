"""A campaign's price from the outside: `apply`, and `watch` as the clock goes by."""

from __future__ import annotations

from json import loads
from pathlib import Path

import pytest

from sync import Consent, Overtaken, Shop
from sync.fields import PRICE, STATUS
from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed_at_commit
from tests.cli.small_shop import CODES, HEADERS, Line, held, item_id, line, row
from tests.cli.watch.conftest import Rules
from tests.cli.watch.event_clock import EventClock, RecordingShop
from tests.sheet.workbooks import write_items

WINDOW = {"活动价": 15, "活动开始": "2026-11-23 10:00", "活动结束": "2026-11-23 12:00"}
RULE = """
[[profiles.default.rules]]
name = "双十一"
kind = "price-window"
price = "15.00"
start = "2026-11-23T10:00"
end = "2026-11-23T12:00"
codes = ["A-2"]
"""
FLAPPING = """
[[profiles.default.rules]]
kind = "price-window"
price = "15.00"
start = "2026-11-23T{0:02}:{1:02}"
end = "2026-11-23T{0:02}:{2:02}"
codes = ["A-1"]
"""


def write(sheet: Path, *lines: Line) -> Path:
    return write_items(sheet, *map(dict, lines), headers=(*HEADERS, *WINDOW))


@pytest.fixture
def sheet(folder: Path, sandbox: Sandbox, itemsync: Command) -> Path:
    """A sheet that was applied; A-1 has a campaign's price this morning."""
    made = write(folder / "weekly.xlsx", line("A-1", **WINDOW), line("A-2"), line("A-3"))
    assert itemsync("apply", made, "--yes").code == 0
    assert prices(sandbox) == ["20.00"] * 3
    return made


def prices(sandbox: Sandbox) -> list[str]:
    return [f"{int(str(held(sandbox, code)[PRICE])) / 100:.2f}" for code in CODES]


def test_watch_brings_the_price_and_takes_it_back(
    clock: EventClock, sandbox: Sandbox, sheet: Path, rules: Rules, itemsync: Command
) -> None:
    rules(RULE)
    seen: list[list[str]] = []
    for time in ("09:59", "10:01", "11:59", "12:01"):
        clock.happen(0, time, lambda: seen.append(prices(sandbox)))
    clock.last(hours=14)
    ran = itemsync("watch", sheet, "--every", "5h")
    assert (ran.code, prices(sandbox)) == (0, ["20.00"] * 3)
    campaign = ["15.00", "15.00", "20.00"]
    assert seen == [["20.00"] * 3, campaign, campaign, ["20.00"] * 3]
    assert "A-1" in ran.out
    sandbox.calls.clear()
    assert itemsync("apply", sheet, "--yes").code == 0
    assert all(method.endswith(".get") for method in sandbox.calls)


def test_a_price_that_a_person_set_meanwhile_stays_and_is_told(
    clock: EventClock, sandbox: Sandbox, shop: RecordingShop, sheet: Path, itemsync: Command
) -> None:
    clock.happen(0, "11:00", lambda: shop.modify(item_id("A-1"), '{"_sys": {"price": 17.5}}'))
    clock.last(hours=14)
    ticks = [loads(tick) for tick in itemsync("watch", sheet, "--every", "5h", "--json").out.splitlines()]
    assert prices(sandbox) == ["17.50", "20.00", "20.00"]
    assert any(one["outer_id"] == "A-1" for tick in ticks for one in tick["by_hand"])
    assert itemsync("apply", sheet, "--yes").code == 0
    assert prices(sandbox) == ["17.50", "20.00", "20.00"]


def test_a_deep_campaign_waits_for_a_consent_that_covers_its_end(
    clock: EventClock, sandbox: Sandbox, folder: Path, itemsync: Command
) -> None:
    sheet = write(folder / "weekly.xlsx", line("A-1", **WINDOW | {"活动价": 5}))
    assert itemsync("apply", sheet, "--yes").code == 0
    clock.last(hours=11)
    assert "--force price" in itemsync("watch", sheet, "--every", "1h").err
    assert prices(sandbox)[0] == "20.00"
    clock.at = clock.at.replace(hour=11, minute=0)
    assert itemsync("apply", sheet, "--yes", "--force", "price").code == 0
    assert prices(sandbox)[0] == "5.00"
    clock.last(hours=3)
    assert itemsync("watch", sheet, "--every", "1h").code == 0
    assert prices(sandbox)[0] == "20.00"


def test_a_campaign_ends_though_another_one_waits_for_a_person(
    clock: EventClock, sandbox: Sandbox, folder: Path, itemsync: Command
) -> None:
    deep = {"活动价": 5, "活动开始": "2026-11-23 11:00", "活动结束": "2026-11-23 20:00"}
    sheet = write(folder / "weekly.xlsx", line("A-1", **WINDOW), line("A-2", **deep))
    assert itemsync("apply", sheet, "--yes").code == 0
    clock.last(hours=14)
    ran = itemsync("watch", sheet, "--every", "1h")
    assert prices(sandbox)[:2] == ["20.00", "20.00"]
    assert "--force price" in ran.err


def test_apply_within_the_window_and_after_it(
    clock: EventClock, sandbox: Sandbox, sheet: Path, itemsync: Command
) -> None:
    clock.at = clock.at.replace(hour=11)
    preview = itemsync("plan", sheet)
    assert "活动价（K2）" in preview.out
    assert "¥15.00" in preview.out
    assert itemsync("apply", sheet, "--yes").code == 0
    assert prices(sandbox)[0] == "15.00"
    assert row(sheet, "A-1")["价格"] == 20
    clock.at = clock.at.replace(hour=13)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert prices(sandbox)[0] == "20.00"


def test_a_run_that_is_taken_up_after_the_window_begins_no_campaign(
    clock: EventClock, sandbox: Sandbox, sheet: Path, itemsync: Command
) -> None:
    clock.at = clock.at.replace(hour=11)
    with killed_at_commit(1):
        itemsync("apply", sheet, "--yes")
    clock.at = clock.at.replace(hour=13)
    assert itemsync("resume").code == 1
    assert prices(sandbox)[0] == "20.00"
    assert "价格" in str(row(sheet, "A-1")["同步说明"])
    assert itemsync("apply", sheet, "--yes").code == 0


def test_a_run_that_waits_until_the_window_is_over_begins_no_campaign(
    clock: EventClock, sandbox: Sandbox, shop: RecordingShop, sheet: Path, itemsync: Command
) -> None:
    def noon(item_id: int, status: int) -> None:
        RecordingShop.set_status(shop, item_id, status)
        clock.at = clock.at.replace(hour=12, minute=1)

    clock.at = clock.at.replace(hour=11, minute=58)
    shop.set_status = noon  # type: ignore[method-assign]
    write(sheet, line("A-1", 目标状态="失效", **WINDOW), line("A-2", 价格=21), line("A-3"))
    assert itemsync("apply", sheet, "--yes").code == 1
    assert prices(sandbox) == ["20.00", "21.00", "20.00"]
    assert held(sandbox, "A-1")[STATUS] is Status.INACTIVE
    told = row(sheet, "A-1")
    assert (told["同步结果"], "价格" in str(told["同步说明"])) == ("跳过", True)
    sandbox.calls.clear()
    assert itemsync("apply", sheet, "--yes").code == 0
    assert all(method.endswith(".get") for method in sandbox.calls)


def test_a_preview_that_is_agreed_to_after_the_window_begins_no_campaign(
    clock: EventClock, sandbox: Sandbox, sheet: Path
) -> None:
    clock.at = clock.at.replace(hour=11)
    with Shop.open() as shop:
        plan = shop.plan(sheet)
        clock.at = clock.at.replace(hour=13)
        with pytest.raises(Overtaken, match=r"window\.overtaken"):
            shop.apply(plan, Consent())
    assert prices(sandbox)[0] == "20.00"


def test_undoing_a_campaign_leaves_it_undone(
    clock: EventClock, sandbox: Sandbox, sheet: Path, itemsync: Command
) -> None:
    clock.at = clock.at.replace(hour=11)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert itemsync("undo", "2", "--yes").code == 0
    assert itemsync("apply", sheet, "--yes").code == 0
    assert prices(sandbox)[0] == "20.00"


def test_a_row_that_is_gone_leaves_no_campaign_price_unsaid(
    clock: EventClock, sheet: Path, itemsync: Command
) -> None:
    clock.at = clock.at.replace(hour=11)
    assert itemsync("apply", sheet, "--yes").code == 0
    write(sheet, line("A-2"), line("A-3"))
    assert "活动价：A-1" not in itemsync("plan", sheet).out.replace("\n", "")
    clock.at = clock.at.replace(hour=13)
    assert "活动价：A-1" in itemsync("plan", sheet).out.replace("\n", "")


def test_pull_into_leaves_the_price_cell_of_a_campaign_alone(
    clock: EventClock, sheet: Path, itemsync: Command
) -> None:
    clock.at = clock.at.replace(hour=11)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert itemsync("pull", "--into", sheet).code == 0
    assert row(sheet, "A-1")["价格"] == 20


def test_a_sheet_that_was_pulled_within_the_window_ends_with_it(
    clock: EventClock, sandbox: Sandbox, sheet: Path, itemsync: Command
) -> None:
    clock.at = clock.at.replace(hour=11)
    assert itemsync("apply", sheet, "--yes").code == 0
    pulled = sheet.with_name("pulled.xlsx")
    assert itemsync("pull", pulled).code == 0
    assert itemsync("apply", pulled, "--yes").code == 0
    assert prices(sandbox)[0] == "15.00"
    clock.at = clock.at.replace(hour=13)
    assert itemsync("apply", pulled, "--yes").code == 0
    assert prices(sandbox)[0] == "20.00"


def test_rules_that_change_an_item_all_day_are_braked(
    clock: EventClock, sandbox: Sandbox, sheet: Path, rules: Rules, itemsync: Command
) -> None:
    minutes = [(hour, minute, minute + 5) for hour in range(14, 18) for minute in range(0, 60, 10)]
    rules("".join(FLAPPING.format(*each) for each in minutes))
    clock.last(hours=19)
    ticks = [loads(tick) for tick in itemsync("watch", sheet, "--every", "5h", "--json").out.splitlines()]
    changed = sum(bool(tick["run"]) for tick in ticks)
    assert changed == 24
    assert "watch.brake" in {problem["code"] for tick in ticks for problem in tick["held"]}


def test_a_column_of_ones_own_called_so_is_left_alone(folder: Path, itemsync: Command) -> None:
    headers = (*HEADERS, "活动价")
    sheet = write_items(folder / "weekly.xlsx", {**line("A-1"), "活动价": "店长说了算"}, headers=headers)
    checked = itemsync("check", sheet, "--json")
    assert checked.code == 0
    assert "活动价 (K)" in checked.json["problems"][0]["message"]


MISTAKES: dict[str, tuple[Line, str, str]] = {
    "no end": ({"活动价": 15, "活动开始": "2026-11-23"}, "M2", "window.no_time"),
    "no start": ({"活动价": 15, "活动结束": "2026-11-23"}, "L2", "window.no_time"),
    "the end first": (WINDOW | {"活动结束": "2026-11-23 09:00"}, "M2", "window.order"),
    "no price": (WINDOW | {"活动价": ""}, "L2", "window.no_campaign_price"),
    "no price that can be": (WINDOW | {"活动价": "九块九"}, "K2", "price.not_number"),
    "no date": (WINDOW | {"活动开始": "双十一"}, "L2", "date.format"),
}


@pytest.mark.parametrize(("typed", "cell", "code"), MISTAKES.values(), ids=MISTAKES)
def test_check_names_the_cell(folder: Path, itemsync: Command, typed: Line, cell: str, code: str) -> None:
    sheet = write(folder / "weekly.xlsx", line("A-1", **typed))
    problems = itemsync("check", sheet, "--json").json["problems"]
    assert (cell, code) in {(problem["cell"], problem["code"]) for problem in problems}
