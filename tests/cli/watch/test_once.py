"""`watch --once`: one tick with the exit codes of docs/reference/exit-codes.md, for whoever runs it on a timer."""

from __future__ import annotations

from contextlib import ExitStack
from json import loads
from pathlib import Path

import pytest

from sync.address import gateway_name
from sync.apply import watch as applied
from sync.item import Status
from sync.plan import watch as planned
from sync.sandbox.gate import Authorization
from sync.sandbox.server import Sandbox
from sync.service.sheet_port import SheetShop
from sync.service.sheets import FileSheet
from sync.sheet.read import Sheet
from sync.state.lock import only_one
from sync.state.store import Store
from tests.cli.conftest import STATE, Command
from tests.cli.kills import killed
from tests.cli.small_shop import CODES, Json, goods, item_id, line
from tests.cli.watch.conftest import HOURS, Rules, write
from tests.cli.watch.event_clock import RecordingShop
from tests.cli.watch.test_ticks import LOW

OFF = [f"Mon 00:00 {code} off" for code in CODES]


def tick(itemsync: Command, sheet: Path, *options: str) -> tuple[int, Json]:
    ran = itemsync("watch", sheet, "--once", "--json", *options)
    return ran.code, loads(ran.out)


def turned(shop: RecordingShop) -> list[str]:
    return [str(turn) for turn in sorted(shop.turns)]


def test_0_what_the_rules_ask_is_done_and_a_second_time_nothing_is(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command, sandbox: Sandbox
) -> None:
    rules(HOURS)
    before = sheet.read_bytes()
    code, told = tick(itemsync, sheet)
    assert (code, turned(shop)) == (0, OFF)
    assert (told["run"], told["watched"], told["next_at"], told["error"]) == (1, 3, None, None)
    assert told["shop"] == {"profile": "default", "gateway": gateway_name(sandbox.gateway), "seller": ""}
    assert [row["result"] for row in told["plan"]["rows"]] == ["done"] * 3
    sandbox.calls.clear()
    code, told = tick(itemsync, sheet)
    assert (code, told["run"], told["reads"], sandbox.calls.total()) == (0, None, 0, 0)
    assert sheet.read_bytes() == before


