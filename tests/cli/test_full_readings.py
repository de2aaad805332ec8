"""`full_every`: while all items were read within this time, a plan reads only those whose row changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import line, new_line, write
from tests.cli.weekly_calls import pass_days

pytestmark = pytest.mark.usefixtures("weekly")
SAID = "其余商品在 7d 内都读过"


@pytest.fixture
def weekly(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The profile wants a full reading a week."""
    monkeypatch.setenv("ITEMSYNC_FULL_EVERY", "7d")


def readings(sandbox: Sandbox) -> int:
    """The items that were read since this was asked last."""
    count = sandbox.calls["taobao.open.item.get"]
    sandbox.calls.clear()
    return count


@pytest.mark.parametrize("command", [("plan",), ("apply", "--yes")])
def test_only_changed_rows_are_read_for_a_week_and_the_preview_says_so(
    synced: Path, itemsync: Command, sandbox: Sandbox, command: tuple[str, ...]
) -> None:
    name, *options = command
    write(synced, line("A-1", 标题="改过"), line("A-2"), line("A-3"))
    pass_days(synced.parent, 6)
    ran = itemsync("plan", synced)
    assert (readings(sandbox), SAID in ran.out) == (1, True)
    assert SAID in itemsync(name, synced, *options).out
    readings(sandbox)
    pass_days(synced.parent, 2)
    ran = itemsync(name, synced, *options)
    assert (readings(sandbox), SAID in ran.out) == (3, False), "A-2 and A-3 were read eight days ago"
    ran = itemsync(name, synced, *options)
    assert (readings(sandbox) < 3, SAID in ran.out) == (True, True)


def test_the_option_wins(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert (SAID in itemsync("plan", synced, "--refresh", "all").out, readings(sandbox)) == (False, 3)
    pass_days(synced.parent, 8)
    assert (SAID in itemsync("plan", synced, "--refresh", "changed").out, readings(sandbox)) == (False, 0)
    assert (SAID in itemsync("plan", synced).out, readings(sandbox)) == (False, 3), "what was left out wasn't read"


def test_without_the_setting_every_item_is_read(
    synced: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ITEMSYNC_FULL_EVERY")
    assert (SAID in itemsync("plan", synced).out, readings(sandbox)) == (False, 3)


def test_a_reading_of_a_part_is_no_full_one(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    pass_days(synced.parent, 8)
    itemsync("plan", synced, "--only", "A-1", "--refresh", "all")
    assert readings(sandbox) == 1
    itemsync("plan", synced, "--only", "A-1")
    assert readings(sandbox) == 0
    itemsync("plan", synced)
    assert readings(sandbox) == 3


def test_what_a_run_published_and_read_back_was_read(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1"), line("A-2"), line("A-3"), new_line("B-1"))
    assert itemsync("apply", synced, "--yes").code == 0
    readings(sandbox)
    itemsync("plan", synced)
    assert readings(sandbox) == 0


def test_a_saved_plan_reads_what_it_read_when_it_was_made(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 标题="改过"), line("A-2"), line("A-3"))
    itemsync("plan", synced, "-o", "plan.json")
    assert readings(sandbox) == 1
    pass_days(synced.parent, 8)
    assert itemsync("apply", "plan.json", "--yes").code == 0
    assert readings(sandbox) == 2, "once for the plan, once to see what became of it"


@pytest.mark.parametrize("wrong", ["7", "0d", "weekly"])
def test_a_time_that_is_none_is_refused(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("ITEMSYNC_FULL_EVERY", wrong)
    ran = itemsync("plan", synced)
    assert ran.code == 2
    assert "full_every" in ran.err and "7d" in ran.err
