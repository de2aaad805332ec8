"""The exit codes of docs/reference/exit-codes.md, each by name, and `--json`: one document and nothing else, on each
of them."""

from __future__ import annotations

import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from time import sleep

import pytest

from sync.fields import INVENTORY
from sync.sandbox.gate import Authorization
from sync.sandbox.server import Sandbox
from sync.state.lock import only_one
from sync.state.store import Store
from tests.cli.conftest import Command
from tests.cli.kills import killed, meanwhile
from tests.cli.small_shop import CODES, held, item_id, line, moving, row, type_in, write

SUMMARY = {
    "rows", "publish", "update", "delete", "none", "invalid", "blocked", "drift", "conflict", "stale", "calls",
}  # fmt: skip
PLANNED_ROW = {"row", "outer_id", "item_id", "action", "changes", "calls", "problems"}
ENDED_ROW = {"row", "outer_id", "item_id", "result", "note", "calls"}
RUN = {"run", "by", "sheet", "sheet_id", "started_at", "finished_at", "undoes", "undone_by", "results"}
MADE_CALL = {"method", "params", "outcome", "request_id", "error"}


def test_0_a_plan_with_changes_and_the_shape_of_its_json(synced: Path, itemsync: Command) -> None:
    type_in(synced, "A-1", "价格", 25)
    ran = itemsync("plan", synced, "--json")
    assert ran.code == 0
    assert ran.err == ""
    assert ran.json.keys() == {"format_version", "summary", "guards", "ignored", "shop", "rows"}
    assert ran.json["summary"].keys() == SUMMARY
    assert all(one.keys() == PLANNED_ROW for one in ran.json["rows"])
    first = ran.json["rows"][0]
    assert first["changes"] == [{"path": "_sys@price", "from": "20.00", "to": "25.00", "kind": "edit"}]
    assert [call.keys() for call in first["calls"]] == [{"method", "params"}]
    assert [type(first[key]) for key in ("row", "outer_id", "item_id")] == [int, str, str]


def test_0_a_plan_without_changes(synced: Path, itemsync: Command) -> None:
    assert itemsync("plan", synced).code == 0
    assert itemsync("plan", synced, "--json").json["summary"]["none"] == len(CODES)


def test_0_an_apply_and_the_shape_of_its_json(synced: Path, itemsync: Command) -> None:
    type_in(synced, "A-1", "库存", 4)
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert ran.json.keys() == {"format_version", "run", "summary", "guards", "ignored", "shop", "rows"}
    first = ran.json["rows"][0]
    assert first.keys() == {*PLANNED_ROW, "result", "note"}
    assert first["result"] == "done"
    assert first["changes"] == [{"path": "_sys@inventory", "from": 10, "to": 4, "kind": "edit"}]
    (call,) = first["calls"]
    assert call.keys() == MADE_CALL
    assert (call["method"], call["params"]["num"]) == ("taobao.open.item.inventory.decr", 6)
    assert (call["outcome"], call["error"]) == ("done", None)
    assert call["request_id"]


def test_0_check_and_the_shape_of_its_json(sheet: Path, itemsync: Command) -> None:
    ran = itemsync("check", sheet, "--json")
    assert ran.code == 0
    assert ran.json == {"summary": {"rows": 3, "invalid": 0, "problems": 0}, "problems": []}


def test_0_history_and_show_and_the_shape_of_their_json(synced: Path, itemsync: Command) -> None:
    listed = itemsync("history", "--json")
    assert listed.code == 0
    assert [run.keys() for run in listed.json["runs"]] == [RUN]
    assert listed.json["runs"][0]["results"] == {"none": 3}
    shown = itemsync("show", 1, "--json")
    assert shown.code == 0
    assert shown.json.keys() == {"format_version", *RUN, "rows"}
    assert all(one.keys() == ENDED_ROW for one in shown.json["rows"])


def test_0_a_resume_with_nothing_to_do(synced: Path, itemsync: Command) -> None:
    assert itemsync("resume").code == 0
    assert itemsync("resume", "--json").json == {"format_version": "1.0", "run": None, "rows": []}


