"""A run that is cut off: nothing is lost and nothing happens twice, and the next command says what to type."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sync.call import Call, Op
from sync.fields import INVENTORY, ITEM_ID, PRICE, STATUS
from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed, killed_at_commit, killed_before_delivery, meanwhile
from tests.cli.small_shop import held, items, line, moving, new_line, results, row, type_in, write

pytestmark = pytest.mark.usefixtures("quick")


@pytest.fixture
def busy(synced: Path) -> Path:
    """A sheet with one of each kind of work."""
    return write(
        synced, line("A-1", 价格=25, 目标状态="下架"), line("A-2", 库存=4), moving("A-3", 5), new_line("B-1")
    )


def _is(op: Op) -> Callable[[Call], bool]:
    return lambda call: call.op is op


KILLS: Mapping[str, Callable[[], AbstractContextManager[None]]] = {
    "before the first call": killed,
    "after the status": lambda: killed(_is(Op.STATUS), after=True),
    "before the edit": lambda: killed(_is(Op.MODIFY)),
    "after the edit": lambda: killed(_is(Op.MODIFY), after=True),
    "after the count": lambda: killed(_is(Op.STOCK), after=True),
    "after the move": lambda: killed(_is(Op.STOCK), 2, after=True),
    "after the id": lambda: killed(_is(Op.GENERATE), after=True),
    "before the publish": lambda: killed(_is(Op.PUBLISH)),
    "after the publish": lambda: killed(_is(Op.PUBLISH), after=True),
    "before the first commit": lambda: killed_at_commit(1),
    "before the third commit": lambda: killed_at_commit(3),
}


@pytest.mark.one_in(3)
@pytest.mark.parametrize("point", KILLS)
def test_a_killed_run_is_finished_by_resume(busy: Path, itemsync: Command, sandbox: Sandbox, point: str) -> None:
    with KILLS[point]():
        itemsync("apply", busy, "--yes")
    assert results(busy)["A-1"] is None
    refused = itemsync("apply", busy, "--yes")
    assert refused.code == 5
    assert "itemsync resume" in refused.err
    listed = itemsync("history", "--json").json["runs"][0]
    assert (listed["run"], listed["finished_at"]) == (2, None)

    resumed = itemsync("resume", "--json")
    assert resumed.code == 0
    assert resumed.json.keys() == {"format_version", "shop", "run", "rows"}
    assert (resumed.json["run"], {one["result"] for one in resumed.json["rows"]}) == (2, {"done"})
    assert set(results(busy).values()) == {"完成"}
    assert row(busy, "A-3")["库存增减"] is None
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[STATUS]) == (2500, Status.INACTIVE)
    assert (held(sandbox, "A-2")[INVENTORY], held(sandbox, "A-3")[INVENTORY]) == (4, 15)
    assert row(busy, "B-1")["商品ID"] == held(sandbox, "B-1")[ITEM_ID]
    assert len(items(sandbox)) == 4

    sandbox.calls.clear()
    assert itemsync("resume").code == 0
    assert itemsync("apply", busy, "--yes").code == 0
    assert sandbox.writes == 0


def test_resume_ends_as_a_run_does(busy: Path, itemsync: Command, folder: Path) -> None:
    with killed(_is(Op.STATUS), after=True):
        itemsync("apply", busy, "--yes")
    ran = itemsync("resume", "--report", folder / "told")
    assert ran.code == 0
    assert "第 2 次运行" in ran.out
    assert "完成 4" in ran.out
    assert "taobao." not in ran.out, "the calls are for show"
    page = (folder / "told" / "run-2.html").read_text(encoding="utf-8")
    for word in ("A-1", "A-2", "A-3", "B-1", "¥25.00", "完成"):
        assert word in page
    assert (folder / "told" / "run-2.xlsx").exists()


def test_the_report_of_a_run_that_was_cut_off_is_written_whole_by_resume(
    synced: Path, itemsync: Command, sandbox: Sandbox, folder: Path
) -> None:
    write(synced, line("A-1", 价格=25), line("A-2", 价格=26), line("A-3", 价格="x"))
    with killed(_is(Op.MODIFY), 2):
        itemsync("apply", synced, "--yes")
    ran = itemsync("resume")
    assert ran.code == 1
    assert "A-3" in ran.out, "it needs a person"
    page = (folder / "state-reports" / "run-2.html").read_text(encoding="utf-8")
    for word in ("A-1", "A-2", "A-3", "¥25.00", "¥26.00"):
        assert word in page


@pytest.mark.parametrize("without", ["ITEMSYNC_SESSION", "ITEMSYNC_APP_SECRET", "ITEMSYNC_GATEWAY"])
def test_a_finished_run_that_was_not_delivered_needs_no_platform(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, without: str
) -> None:
    write(synced, line("A-1", 价格=25), line("A-2"), line("A-3"))
    with killed_before_delivery():
        itemsync("apply", synced, "--yes")
    monkeypatch.delenv(without)
    sandbox.calls.clear()
    assert itemsync("resume").code == 0
    assert results(synced)["A-1"] == "完成"
    assert not sandbox.calls


def test_resume_that_is_killed_too_is_resumed(busy: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with killed(_is(Op.MODIFY)):
        itemsync("apply", busy, "--yes")
    with killed(_is(Op.PUBLISH), after=True):
        itemsync("resume")
    assert itemsync("resume").code == 0
    assert set(results(busy).values()) == {"完成"}
    assert held(sandbox, "A-3")[INVENTORY] == 15


def test_what_staff_typed_since_waits_for_the_next_run(busy: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with killed():
        itemsync("apply", busy, "--yes")
    type_in(busy, "A-1", "价格", 30)
    assert itemsync("resume").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500
    assert row(busy, "A-1")["价格"] == 30
    assert itemsync("apply", busy, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 3000


def test_resume_where_the_sheet_has_gone(busy: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with killed():
        itemsync("apply", busy, "--yes")
    moved = busy.rename(busy.with_name("moved.xlsx"))
    ran = itemsync("resume")
    assert ran.code == 1
    assert "itemsync show 2 --write" in ran.err
    assert itemsync("show", 2, "--write", moved).code == 0
    assert set(results(moved).values()) == {"完成"}


@pytest.fixture
def doubtful(synced: Path, itemsync: Command) -> Path:
    """A sheet whose 库存增减 of 5 was sent or not: the process died before anybody knew, and nothing has moved."""
    write(synced, moving("A-1", 5), line("A-2", 价格=25), line("A-3"))
    with killed(_is(Op.STOCK)):
        itemsync("apply", synced, "--yes")
    return synced


def test_a_move_that_nobody_can_settle_stays_unknown_and_holds_only_its_row(
    doubtful: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    ran = itemsync("resume", "--json")
    assert ran.code == 1
    assert [one["result"] for one in ran.json["rows"]] == ["unknown", "done", "none"]
    assert "10" in ran.json["rows"][0]["note"], "both values"
    assert row(doubtful, "A-1")["同步结果"] == "未知"
    assert row(doubtful, "A-1")["库存增减"] == 5
    assert itemsync("history", "--json").json["runs"][0]["finished_at"], (
        "a run whose only open rows are such is finished"
    )
    sandbox.calls.clear()
    held_back = itemsync("apply", doubtful, "--yes", "--json")
    assert held_back.code == 1
    assert held_back.json["rows"][0]["result"] == "blocked"
    assert "resume --answer" in held_back.json["rows"][0]["note"]
    assert sandbox.writes == 0


def test_an_old_runs_results_let_go_of_no_later_runs_move(busy: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert itemsync("apply", busy, "--yes").code == 0
    type_in(busy, "A-3", "库存增减", 6)
    with killed_before_delivery():
        itemsync("apply", busy, "--yes")
    assert held(sandbox, "A-3")[INVENTORY] == 21
    assert itemsync("show", 2, "--write", busy).code == 0
    assert row(busy, "A-3")["库存增减"] == 6
    ran = itemsync("apply", busy, "--yes", "--json")
    assert ran.json["rows"][2]["result"] == "blocked"
    assert held(sandbox, "A-3")[INVENTORY] == 21


def test_an_old_runs_results_wait_for_a_run_that_goes_on(busy: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert itemsync("apply", busy, "--yes").code == 0
    type_in(busy, "A-3", "库存增减", 6)
    told = []
    with meanwhile(lambda: told.append(itemsync("show", 2, "--write", busy, "--json").error)):
        assert itemsync("apply", busy, "--yes").code == 0
    assert told == ["run.locked"]
    assert itemsync("apply", busy, "--yes").code == 0
    assert held(sandbox, "A-3")[INVENTORY] == 21


def test_writing_a_run_again_lets_go_of_no_doubtful_move(doubtful: Path, itemsync: Command, sandbox: Sandbox) -> None:
    itemsync("resume")
    type_in(doubtful, "A-1", "库存增减", None)
    assert itemsync("show", 2, "--write", doubtful).code == 0
    type_in(doubtful, "A-1", "库存增减", 5)
    ran = itemsync("apply", doubtful, "--yes", "--json")
    assert ran.json["rows"][0]["result"] == "blocked"
    assert held(sandbox, "A-1")[INVENTORY] == 10


@pytest.mark.parametrize(
    ("word", "then"), [("happened", ("blocked", 10)), ("skip", ("blocked", 10)), ("not", ("done", 15))]
)
def test_a_persons_answer(
    doubtful: Path, itemsync: Command, sandbox: Sandbox, word: str, then: tuple[str, int]
) -> None:
    next_time, stock = then
    itemsync("resume")
    answered = itemsync("resume", "--answer", f"A-1={word}", "--json")
    assert answered.code == 0
    assert answered.json == {"format_version": "1.0", "run": None, "rows": [], "answers": {"A-1": word}}
    assert itemsync("apply", doubtful, "--yes", "--json").json["rows"][0]["result"] == next_time
    assert held(sandbox, "A-1")[INVENTORY] == stock
    type_in(doubtful, "A-1", "库存增减", None)
    assert itemsync("apply", doubtful, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == stock


def test_an_answer_given_with_the_resume_itself(doubtful: Path, itemsync: Command, sandbox: Sandbox) -> None:
    ran = itemsync("resume", "--answer", "A-1=not")
    assert ran.code == 1
    assert itemsync("apply", doubtful, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("A-9=not", "answer.not_asked"),
        ("A-2=not", "answer.not_asked"),
        ("A-1=yes", "cli.usage"),
        ("=not", "cli.usage"),
    ],
)
def test_a_wrong_answer_is_not_taken(doubtful: Path, itemsync: Command, given: str, code: str) -> None:
    itemsync("resume")
    ran = itemsync("resume", "--answer", given, "--json")
    assert (ran.code, ran.error) == (2, code)
    assert itemsync("apply", doubtful, "--yes", "--json").json["rows"][0]["result"] == "blocked"


def test_one_wrong_answer_of_two_takes_neither(doubtful: Path, itemsync: Command) -> None:
    itemsync("resume")
    assert itemsync("resume", "--answer", "A-1=not", "--answer", "A-2=not").code == 2
    assert itemsync("apply", doubtful, "--yes", "--json").json["rows"][0]["result"] == "blocked"