def test_0_a_sheet_without_rules_has_nothing_to_watch(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    code, told = tick(itemsync, sheet)
    assert (code, told["watched"], sandbox.calls.total()) == (0, 0, 0)


def test_what_was_so_already_is_remembered_without_a_run(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command, sandbox: Sandbox
) -> None:
    rules(HOURS)
    for code in CODES:
        shop.turn_by_hand(code, Status.INACTIVE)
    ran = itemsync("watch", sheet, "--once")
    assert (ran.code, turned(shop)) == (0, [])
    assert "不用调用" in ran.out
    sandbox.calls.clear()
    assert "没有变化" in itemsync("watch", sheet, "--once").out
    assert (sandbox.calls.total(), itemsync("history", "--json").json) == (0, {"runs": []})


def test_1_a_row_that_cannot_be_watched(sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command) -> None:
    rules(HOURS)
    write(sheet, line("A-1", 上架时间="迟早"), line("A-2", 商品ID=str(item_id("A-9"))), line("A-3", 价格="贵"))
    code, told = tick(itemsync, sheet)
    assert (code, turned(shop)) == (1, OFF[2:])
    assert [(one["outer_id"], one["code"]) for one in told["held"]] == [
        ("A-1", "date.format"),
        ("A-2", "item.not_found"),
    ]
    assert "2 行有规则，读取 1 件：没有变化" in itemsync("watch", sheet, "--once").out


@pytest.mark.parametrize(
    ("options", "code"),
    [(("--every", "5"), "cli.usage"), (("--every", "0m"), "cli.usage"), (("--force", "nothing"), "cli.usage")],
)
def test_2_a_wrong_option(sheet: Path, itemsync: Command, options: tuple[str, ...], code: str) -> None:
    ran = itemsync("watch", sheet, *options, "--json")
    assert (ran.code, ran.error) == (2, code)


def test_2_a_sheet_that_is_not_there(folder: Path, itemsync: Command) -> None:
    ran = itemsync("watch", folder / "nowhere.xlsx", "--json")
    assert (ran.code, ran.error) == (2, "sheet.missing")


def test_2_a_sheet_that_cannot_be_read(sheet: Path, rules: Rules, itemsync: Command) -> None:
    rules(HOURS)
    sheet.write_bytes(sheet.read_bytes()[:1000])
    code, told = tick(itemsync, sheet)
    assert (code, told["error"]["code"]) == (2, "sheet.damaged")


@pytest.mark.parametrize("missing", ["ITEMSYNC_GATEWAY", "ITEMSYNC_SESSION"])
def test_2_settings_that_lack_something(
    sheet: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.delenv(missing)
    ran = itemsync("watch", sheet, "--json")
    assert ran.code == 2


@pytest.fixture(params=[1, 2, 5_000])
def together(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many rows are looked at before the next ones are."""
    for module in (applied, planned):
        monkeypatch.setattr(module, "TOGETHER", request.param)


@pytest.mark.usefixtures("together")
def test_rows_looked_at_some_after_others_are_one_tick(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(LOW.replace('codes = ["A-3"]', "") + HOURS)
    assert tick(itemsync, sheet)[0] == 0
    for code in CODES[:2]:
        shop.turn_by_hand(code, Status.ACTIVE)
    ended, told = tick(itemsync, sheet)
    assert (ended, told["watched"], told["reads"], turned(shop)) == (0, 3, 3, OFF)
    assert [one["outer_id"] for one in told["by_hand"]] == [*CODES[:2]]


@pytest.fixture
def crowd(sheet: Path, rules: Rules, shop: RecordingShop) -> Path:
    """So many items that turning them all off is more likely an accident."""
    rules(HOURS)
    codes = [f"A-{number}" for number in range(1, 9)]
    shop.load(goods(code) for code in codes)
    return write(sheet, *map(line, codes))


def test_3_a_guard_stops_what_nobody_was_asked_about(crowd: Path, shop: RecordingShop, itemsync: Command) -> None:
    code, told = tick(itemsync, crowd)
    assert (code, told["error"]["code"], told["plan"]["guards"], turned(shop)) == (
        3, "cli.guarded", ["takedown"], [],
    )  # fmt: skip
    assert told["run"] is None
    assert tick(itemsync, crowd, "--force", "takedown")[0] == 0
    assert len(shop.turns) == 8


def test_4_a_gateway_that_refuses_us(
    sheet: Path, rules: Rules, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules(HOURS)
    others = Authorization(Sandbox.app_key, Sandbox.app_secret, "another session")
    monkeypatch.setattr("sync.sandbox.platform.CREDENTIALS", others)
    code, told = tick(itemsync, sheet)
    assert (code, told["error"]["code"]) == (4, "gateway.session")


def test_5_another_is_at_work(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command, folder: Path
) -> None:
    rules(HOURS)
    store = Store(str(folder / STATE), "default")
    with ExitStack() as held:
        held.callback(store.close)
        held.enter_context(only_one(store))
        code, told = tick(itemsync, sheet)
    assert (code, told["error"]["code"], turned(shop)) == (5, "run.locked", [])


def test_5_what_a_person_left_unfinished_is_left_to_that_person(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    write(sheet, line("A-1", 价格=21), line("A-2"), line("A-3"))
    with killed():
        itemsync("apply", sheet, "--yes")
    rules(HOURS)
    code, told = tick(itemsync, sheet)
    assert (code, told["error"]["code"], turned(shop)) == (5, "run.unfinished", [])
    assert itemsync("resume").code == 0
    assert (tick(itemsync, sheet)[0], sorted(turn.code for turn in shop.turns)) == (0, [*CODES])


@pytest.mark.parametrize("after", [False, True], ids=["before the call", "after it"])
def test_its_own_unfinished_run_it_takes_up_itself(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command, after: bool
) -> None:
    rules(HOURS)
    with killed(number=2, after=after):
        itemsync("watch", sheet, "--once")
    assert shop.turns
    code, told = tick(itemsync, sheet)
    assert (code, told["taken_up"], told["run"]) == (0, 1, None)
    assert sorted(turn.code for turn in shop.turns) == [*CODES]
    assert itemsync("resume", "--json").json["run"] is None


def test_what_the_platform_refuses_is_not_tried_every_few_minutes(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command, sandbox: Sandbox
) -> None:
    rules(HOURS)
    shop.refused = {"A-2"}
    code, told = tick(itemsync, sheet)
    assert code == 1
    assert [row["result"] for row in told["plan"]["rows"]] == ["done", "failed", "done"]
    sandbox.calls.clear()
    assert (tick(itemsync, sheet)[0], sandbox.writes) == (0, 0)


def test_the_calls_of_a_tick_are_as_few_as_the_docs_say(
    sheet: Path, rules: Rules, itemsync: Command, sandbox: Sandbox
) -> None:
    """See docs/reference/calls.md#calls-of-a-week."""

    def calls(*options: str) -> int:
        sandbox.calls.clear()
        tick(itemsync, sheet, *options)
        return sandbox.calls.total()

    rules(HOURS)
    assert calls() == 3 + 3 + 3, "each is read, turned off, and read back"
    assert calls() == 0, "the clock alone tells that nothing is to be done"
    rules(HOURS + LOW)
    assert calls() == 1, "the stock of one is looked at"
    rules(HOURS)
    assert [calls("--drift"), calls("--drift")] == [3, 0], "once a day"


def test_the_days_report_takes_the_sheet_as_it_was_just_read(
    sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, reading = list[str](), FileSheet.read

    def noted(source: FileSheet, shop: SheetShop, worksheet: str | None) -> Sheet:
        read.append(source.name)
        return reading(source, shop, worksheet)

    monkeypatch.setattr(FileSheet, "read", noted)
    rules(HOURS)
    tick(itemsync, sheet)
    shop.load([goods("A-2", status=0, price=1.0)])
    read.clear()
    assert tick(itemsync, sheet, "--drift")[1]["drifted"] == ["A-2"]
    assert read == [sheet.name]