def test_0_an_undo_and_the_shape_of_its_json(synced: Path, itemsync: Command) -> None:
    type_in(synced, "A-1", "价格", 25)
    itemsync("apply", synced, "--yes")
    ran = itemsync("undo", 2, "--yes", "--json")
    assert ran.code == 0
    assert ran.json.keys() == {"format_version", "run", "summary", "guards", "ignored", "shop", "rows"}
    assert [one.keys() for one in ran.json["rows"]] == [{*PLANNED_ROW, "result", "note"}]


def test_0_history_before_the_first_run(folder: Path, itemsync: Command) -> None:
    assert itemsync("history").code == 0
    assert itemsync("history", "--json").json == {"runs": []}


@pytest.mark.parametrize("command", [("check",), ("plan",), ("apply", "--yes")], ids=lambda command: command[0])
def test_1_an_invalid_row(synced: Path, itemsync: Command, command: tuple[str, ...]) -> None:
    type_in(synced, "A-1", "价格", "二十")
    name, *options = command
    assert itemsync(name, synced, *options).code == 1
    ran = itemsync(name, synced, *options, "--json")
    assert ran.code == 1
    assert ran.json["summary"]["invalid"] == 1


def test_1_check_names_the_cell(sheet: Path, itemsync: Command) -> None:
    type_in(sheet, "A-1", "价格", "二十")
    (problem,) = itemsync("check", sheet, "--json").json["problems"]
    assert problem.keys() >= {"row", "cell", "code", "message"}
    assert (problem["row"], problem["cell"]) == (2, "F2")


