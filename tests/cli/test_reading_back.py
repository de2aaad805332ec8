"""A platform that keeps values its own way, and one whose readings lag: *done* is so, and nothing is done twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE, TITLE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, moving, row, write

LONG = "法式美甲  纯色款 & 春夏新品 十指全套 含卸甲 到店服务 一次做完"
LAG = "0.4"
"""Seconds."""


@pytest.fixture
def keeps_its_way(sandbox: Sandbox) -> Sandbox:
    sandbox.faults = Faults("normalise=1")
    return sandbox


@pytest.fixture
def lags(sandbox: Sandbox, real_time: None, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    sandbox.faults = Faults(f"lag={LAG}")
    monkeypatch.setenv("ITEMSYNC_SETTLE", "0.8")
    monkeypatch.setenv("ITEMSYNC_TIMEOUT", "1")
    return sandbox


def test_what_is_kept_another_way_is_told_once_and_never_sent_again(
    synced: Path, itemsync: Command, keeps_its_way: Sandbox
) -> None:
    write(synced, line("A-1", 标题=LONG), line("A-2", 价格=1234.56), line("A-3"))
    ran = itemsync("apply", synced, "--yes", "--force", "price", "--json")
    assert (ran.code, [one["result"] for one in ran.json["rows"]]) == (0, ["done", "done", "none"])
    kept = str(held(keeps_its_way, "A-1")[TITLE])
    assert kept != LONG and kept in ran.json["rows"][0]["note"]
    assert held(keeps_its_way, "A-2")[PRICE] == 123_500
    keeps_its_way.calls.clear()
    again = itemsync("apply", synced, "--yes", "--json")
    assert (again.code, again.json["summary"]["drift"], keeps_its_way.writes) == (0, 0, 0)
    assert kept not in "".join(one["note"] for one in again.json["rows"]), "it is told once"


def test_what_is_kept_another_way_is_undone_all_the_same(
    synced: Path, itemsync: Command, keeps_its_way: Sandbox
) -> None:
    before = held(keeps_its_way, "A-1")[TITLE]
    write(synced, line("A-1", 标题=LONG), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    assert itemsync("undo", "2", "--yes").code == 0
    assert held(keeps_its_way, "A-1")[TITLE] == before


def test_what_is_undone_is_sent_as_it_was_typed_and_not_escaped_anew(
    synced: Path, itemsync: Command, keeps_its_way: Sandbox
) -> None:
    titles = ["L'Oréal & 兰蔻 <新款> 美甲", "别的 & 标题"]
    shown = []
    for title in titles:
        write(synced, line("A-1", 标题=title), line("A-2"), line("A-3"))
        assert itemsync("apply", synced, "--yes").code == 0
        shown.append(held(keeps_its_way, "A-1")[TITLE])
    assert itemsync("undo", "3", "--yes").code == 0
    assert held(keeps_its_way, "A-1")[TITLE] == shown[0]
    assert "有意留着" in itemsync("plan", synced).out
    assert itemsync("undo", "4", "--yes").code == 0
    assert held(keeps_its_way, "A-1")[TITLE] == shown[1]


def test_without_reading_back_the_next_plan_takes_it_for_what_it_is(
    synced: Path, itemsync: Command, keeps_its_way: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_VERIFY", "false")
    write(synced, line("A-1", 标题="猫爪杯  大号"), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    keeps_its_way.calls.clear()
    assert itemsync("apply", synced, "--yes").code == 0
    assert keeps_its_way.writes == 0


def test_old_copies_do_nothing_twice(synced: Path, itemsync: Command, lags: Sandbox) -> None:
    write(synced, moving("A-1", 6), line("A-2", 库存=25), line("A-3", 价格=25))
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, [one["result"] for one in ran.json["rows"]]) == (0, ["done"] * 3)
    assert [held(lags, code)[INVENTORY] for code in ("A-1", "A-2")] == [16, 25]
    lags.calls.clear()
    again = itemsync("apply", synced, "--yes", "--json")
    assert (again.code, again.json["summary"]["drift"], lags.writes) == (0, 0, 0)
    assert row(synced, "A-1")["同步结果"] == "无变化"


def test_a_count_edited_at_once_counts_from_what_there_is(
    synced: Path, itemsync: Command, lags: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing was read back, and the very next plan reads an old copy."""
    monkeypatch.setenv("ITEMSYNC_VERIFY", "false")
    write(synced, line("A-1", 库存=25), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    write(synced, line("A-1", 库存=30), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes", "--force", "all").code == 0
    assert held(lags, "A-1")[INVENTORY] == 30


def test_an_undo_at_once_finds_what_there_is_to_reverse(synced: Path, itemsync: Command, lags: Sandbox) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3", 价格=25))
    assert itemsync("apply", synced, "--yes").code == 0
    assert itemsync("undo", "2", "--yes").code == 0
    assert (held(lags, "A-1")[INVENTORY], held(lags, "A-3")[PRICE]) == (10, 2000)


@pytest.fixture
def changed_twice(
    synced: Path, itemsync: Command, sandbox: Sandbox, real_time: None, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A sheet of which runs 2 and 3 have just changed the same item; readings tell of run 2, and not yet of run 3."""
    monkeypatch.setenv("ITEMSYNC_SETTLE", "1")
    monkeypatch.setenv("ITEMSYNC_VERIFY", "false")
    write(synced, line("A-1", 价格=21), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.faults = Faults("lag=0.6")
    write(synced, line("A-1", 价格=22, 标题="新款"), line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    sandbox.calls.clear()
    return synced


def test_an_undo_leaves_what_a_run_after_it_changed_a_moment_ago(
    changed_twice: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    undone = itemsync("undo", "2", "--yes", "--json").json["rows"][0]
    assert [problem["code"] for problem in undone["problems"]] == ["undo.changed_since"]
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[TITLE], sandbox.writes) == (2200, "新款", 0)


def test_of_several_runs_just_now_none_is_forgotten(changed_twice: Path, itemsync: Command, sandbox: Sandbox) -> None:
    again = itemsync("apply", changed_twice, "--yes", "--json")
    assert (again.json["rows"][0]["result"], again.json["summary"]["drift"], sandbox.writes) == ("none", 0, 0)
