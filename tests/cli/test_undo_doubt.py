"""What a run sent and never heard of is part of its undo: taken back where the item shows it, told where not."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.call import Op
from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Item, Status
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import Line, held, line, moving, new_line, write

pytestmark = pytest.mark.usefixtures("quick")


def given_up(sheet: Path, itemsync: Command, typed: Line, op: Op, *, after: bool) -> None:
    """Let run 2 lose its call of `op`, and give it up; `after`: the platform did it all the same."""
    write(sheet, typed, line("A-3"))
    with killed(lambda call: call.op is op, after=after):
        itemsync("apply", sheet, "--yes")
    assert itemsync("abandon", 2, "--yes").code == 1


def shown(sandbox: Sandbox) -> Item:
    """What the platform holds of A-1, but for its own count of versions."""
    return {path: value for path, value in held(sandbox, "A-1").items() if path != "_sys@dataVersion"}


@pytest.mark.parametrize("after", [True, False], ids=["made", "not made"])
@pytest.mark.parametrize(
    ("typed", "op"),
    [
        (line("A-1", 价格=21), Op.MODIFY),
        (line("A-1", 标题="新款"), Op.MODIFY),
        (line("A-1", 目标状态="下架"), Op.STATUS),
        (line("A-1", 目标状态="下架", 价格=21), Op.STATUS),
    ],
)
def test_a_value_that_got_lost_goes_back(
    synced: Path, itemsync: Command, sandbox: Sandbox, *, typed: Line, op: Op, after: bool
) -> None:
    before = shown(sandbox)
    given_up(synced, itemsync, typed, op, after=after)
    assert (shown(sandbox) == before) != after
    assert itemsync("undo", 2, "--yes").code == 0
    assert shown(sandbox) == before
    sandbox.calls.clear()
    itemsync("undo", 2, "--yes")
    assert sandbox.writes == 0


def test_what_somebody_set_since_stays(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    given_up(synced, itemsync, line("A-1", 价格=21), Op.MODIFY, after=True)
    write(synced, line("A-1", 价格=22))
    assert itemsync("apply", synced, "--yes").code == 0
    ran = itemsync("undo", 2, "--yes", "--json").json
    assert [problem["code"] for problem in ran["rows"][0]["problems"]] == ["undo.changed_since"]
    assert held(sandbox, "A-1")[PRICE] == 2200


def test_an_item_whose_publish_got_lost_is_taken_down(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    given_up(synced, itemsync, new_line("B-1"), Op.PUBLISH, after=True)
    assert itemsync("undo", 2, "--yes").code == 0
    assert held(sandbox, "B-1")[STATUS] == Status.INACTIVE


@pytest.mark.parametrize("after", [True, False], ids=["made", "not made"])
def test_a_count_that_got_lost_is_told(synced: Path, itemsync: Command, sandbox: Sandbox, *, after: bool) -> None:
    given_up(synced, itemsync, line("A-1", 库存=50), Op.STOCK, after=after)
    sandbox.calls.clear()
    ran = itemsync("undo", 2, "--yes", "--json").json
    assert [problem["code"] for problem in ran["rows"][0]["problems"]] == ["undo.count_in_doubt"]
    assert (held(sandbox, "A-1")[INVENTORY], sandbox.writes) == (50 if after else 10, 0)


def test_a_count_that_no_look_had_shown_is_told(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 库存=50))
    sandbox.faults = Faults("lag=60")
    with killed(lambda call: call.op is Op.LOOK, 2):
        itemsync("apply", synced, "--yes")
    itemsync("abandon", 2, "--yes")
    sandbox.faults = Faults()
    ran = itemsync("undo", 2, "--yes", "--json").json
    assert [problem["code"] for problem in ran["rows"][0]["problems"]] == ["undo.count_in_doubt"]


@pytest.mark.parametrize("after", [True, False], ids=["made", "not made"])
def test_an_undo_whose_value_got_lost_is_gone_on_with(
    synced: Path, itemsync: Command, sandbox: Sandbox, *, after: bool
) -> None:
    write(synced, line("A-1", 价格=21))
    assert itemsync("apply", synced, "--yes").code == 0
    with killed(lambda call: call.op is Op.MODIFY, after=after):
        itemsync("undo", 2, "--yes")
    itemsync("abandon", 3, "--yes")
    assert itemsync("undo", 2, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2000
    assert itemsync("undo", 3 if after else 4, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2100


def test_what_was_brought_back_and_undone_once_more_is_not_undone_again(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, moving("A-1", 6), moving("A-2", 3))
    assert itemsync("apply", synced, "--yes").code == 0
    there_and_back = [(2, 10), (3, 16), (2, 10), (5, 16)]
    for run, stock in there_and_back:
        assert itemsync("undo", run, "--yes").code == 0
        assert held(sandbox, "A-1")[INVENTORY] == stock
    assert itemsync("undo", 2, "--yes", "--only", "A-1").code == 0
    assert itemsync("undo", 4, "--yes").code == 0
    assert [held(sandbox, code)[INVENTORY] for code in ("A-1", "A-2")] == [10, 10]
    assert itemsync("undo", 4, "--yes", "--json").error == "undo.already"
