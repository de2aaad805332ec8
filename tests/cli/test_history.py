"""`history` and `show`: every run can be looked at again, and its results written again."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import line, new_line, results, row, type_in, write
from tests.cli.test_stock_change import open_in_excel


@pytest.fixture
def ran(synced: Path, itemsync: Command, sandbox: Sandbox) -> Path:
    """A sheet that run 2 carried out, but for one row."""
    write(synced, line("A-1", 价格=25), line("A-2", 价格="贵"), line("A-3"), new_line("B-1"))
    itemsync("apply", synced, "--yes")
    sandbox.calls.clear()
    return synced


def test_history_lists_the_newest_first(ran: Path, itemsync: Command) -> None:
    newest, first = itemsync("history", "--json").json["runs"]
    assert (newest["run"], newest["results"]) == (2, {"done": 2, "invalid": 1, "none": 1})
    assert first["run"] == 1
    lines = itemsync("history").out.splitlines()
    assert "weekly.xlsx" in lines[2]
    assert lines[2].split()[0] == "2"


def test_show_tells_each_row_and_its_calls_as_support_asks_for_them(ran: Path, itemsync: Command) -> None:
    out = itemsync("show", 2).out
    for word in ("A-1", "¥20.00 → ¥25.00", "taobao.open.item.modify", "sandbox0", "A-2", "无效"):
        assert word in out
    document = itemsync("show", 2, "--json").json
    assert [one["result"] for one in document["rows"]] == ["done", "invalid", "none", "done"]


def test_they_need_no_gateway(ran: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATEWAY", "APP_KEY", "APP_SECRET", "SESSION"):
        monkeypatch.delenv(f"ITEMSYNC_{name}")
    assert itemsync("history").code == 0
    assert itemsync("show", 2).code == 0
    assert itemsync("show", 2, "--write", ran).code == 0


def test_the_results_can_be_written_again(synced: Path, itemsync: Command) -> None:
    write(synced, line("A-1", 价格=25), new_line("B-1"))
    with open_in_excel("weekly.xlsx"):
        assert itemsync("apply", synced, "--yes").code == 1
    assert set(results(synced).values()) == {None}
    again = itemsync("show", 2, "--write", synced)
    assert again.code == 0
    assert "weekly.bak.xlsx" in again.out
    assert results(synced) == {"A-1": "完成", "B-1": "完成"}
    assert row(synced, "B-1")["商品ID"]


def test_they_find_their_rows_in_a_sheet_that_was_sorted_since(ran: Path, itemsync: Command) -> None:
    write(ran, new_line("B-1"), line("A-3"), line("A-1", 价格=25))
    done = itemsync("show", 2, "--write", ran)
    assert done.code == 0
    assert results(ran) == {"B-1": "完成", "A-3": "无变化", "A-1": "完成"}
    assert "A-2" in done.err, "whose row has left the sheet"


def test_a_sheet_that_cannot_be_written_is_told(ran: Path, itemsync: Command) -> None:
    with open_in_excel("weekly.xlsx", "weekly.results.xlsx"):
        assert itemsync("show", 2, "--write", ran).code == 1
    assert itemsync("show", 2, "--write", "nowhere.xlsx").code == 1


def test_with_json_the_document_is_alone_on_standard_output(ran: Path, itemsync: Command) -> None:
    type_in(ran, "A-1", "同步结果", None)
    assert itemsync("show", 2, "--write", ran, "--json").json["run"] == 2
    assert row(ran, "A-1")["同步结果"] == "完成"


def test_history_marks_what_was_undone_and_by_which_run(ran: Path, itemsync: Command) -> None:
    itemsync("undo", 2, "--only", "A-1", "--yes")
    itemsync("undo", 3, "--yes")
    runs = itemsync("history", "--json").json["runs"]
    assert [(one["run"], one["undoes"], one["undone_by"]) for one in runs] == [
        (4, 3, []),
        (3, 2, [4]),
        (2, None, [3]),
        (1, None, []),
    ]
    lines = itemsync("history").out.splitlines()[2:]
    assert "已完成；撤销第 3 次" in lines[0]
    assert "撤销第 2 次；被第 4 次撤销" in lines[1]
    assert "被第 3 次撤销了一部分" in lines[2]
    assert "撤销" not in lines[3]
    assert itemsync("show", 2, "--json").json["undone_by"] == [3]
