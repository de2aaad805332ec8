"""As many calls are told beforehand as are made."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sync.call import Op
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import line, moving, new_line, write
from tests.cli.test_terminal import at_a_terminal


@pytest.fixture
def work(synced: Path) -> Path:
    """A sheet with one of each kind of work."""
    return write(
        synced,
        line("A-1", 价格=25, 目标状态="下架", 库存=4),
        moving("A-2", 5),
        line("A-3", 目标状态="删除"),
        new_line("B-1"),
    )


def told(output: str) -> int:
    """The number of calls that a preview tells."""
    found = re.search(r"共需调用 (\d+) 次", output)
    assert found, output
    return int(found[1])


def _made(sandbox: Sandbox, reads: int) -> int:
    return sandbox.calls.total() - reads


@pytest.mark.parametrize("batch", ["1", "20"])
@pytest.mark.parametrize("options", [(), ("--allow-delete",)])
def test_an_apply(
    work: Path,
    itemsync: Command,
    sandbox: Sandbox,
    monkeypatch: pytest.MonkeyPatch,
    *,
    batch: str,
    options: tuple[str, ...],
) -> None:
    monkeypatch.setenv("ITEMSYNC_BATCH", batch)
    sandbox.calls.clear()
    ran = itemsync("apply", work, "--yes", *options)
    assert told(ran.out) == _made(sandbox, reads=3)


def test_an_undo(work: Path, itemsync: Command, sandbox: Sandbox) -> None:
    itemsync("apply", work, "--yes")
    sandbox.calls.clear()
    assert told(itemsync("undo", 2, "--yes").out) == _made(sandbox, reads=3)


@pytest.mark.parametrize("batch", ["1", "20"])
def test_an_apply_that_asks_looks_at_every_item_again(
    work: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, batch: str
) -> None:
    monkeypatch.setenv("ITEMSYNC_BATCH", batch)
    sandbox.calls.clear()
    with at_a_terminal(["apply", str(work)], 1) as terminal:
        terminal.wait_for("[y/N]")
        terminal.type("y\n")
        terminal.wait_for("第 2 次运行")
    assert told(terminal.seen) == _made(sandbox, reads=3)
    assert "其中 2 次" in terminal.seen


def test_a_plans_json_counts_the_calls_that_it_lists(work: Path, itemsync: Command, sandbox: Sandbox) -> None:
    document = itemsync("plan", work, "--json").json
    listed = sum(len(row["calls"]) for row in document["rows"])
    assert document["summary"]["calls"] == listed
    assert told(itemsync("plan", work).out) == listed + 3, "and three are read back"


@pytest.mark.usefixtures("quick")
def test_a_resume_knows_what_is_left(work: Path, itemsync: Command, sandbox: Sandbox) -> None:
    with killed(lambda call: call.op is Op.MODIFY):
        itemsync("apply", work, "--yes")
    sandbox.calls.clear()
    with at_a_terminal(["resume"], 1) as terminal:
        terminal.wait_for("第 2 次运行")
    totals = {int(found[1]) for found in re.finditer(r"\d+/(\d+)", terminal.seen)}
    assert max(totals) >= _made(sandbox, reads=0) > 0
