"""What the shop learns from: what every command that reads has seen, and what every run has changed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.server import Sandbox
from sync.state.changes import changes
from sync.state.observations import observations
from sync.state.store import Store
from tests.cli.conftest import STATE, Command
from tests.cli.small_shop import CODES, FIRST_ID, line, moving, new_line, write


@pytest.fixture
def state(folder: Path) -> Iterator[Store]:
    store = Store(str(folder / STATE), "default")
    yield store
    store.close()


def stocks(state: Store, code: str) -> list[tuple[int | None, str]]:
    return [(stock, source) for outer_id, _, _, _, stock, _, source in observations(state) if outer_id == code]


def test_everything_that_reads_remembers_what_it_saw(
    synced: Path, itemsync: Command, sandbox: Sandbox, state: Store
) -> None:
    assert {one[0] for one in observations(state)} == {*CODES}
    for command in (("plan", synced), ("pull", "out.xlsx")):
        sandbox.shop.sell(FIRST_ID + 1, 2)
        assert itemsync(*command).code == 0
    assert itemsync("plan", synced).code == 0
    assert stocks(state, "A-1") == [(10, "plan"), (8, "plan"), (6, "pull")]
    assert stocks(state, "A-2") == [(10, "plan")]


def test_a_run_tells_what_it_changed_before_it_saw_it_so(synced: Path, itemsync: Command, state: Store) -> None:
    write(synced, line("A-1", 价格=21, 库存=7), moving("A-2", 5), line("A-3", 目标状态="下架"), new_line("B-1"))
    assert itemsync("apply", synced, "--yes").code == 0
    made = {(code, path): (before, after, moved) for code, _, _, path, before, after, moved, *_ in changes(state)}
    assert made[("A-1", PRICE)] == ("2000", "2100", None)
    assert made[("A-1", INVENTORY)] == ("10", "7", -3)
    assert made[("A-2", INVENTORY)] == ("10", "15", 5)
    assert made[("A-3", "_sys@status")] == ("1", "0", None)
    assert made[("B-1", PRICE)] == (None, "3000", None)
    assert {one[7] for one in changes(state)} == {"done"}
    assert stocks(state, "A-1") == [(10, "plan"), (7, "run")]
    seen = {code: at for code, _, at, _, _, _, source in observations(state) if source == "run"}
    assert all(at <= seen[code] for code, _, at, *_ in changes(state))
