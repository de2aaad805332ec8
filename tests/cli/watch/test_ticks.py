"""`watch` as the clock go by: what it tells once, what it waits for, and what it leaves to a person."""

from __future__ import annotations

from functools import partial
from itertools import count
from json import loads
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy.exc import InvalidRequestError, OperationalError

from sync.config import load
from sync.gateway.secret_store import Secrets
from sync.item import Status
from sync.sandbox.server import Sandbox
from sync.service.credentials import secret_store
from sync.state.store import Store
from tests.cli.conftest import Command, CommandResult
from tests.cli.small_shop import CODES, Json, goods, line
from tests.cli.watch.conftest import HOURS, Rules, write
from tests.cli.watch.event_clock import EventClock, RecordingShop

LOW = """
[[profiles.default.rules]]
name = "清仓"
kind = "stock"
off_at = 2
on_at = 5
codes = ["A-3"]
"""


def add_rule(sheet: Path, *cells: str) -> None:
    """Write one rule into the workbook's own sheet of rules: kind, scope, from, to."""
    book = load_workbook(sheet)
    page = book.create_sheet("规则")
    page.append(("类型", "范围", "开始", "结束"))
    page.append(cells)
    book.save(sheet)


def rename(sheet: Path, name: str) -> None:
    """Give the worksheet with the items another name."""
    book = load_workbook(sheet)
    book.worksheets[0].title = name
    book.save(sheet)


def told(ran: CommandResult) -> list[Json]:
    return [loads(line) for line in ran.out.splitlines()]


def turned(shop: RecordingShop) -> list[str]:
    return [str(turn) for turn in sorted(shop.turns)]


def all_at(moment: str, turn: str) -> list[str]:
    return [f"Mon {moment} {code} {turn}" for code in CODES]