def test_1_a_row_that_the_platform_refuses(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    with meanwhile(lambda: sandbox.shop.set_status(item_id("A-1"), -1)):
        ran = itemsync("apply", synced, "--yes", "--json")
    assert ran.code == 1
    assert ran.json["rows"][0]["result"] == "failed"
    assert ran.json["rows"][0]["calls"][0]["outcome"] == "failed"
    assert "商品不存在" in ran.json["rows"][0]["calls"][0]["error"]


def test_1_a_deletion_that_was_not_allowed(synced: Path, itemsync: Command) -> None:
    type_in(synced, "A-1", "目标状态", "删除")
    ran = itemsync("apply", synced, "--yes", "--json")
    assert ran.code == 1
    assert ran.json["rows"][0]["result"] == "blocked"


def test_2_apply_without_yes_and_without_a_terminal(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    ran = itemsync("apply", synced)
    assert ran.code == 2
    assert "--yes" in ran.err
    document = itemsync("apply", synced, "--json")
    assert document.code == 2
    assert document.error == "cli.say_yes"
    assert document.json["plan"]["summary"]["update"] == 1
    assert sandbox.writes == 0
    assert len(itemsync("history", "--json").json["runs"]) == 1


@pytest.mark.parametrize(
    "typed",
    [
        ["nonsense"],
        ["apply"],
        ["apply", "SHEET", "--yess"],
        ["apply", "SHEET", "--yes", "--force", "prices"],
        ["plan", "SHEET", "--on-conflict", "platform"],
        ["show", "seven"],
        ["undo"],
        ["resume", "--answer", "A-1"],
        ["resume", "--answer", "A-1=perhaps"],
        ["--lang", "fr", "history"],
    ],
    ids=" ".join,
)
def test_2_a_wrong_command(synced: Path, itemsync: Command, sandbox: Sandbox, typed: list[str]) -> None:
    args = [str(synced) if word == "SHEET" else word for word in typed]
    ran = itemsync(*args)
    assert (ran.code, ran.out) == (2, "")
    assert "itemsync " in ran.err
    assert "--help" in ran.err
    document = itemsync(*args, "--json")
    assert document.code == 2
    assert document.json.keys() == {"error"}
    assert document.error == "cli.usage"
    assert not sandbox.calls


def test_2_nothing_typed_shows_the_help(itemsync: Command) -> None:
    ran = itemsync()
    assert (ran.code, ran.err) == (2, "")
    assert "apply" in ran.out


@pytest.mark.parametrize("number", [99, 2**31, 2**63, 10**30])
@pytest.mark.parametrize("command", ["show", "undo", "abandon"])
def test_2_a_run_that_never_was(synced: Path, itemsync: Command, command: str, number: int) -> None:
    ran = itemsync(command, number, "--json")
    assert (ran.code, ran.error) == (2, "state.no_run")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such files")
@pytest.mark.parametrize("suffix", [".xlsx", ".csv", ""])
@pytest.mark.parametrize(
    "way", [("check",), ("apply", "--yes"), ("watch", "--once"), ("pull", "--into")], ids=" ".join
)
def test_2_a_pipe_is_no_sheet(synced: Path, itemsync: Command, way: tuple[str, ...], suffix: str) -> None:
    pipe = synced.with_name(f"pipe{suffix}")
    os.mkfifo(pipe)
    ran = itemsync("--lang", "en", way[0], *(("--into", pipe) if "--into" in way else (pipe, *way[1:])))
    assert (ran.code, "is a pipe or a device" in ran.err) == (2, True)


@pytest.mark.parametrize(
    "words",
    [("check",), ("apply", "--yes"), ("watch", "--once"), ("pull",), ("template",), ("show", "1", "--write")],
    ids=" ".join,
)
def test_2_a_name_that_no_file_can_have(synced: Path, itemsync: Command, words: tuple[str, ...]) -> None:
    name = synced.with_name("n" * 300 + ".xlsx")
    command, *options = words
    ran = itemsync(command, *options, name) if "--write" in words else itemsync(command, name, *options)
    assert ran.code in (1, 2)
    assert "程序出错" not in ran.err


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_2_a_name_that_is_no_text(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    """As a zip of an old Windows leaves them behind."""
    folder = synced.with_name(os.fsdecode("本周".encode("gbk")))
    folder.mkdir()
    sheet = write(folder / "weekly.xlsx", moving("A-1", 5), line("A-2"), line("A-3"))
    sandbox.calls.clear()
    for command in (("apply", sheet, "--yes"), ("item", folder.name), ("--profile", folder.name, "history")):
        ran = itemsync(*command, "--json")
        assert (ran.code, ran.error) == (2, "text.unsayable"), command
    assert sandbox.writes == 0
    assert itemsync("apply", sheet.rename(synced), "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_3_a_guard(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 2)
    ran = itemsync("apply", synced, "--yes")
    assert ran.code == 3
    assert "--force price" in ran.err
    document = itemsync("apply", synced, "--yes", "--json")
    assert (document.code, document.error) == (3, "cli.guarded")
    assert document.json["plan"]["guards"] == ["price"]
    assert sandbox.writes == 0


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")], ids=lambda command: command[0])
def test_4_a_wrong_secret(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    monkeypatch.setenv("ITEMSYNC_APP_SECRET", "not-the-secret")
    name, *options = command
    ran = itemsync(name, synced, *options)
    assert (ran.code, ran.out) == (4, "")
    assert "app secret" in ran.err
    document = itemsync(name, synced, *options, "--json")
    assert (document.code, document.error) == (4, "gateway.signature")


def test_4_an_expired_session(synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ITEMSYNC_SESSION", "stale")
    ran = itemsync("plan", synced, "--json")
    assert (ran.code, ran.error) == (4, "gateway.session")


@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--yes"), ("undo", "--yes")], ids=lambda command: command[0]
)
def test_4_a_gateway_that_is_down(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    type_in(synced, "A-1", "价格", 25)
    itemsync("apply", synced, "--yes")
    # Nobody listens on the discard port of this machine.
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:9/router/rest")
    assert itemsync("state", "rebind", "--yes").code == 0
    name, *options = command
    ran = itemsync(name, 2 if name == "undo" else synced, *options, "--json")
    assert (ran.code, ran.error) == (4, "gateway.unreachable")


def test_4_a_session_that_expires_in_the_middle_of_a_run(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run stops, says why and what to type, and its JSON has the plan beside the error."""
    monkeypatch.setenv("ITEMSYNC_CONNECTIONS", "1")
    for code in CODES:
        type_in(synced, code, "价格", 25)
    with monkeypatch.context() as expired:
        others = Authorization(Sandbox.app_key, Sandbox.app_secret, "another session")
        with meanwhile(lambda: expired.setattr("sync.sandbox.platform.CREDENTIALS", others), number=2):
            ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (4, "gateway.session")
    assert [one["result"] for one in ran.json["plan"]["rows"]] == ["done", "skipped", "skipped"]
    assert "itemsync resume" in ran.err
    resumed = itemsync("resume", "--json")
    assert resumed.code == 0
    assert [one["result"] for one in resumed.json["rows"]] == ["done", "done", "done"]


def test_5_an_earlier_run_is_unfinished(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    with killed():
        itemsync("apply", synced, "--yes")
    ran = itemsync("apply", synced, "--yes")
    assert (ran.code, ran.out) == (5, "")
    assert "itemsync resume" in ran.err
    for command in (("apply", synced, "--yes"), ("undo", 1, "--yes")):
        document = itemsync(*command, "--json")
        assert (document.code, document.error) == (5, "run.unfinished")
    assert sandbox.writes == 0


@pytest.mark.parametrize(
    "command",
    [("apply", "SHEET", "--yes"), ("resume",), ("undo", "1", "--yes"), ("show", "1", "--write", "SHEET")],
    ids=" ".join,
)
def test_5_another_process_holds_the_lock(
    synced: Path, itemsync: Command, folder: Path, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    args = [str(synced) if word == "SHEET" else word for word in command]
    store = Store(str(folder / "state.db"), "default")
    with only_one(store):
        ran = itemsync(*args)
        document = itemsync(*args, "--json")
        assert itemsync("plan", synced).code == 0, "a dry run needs no lock"
    store.close()
    assert (ran.code, document.code, document.error) == (5, 5, "run.locked")
    assert sandbox.writes == 0
    assert itemsync(*args).code == 0


def test_5_a_lock_file_that_a_dead_process_left_holds_nobody(synced: Path, itemsync: Command, folder: Path) -> None:
    (folder / "state.db.default.lock").write_text("")
    assert itemsync("apply", synced, "--yes").code == 0


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signal")
def test_5_ctrl_c_stops_cleanly_and_the_json_says_why(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_CONNECTIONS", "1")
    for code in CODES:
        type_in(synced, code, "价格", 25)

    def press() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        sleep(0.2)  # The main thread takes it up.

    with meanwhile(press, number=2):
        ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (5, "cli.unfinished")
    assert [one["result"] for one in ran.json["plan"]["rows"]] == ["done", "skipped", "skipped"]
    assert row(synced, "A-1")["同步结果"] == "完成"
    assert "resume" in str(row(synced, "A-2")["同步说明"])
    resumed = itemsync("resume", "--json")
    assert (resumed.code, {one["result"] for one in resumed.json["rows"]}) == (0, {"done"})
    assert row(synced, "A-2")["同步结果"] == "完成"


def test_70_a_defect_shows_no_traceback_without_debug(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sheet.read.read_sheet", _broken)
    ran = itemsync("plan", synced)
    assert (ran.code, ran.out) == (70, "")
    assert "--debug" in ran.err
    assert "Traceback" not in ran.err
    assert "the-secret-cause" not in ran.err


def test_70_a_defect_shows_its_traceback_with_debug(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.sheet.read.read_sheet", _broken)
    with pytest.raises(ZeroDivisionError):
        itemsync("--debug", "plan", synced)


def _broken(*_: object) -> None:
    raise ZeroDivisionError("the-secret-cause")


def _never() -> datetime:
    raise AssertionError("a state file's lock needs no clock")
