"""Giving up a run: the shop is free again, and nothing is lost or done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.call import Op
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Status
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import held, item_id, line, moving, new_line, results, type_in, write

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def cut_off(synced: Path, itemsync: Command) -> Path:
    """A sheet of which the first price was sent and never heard of, when the process died; run 2."""
    write(synced, line("A-1", 价格=21), line("A-2", 价格=22), line("A-3"))
    with killed(lambda call: call.op is Op.MODIFY):
        itemsync("apply", synced, "--yes")
    assert itemsync("apply", synced, "--yes").code == 5
    return synced


def test_what_was_lost_is_unknown_what_is_open_is_skipped_and_the_shop_is_free(
    cut_off: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.calls.clear()
    ran = itemsync("abandon", "2", "--yes", "--json")
    assert not sandbox.calls
    assert ran.code == 1
    assert {row["result"] for row in ran.json["rows"]} <= {"unknown", "skipped", "none"}
    assert "unknown" in {row["result"] for row in ran.json["rows"]}
    assert results(cut_off)["A-3"] == "无变化"
    assert itemsync("history", "--json").json["runs"][0]["finished_at"] is not None
    assert itemsync("apply", cut_off, "--yes").code == 0
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-2")] == [2100, 2200]


def test_it_needs_no_gateway_and_no_token(cut_off: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ITEMSYNC_SESSION")
    monkeypatch.delenv("ITEMSYNC_APP_SECRET")
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:9/router/rest")
    assert itemsync("abandon", "2", "--yes").code == 1
    assert itemsync("history", "--json").json["runs"][0]["finished_at"] is not None


@pytest.mark.parametrize("answer", ["happened", "not"])
def test_a_lost_stock_change_is_held_until_a_person_answers(
    synced: Path, itemsync: Command, sandbox: Sandbox, answer: str
) -> None:
    write(synced, moving("A-1", 5), line("A-2"), line("A-3"))
    with killed(lambda call: call.op is Op.STOCK):
        itemsync("apply", synced, "--yes")
    before = held(sandbox, "A-1")[INVENTORY]
    ran = itemsync("abandon", "2", "--yes", "--json")
    (row, *_) = ran.json["rows"]
    assert row["result"] == "unknown"
    assert "itemsync resume --answer A-1=happened" in row["note"]
    assert itemsync("apply", synced, "--yes", "--json").json["rows"][0]["result"] == "blocked"
    assert held(sandbox, "A-1")[INVENTORY] == before
    assert itemsync("resume", "--answer", f"A-1={answer}").code == 0
    itemsync("apply", synced, "--yes")
    moved = before if answer == "happened" else before + 5  # type: ignore[operator]
    assert held(sandbox, "A-1")[INVENTORY] == moved


def test_a_lost_publish_makes_no_second_item(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), line("A-2"), line("A-3"), new_line("B-1"))
    with killed(lambda call: call.op is Op.PUBLISH):
        itemsync("apply", synced, "--yes")
    assert itemsync("abandon", "2", "--yes").code == 1
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "B-1")


@pytest.mark.parametrize("after", [False, True], ids=["before it left", "after it was done"])
def test_what_was_done_before_stays_and_is_undone_like_any_other(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, *, after: bool
) -> None:
    monkeypatch.setenv("ITEMSYNC_CONNECTIONS", "1")
    monkeypatch.setenv("ITEMSYNC_BATCH", "1")
    write(synced, line("A-1", 价格=21), line("A-2", 价格=22), line("A-3", 价格=23))
    with killed(lambda call: call.op is Op.MODIFY, 2, after=after):
        itemsync("apply", synced, "--yes")
    kept = [held(sandbox, code)[PRICE] for code in ("A-1", "A-2", "A-3")]
    assert kept != [2000, 2000, 2000]
    itemsync("abandon", "2", "--yes")
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-2", "A-3")] == kept
    assert itemsync("apply", synced, "--yes").code == 0
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-2", "A-3")] == [2100, 2200, 2300]
    shown = [itemsync("show", run, "--json").json["rows"] for run in ("2", "3")]
    done = {row["outer_id"] for rows in shown for row in rows if row["result"] == "done"}
    assert done
    for run in ("3", "2"):
        assert itemsync("undo", run, "--yes").code == 0
    assert {held(sandbox, code)[PRICE] for code in done} == {2000}


@pytest.mark.parametrize(("run", "code"), [("1", "abandon.finished"), ("9", "state.no_run")])
def test_there_is_nothing_to_give_up(synced: Path, itemsync: Command, run: str, code: str) -> None:
    ran = itemsync("abandon", run, "--yes", "--json")
    assert (ran.code, ran.error) == (2, code)


def test_without_a_terminal_it_wants_to_be_told(cut_off: Path, itemsync: Command) -> None:
    ran = itemsync("abandon", "2", "--json")
    assert (ran.code, ran.error) == (2, "cli.say_yes")
    assert itemsync("apply", cut_off, "--yes").code == 5


# --- undo: some rows, and nothing ---------------------------------------------------------------------------------


def test_an_undo_of_some_rows_leaves_the_others_to_a_later_one(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, line("A-1", 价格=21), line("A-2", 价格=22), line("A-3", 价格=23))
    itemsync("apply", synced, "--yes")
    Path("codes.txt").write_text("A-1\nA-3\n", encoding="utf-8")
    assert itemsync("undo", "2", "--only", "@codes.txt", "--yes").code == 0
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-2", "A-3")] == [2000, 2200, 2000]
    assert itemsync("undo", "2", "--only", "A-1", "--yes", "--json").error == "undo.already"
    assert itemsync("undo", "2", "--yes").code == 0
    assert [held(sandbox, code)[PRICE] for code in ("A-1", "A-2", "A-3")] == [2000, 2000, 2000]


def test_an_undo_of_rows_that_the_run_has_not(synced: Path, itemsync: Command) -> None:
    ran = itemsync("undo", "1", "--only", "A-1,B-7", "--yes", "--json")
    assert (ran.code, ran.error) == (2, "undo.only_unknown")


def test_an_undo_of_a_run_that_changed_nothing_makes_no_run(synced: Path, itemsync: Command) -> None:
    ran = itemsync("undo", "1", "--yes")
    assert (ran.code, "没有改动过什么" in ran.out) == (0, True)
    assert itemsync("undo", "1", "--yes", "--json").json["run"] is None
    assert len(itemsync("history", "--json").json["runs"]) == 1


# --- what is told of a saved plan ---------------------------------------------------------------------------------


def test_a_saved_plan_whose_row_is_another_thing_by_now_says_so(synced: Path, itemsync: Command) -> None:
    type_in(synced, "A-1", "价格", 25)
    itemsync("plan", synced, "-o", "plan.json")
    type_in(synced, "A-1", "价格", 20)
    ran = itemsync("apply", "plan.json", "--yes", "--json")
    assert "预览时这一行是“修改”，现在是“无变化”" in ran.json["rows"][0]["note"]


@pytest.mark.parametrize(
    "args",
    [
        ["apply", "plan_missing.json"], ["apply", "gone/plan.json"], ["apply", "gone.xlsx"], ["plan", "gone.xlsx"],
        ["check", "gone.csv"], ["pull", "--into", "gone.xlsx"], ["watch", "gone.xlsx", "--once"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_file_that_is_not_there_is_said_not_to_be(itemsync: Command, folder: Path, args: list[str]) -> None:
    ran = itemsync(*args)
    assert ran.code == 2
    assert "找不到文件" in ran.err


def test_what_was_carried_out_of_a_run_that_was_given_up_is_undone(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, line("A-1", 价格=21, 目标状态="下架"), line("A-2"), line("A-3"))
    with killed(lambda call: call.op is Op.MODIFY):
        itemsync("apply", synced, "--yes")
    itemsync("abandon", "2", "--yes")
    assert held(sandbox, "A-1")[STATUS] == Status.INACTIVE
    assert itemsync("undo", 2, "--yes").code == 0
    assert (held(sandbox, "A-1")[STATUS], held(sandbox, "A-1")[PRICE]) == (Status.ACTIVE, 2000)


@pytest.mark.parametrize("kept", [True, False], ids=["an old copy", "not kept"])
def test_what_was_seen_otherwise_than_it_was_sent_is_not_known_to_be_done(
    synced: Path, itemsync: Command, sandbox: Sandbox, *, kept: bool
) -> None:
    write(synced, line("A-1", 价格=21), line("A-2"), line("A-3"))
    sandbox.faults = Faults("lag=60")
    with killed(lambda call: call.op is Op.LOOK, 2):
        itemsync("apply", synced, "--yes")
    (row, *_) = itemsync("abandon", "2", "--yes", "--json").json["rows"]
    assert (row["result"], "21.00" in row["note"], "20.00" in row["note"]) == ("unknown", True, True)
    sandbox.faults = Faults()
    if not kept:
        sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 20}}')
    (row, *_) = itemsync("apply", synced, "--yes", "--json").json["rows"]
    assert (row["result"], row["problems"]) == ("none" if kept else "done", [])
    assert held(sandbox, "A-1")[PRICE] == 2100


def test_a_stock_change_that_no_look_has_shown_waits_for_an_answer(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", 5), line("A-2"), line("A-3"))
    sandbox.faults = Faults("lag=60")
    with killed(lambda call: call.op is Op.LOOK, 2):
        itemsync("apply", synced, "--yes")
    (row, *_) = itemsync("abandon", "2", "--yes", "--json").json["rows"]
    assert row["result"] == "unknown"
    assert "itemsync resume --answer A-1=happened" in row["note"]