def test_a_rules_time_is_kept_to_the_minute_however_long_the_pause(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(HOURS.replace("08:00", "08:01").replace("23:00", "09:17"))
    clock.last(hours=10)
    ran = itemsync("watch", sheet, "--every", "5h")
    assert turned(shop) == [*all_at("00:00", "off"), *all_at("08:01", "on"), *all_at("09:17", "off")]
    assert (ran.code, len(ran.out.splitlines())) == (0, 4)
    assert "2026-11-23 08:01:00 第 2 次运行：A-1 改为有效（每日规则“打烊”（itemsync.toml:" in ran.out
    (began,) = ran.err.splitlines()
    assert began.startswith("default（127.0.0.1:")
    assert began.endswith("：开始按 weekly.xlsx 的规则上下架，每隔 5h 看一次。按 Ctrl-C 停止。")


@pytest.fixture
def outage(clock: EventClock, sandbox: Sandbox) -> None:
    """The platform can't be reached for four hours of a morning."""
    clock.happen(0, "07:30", lambda: sandbox.__exit__(None, None, None))
    clock.happen(0, "11:45", sandbox.__enter__)
    clock.last(hours=14)


@pytest.mark.usefixtures("outage")
def test_the_network_goes_away_and_comes_back(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    """Told once; and what came due meanwhile is caught up with once, long before an hour has passed."""
    rules(HOURS)
    ran = itemsync("watch", sheet, "--every", "1h", "--json")
    assert (ran.code, turned(shop)) == (0, [*all_at("00:00", "off"), *all_at("11:45", "on")])
    errors = [tick["error"]["code"] for tick in told(ran) if tick["error"]]
    assert errors == ["gateway.unreachable"] * 45
    assert len(ran.err.splitlines()) == 3, "the beginning, the trouble, and its end"


def test_the_sheet_is_read_again_when_it_was_saved_and_kept_while_it_is_half_saved(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(HOURS)
    late = [line("A-1", 上架时间="2026-11-23 10:00"), line("A-2", 目标状态="下架"), line("A-3")]
    whole = sheet.read_bytes()
    clock.happen(0, "06:30", lambda: sheet.write_bytes(whole[:900]))
    clock.happen(0, "08:30", lambda: write(sheet, *late))
    clock.happen(0, "09:30", sheet.unlink)
    clock.last(hours=11)
    ran = itemsync("watch", sheet, "--every", "1h")
    schedule = ["Mon 09:00 A-1 off", "Mon 10:00 A-1 on"]
    assert turned(shop) == [*all_at("00:00", "off"), *all_at("08:00", "on"), *schedule]
    assert ran.code == 0
    assert ran.err.count("先按上次读到的表格继续") == 2, "once while it is half saved, once when it is gone"


def test_a_worksheet_that_got_another_name_is_found_again(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    """Staff who name it after the week do so every Monday."""
    rules(HOURS)
    clock.happen(0, "06:30", partial(rename, sheet, "第48周"))
    clock.last(hours=9)
    ran = itemsync("watch", sheet, "--every", "1h")
    assert turned(shop) == [*all_at("00:00", "off"), *all_at("08:00", "on")]
    assert len(ran.err.splitlines()) == 1, "the beginning"


def test_a_worksheet_that_was_asked_for_by_name_is_waited_for(
    clock: EventClock, sheet: Path, rules: Rules, itemsync: Command
) -> None:
    rules(HOURS)
    rename(sheet, "本周")
    clock.happen(0, "06:30", partial(rename, sheet, "第48周"))
    clock.last(hours=9)
    ran = itemsync("watch", sheet, "--sheet", "本周", "--every", "1h")
    assert ran.err.count("先按上次读到的表格继续") == 1


def test_what_a_person_did_by_hand_stays_and_is_told_once(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(LOW + HOURS)
    clock.happen(0, "09:30", partial(shop.turn_by_hand, "A-3", Status.INACTIVE))
    clock.last(hours=33)
    ran = itemsync("watch", sheet, "--every", "1h")
    assert ran.err.count("A-3 在平台上被改成了失效") == 1
    by_rule = [str(turn) for turn in sorted(shop.turns) if turn.code == "A-3"]
    assert by_rule == ["Mon 00:00 A-3 off", "Mon 08:00 A-3 on", "Tue 08:00 A-3 on"]


def test_a_guard_waits_for_a_person_and_asks_again_for_another_plan(
    clock: EventClock, folder: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    codes = [f"A-{number}" for number in range(1, 9)]
    shop.load(goods(code) for code in codes[3:])
    sheet = write(folder / "weekly.xlsx", *map(line, codes))
    rules(HOURS)
    clock.happen(0, "02:30", lambda: write(sheet, *map(line, codes[:7])))
    clock.happen(0, "04:30", lambda: write(sheet, *map(line, codes[:4])))
    clock.last(hours=6)
    ran = itemsync("watch", sheet, "--every", "1h")
    assert ran.err.count("--force takedown") == 2
    assert ran.out.count("没有执行") == 5
    assert turned(shop) == [f"Mon 05:00 {code} off" for code in codes[:4]]


def test_rules_that_are_wrong_stop_it_until_they_are_mended(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(HOURS)
    right = sheet.read_bytes()
    add_rule(sheet, "每日", "全部", "08:00", "25点")
    clock.happen(0, "03:30", lambda: sheet.write_bytes(right))
    clock.last(hours=5)
    ran = itemsync("watch", sheet, "--every", "1h", "--json")
    errors = [tick["error"]["code"] for tick in told(ran) if tick["error"]]
    assert (errors, turned(shop)) == (["rules.wrong"] * 4, all_at("04:00", "off"))
    assert len(ran.err.splitlines()) == 3


def test_a_person_applies_between_two_ticks(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    """The tick after it has nothing to do, as both know of the same ruling."""
    rules(HOURS)
    clock.happen(0, "08:30", lambda: write(sheet, line("A-1", 目标状态="下架"), line("A-2"), line("A-3")))
    clock.happen(0, "09:30", lambda: itemsync("apply", sheet, "--yes"))
    clock.last(hours=12)
    assert itemsync("watch", sheet, "--every", "1h").code == 0
    assert turned(shop) == [*all_at("00:00", "off"), *all_at("08:00", "on"), "Mon 09:30 A-1 off"]


@pytest.fixture
def right_secret_at_half_past_six(clock: EventClock, rules: Rules, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody logs in anew while the watch goes on, with the right app secret this time."""
    rules(HOURS)
    monkeypatch.delenv("ITEMSYNC_APP_SECRET")
    kept = secret_store(load(None, None))
    kept.write(Secrets("a-wrong-secret", None))
    clock.happen(0, "06:30", lambda: kept.write(Secrets(Sandbox.app_secret, None)))
    clock.last(hours=10)


@pytest.mark.usefixtures("right_secret_at_half_past_six")
def test_after_trouble_secrets_are_asked_for_anew(sheet: Path, shop: RecordingShop, itemsync: Command) -> None:
    ran = itemsync("watch", sheet, "--every", "1h", "--json")
    codes = [tick["error"] and tick["error"]["code"] for tick in told(ran)]
    assert (codes[0], codes[-1], turned(shop)[-1]) == ("gateway.signature", None, "Mon 08:00 A-3 on")


def test_columns_that_arent_read_are_told_when_the_watch_starts_and_not_again(
    clock: EventClock, sheet: Path, rules: Rules, itemsync: Command
) -> None:
    rules(HOURS)
    book = load_workbook(sheet)
    book.worksheets[0]["Z1"] = "备注"
    book.save(sheet)
    clock.last(hours=10)
    ran = itemsync("watch", sheet, "--every", "1h")
    assert len(ran.out.splitlines()) > 5
    assert ran.err.count("备注 (Z)") == 1
    assert "备注" not in itemsync("watch", sheet, "--once").err


def test_a_state_that_is_busy_is_told_once_and_waited_for(
    clock: EventClock, sheet: Path, rules: Rules, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(HOURS)
    clock.last(minutes=20)
    baselines, looks = Store.baselines, count()

    def busy_twice(store: Store, *codes: object) -> object:
        if next(looks) < 2:
            raise OperationalError("", None, Exception("database is locked"))
        return baselines(store, *codes)  # type: ignore[arg-type]

    monkeypatch.setattr(Store, "baselines", busy_twice)
    ran = itemsync("watch", sheet, "--every", "1h", "--json")
    codes = [one["error"] and one["error"]["code"] for one in told(ran)]
    assert (ran.code, codes[:3]) == (0, ["state.busy", "state.busy", None])
    assert ran.err.count("正占着同步记录") == 1
    assert told(ran)[2]["run"] == 1


def test_a_bug_ends_a_watch(sheet: Path, rules: Rules, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> object:
        raise InvalidRequestError("closed")

    rules(HOURS)
    monkeypatch.setattr(Store, "baselines", broken)
    assert itemsync("watch", sheet, "--once").code == 70
