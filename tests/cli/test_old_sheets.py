"""An old sheet doesn't take prices back unseen, and drift can be left for a person
(docs/reference/three-way.md#stale)."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, item_id, line, row, type_in, write


@pytest.fixture
def old(synced: Path, itemsync: Command) -> Path:
    """The sheet as it was before run 2, of the same name, set the price of A-1 to 25."""
    before = synced.read_bytes()
    type_in(synced, "A-1", "价格", 25)
    assert itemsync("apply", synced, "--yes").code == 0
    synced.write_bytes(before)
    return synced


def price(sandbox: Sandbox, code: str = "A-1") -> object:
    return held(sandbox, code)[PRICE]


def test_an_old_price_is_stale_with_both_values_and_who_set_it(old: Path, itemsync: Command) -> None:
    plan = itemsync("plan", old, "--json").json
    assert (plan["summary"]["stale"], plan["summary"]["conflict"], plan["summary"]["drift"]) == (1, 0, 0)
    assert plan["rows"][0]["changes"] == [{"path": PRICE, "from": "25.00", "to": "20.00", "kind": "stale"}]
    (problem,) = plan["rows"][0]["problems"]
    for word in ("¥25", "¥20", "weekly.xlsx", "--on-conflict skip"):
        assert word in problem["message"], word
    shown = itemsync("plan", old, "--html", old.with_name("plan.html")).out
    assert "旧值 1" in shown
    assert 'data-key="stale"' in old.with_name("plan.html").read_text(encoding="utf-8")
    assert "stale 1" in itemsync("--lang", "en", "plan", old).out


def test_it_wins_unless_conflicts_are_left(old: Path, itemsync: Command, sandbox: Sandbox) -> None:
    was = row(old, "A-1")["同步时间"]
    for _ in range(2):
        ran = itemsync("apply", old, "--yes", "--on-conflict", "skip", "--json")
        first = ran.json["rows"][0]
        assert (ran.code, first["result"], price(sandbox)) == (1, "skipped", 2500)
        assert "没有执行" in first["note"]
        assert row(old, "A-1")["同步时间"] == was, "a row that was left is as old as before"
    ran = itemsync("apply", old, "--yes", "--json")
    assert (ran.code, ran.json["rows"][0]["result"], price(sandbox)) == (0, "done", 2000)
    assert "--on-conflict" not in ran.json["rows"][0]["note"]
    assert itemsync("plan", old, "--json").json["summary"]["stale"] == 0


def test_an_edit_in_the_sheet_that_bears_the_results_is_an_edit(old: Path, itemsync: Command) -> None:
    assert itemsync("apply", old, "--yes").code == 0
    type_in(old, "A-1", "价格", 26)
    assert itemsync("plan", old, "--json").json["rows"][0]["changes"][0]["kind"] == "edit"


def test_an_invalid_row_does_not_grow_younger(old: Path, itemsync: Command) -> None:
    type_in(old, "A-1", "目标状态", "perhaps")
    assert itemsync("apply", old, "--yes", "--json").json["rows"][0]["result"] == "invalid"
    type_in(old, "A-1", "目标状态", "上架")
    assert itemsync("plan", old, "--json").json["rows"][0]["changes"][0]["kind"] == "stale"


def test_a_new_weeks_file_edits_and_that_another_file_set_it_is_said_once(synced: Path, itemsync: Command) -> None:
    week = write(synced.with_name("week 2.xlsx"), *(line(code, 价格=25) for code in ("A-1", "A-2", "A-3")))
    plan = itemsync("plan", week, "--json").json
    assert {change["kind"] for one in plan["rows"] for change in one["changes"]} == {"edit"}
    assert [one["problems"] for one in plan["rows"]] == [[], [], []]
    (note,) = plan["notes"]
    assert (note["code"], "weekly.xlsx" in note["message"], "3 行" in note["message"]) == (
        "edit.other_file", True, True,
    )  # fmt: skip
    assert itemsync("plan", week).out.count("weekly.xlsx") == 1
    assert "notes" not in itemsync("plan", synced, "--json").json


@pytest.mark.parametrize("saved", [False, True], ids=["at once", "by a saved plan"])
def test_drift_is_left_for_a_person_where_that_is_asked_for(
    synced: Path, itemsync: Command, sandbox: Sandbox, saved: bool
) -> None:
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 19.0}}')
    sandbox.shop.sell(item_id("A-2"), 3)
    type_in(synced, "A-3", "价格", 25)
    asked: tuple[str, ...] = ("--on-drift", "skip")
    source = synced
    if saved:
        source = synced.with_name("plan.json")
        assert itemsync("plan", synced, *asked, "-o", source).code == 1
        asked = ()
    ran = itemsync("apply", source, "--yes", "--json", *asked)
    assert [one["result"] for one in ran.json["rows"]] == ["skipped", "none", "done"]
    assert (ran.code, ran.json["summary"]["drift"]) == (1, 1), "a sale is no drift"
    assert (price(sandbox), price(sandbox, "A-3")) == (1900, 2500)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.json["rows"][0]["changes"][0]["kind"], price(sandbox)) == ("drift", 2000)


def test_what_was_sold_or_sold_out_is_reported_and_no_drift(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.shop.sell(item_id("A-1"), 3)
    sandbox.shop.sell(item_id("A-2"), 10)
    plan = itemsync("plan", synced, "--json").json
    assert plan["summary"]["drift"] == 0
    told = [[problem["code"] for problem in one["problems"]] for one in plan["rows"]]
    assert told == [["stock.presumably_sold"], ["stock.presumably_sold", "status.sold_out"], []]
    assert "平台变动 0" in itemsync("plan", synced).out
