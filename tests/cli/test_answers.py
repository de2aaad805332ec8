"""What a person answered about a lost move is part of what its run did, for every undo after it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import Json, held, item_id, line, moving, type_in, write
from tests.cli.test_stock_change import open_in_excel

pytestmark = pytest.mark.usefixtures("quick")

HAPPENED, NEVER_CAME = "drop-after@inventory.decr:1", "drop-before@inventory.decr:1"
"""What becomes of the first decrease; a decrease of an item on sale can't be told from a sale."""


@pytest.fixture
def raised(synced: Path, itemsync: Command) -> Path:
    """A sheet of which run 2 raised the stock of A-1 from 10 to 16, and its price to 21."""
    write(synced, {**moving("A-1", 6), "价格": 21}, line("A-2"), line("A-3"))
    assert itemsync("apply", synced, "--yes").code == 0
    return synced


def undo(itemsync: Command, run: int) -> Json:
    """Undo a run; return its first row."""
    found: Json = itemsync("undo", run, "--yes", "--json").json
    return next(iter(found.get("plan", found).get("rows", [])), found)


def lost(itemsync: Command, sandbox: Sandbox, fault: str, said: str, *command: object) -> None:
    """Let a command lose its decrease of A-1, and answer."""
    sandbox.faults = Faults(fault)
    try:
        assert itemsync(*command).code == 1
    finally:
        sandbox.faults = Faults()
    assert itemsync("resume", "--answer", f"A-1={said}").code == 0


@pytest.mark.parametrize(
    ("fault", "said", "stocks"),
    [
        (HAPPENED, "happened", (10, 16)),
        (HAPPENED, "skip", (10, 10)),
        (NEVER_CAME, "not", (10, 16)),
        (NEVER_CAME, "skip", (16, 16)),
    ],
)
def test_a_lost_move_of_an_undo(
    raised: Path, itemsync: Command, sandbox: Sandbox, *, fault: str, said: str, stocks: tuple[int, int]
) -> None:
    once_more, undone = stocks
    lost(itemsync, sandbox, fault, said, "undo", 2, "--yes")
    undo(itemsync, 2)
    assert (held(sandbox, "A-1")[INVENTORY], held(sandbox, "A-1")[PRICE]) == (once_more, 2000)
    sandbox.calls.clear()
    undo(itemsync, 2)
    assert sandbox.writes == 0, "it was reversed already"
    undo(itemsync, 4 if said == "not" else 3)
    assert held(sandbox, "A-1")[INVENTORY] == undone


@pytest.mark.parametrize("said", ["happened", "skip"])
def test_and_every_undo_after_it(raised: Path, itemsync: Command, sandbox: Sandbox, said: str) -> None:
    lost(itemsync, sandbox, HAPPENED, said, "undo", 2, "--yes")
    # What run 4 reversed of run 3 isn't reversed a second time, and nor is what run 5 did of run 2.
    there_and_back = [16, 10, 10, 10] if said == "happened" else [10, 10, 10, 10]
    for run, stock in zip((3, 2, 3, 2), there_and_back, strict=True):
        undo(itemsync, run)
        assert held(sandbox, "A-1")[INVENTORY] == stock


def test_a_move_that_was_given_up_is_told_by_every_undo(raised: Path, itemsync: Command, sandbox: Sandbox) -> None:
    lost(itemsync, sandbox, NEVER_CAME, "skip", "undo", 2, "--yes")
    assert "undo.given_up" in [problem["code"] for problem in undo(itemsync, 2)["problems"]]
    assert "undo.given_up" in [problem["code"] for problem in undo(itemsync, 3)["problems"]]


@pytest.mark.parametrize(
    ("lost_so", "stocks", "told"),
    [
        ((HAPPENED, "happened"), (6, 10), False),
        ((HAPPENED, "skip"), (6, 6), True),
        ((NEVER_CAME, "skip"), (10, 10), True),
        ((NEVER_CAME, "not"), (10, 10), False),
    ],
)
def test_a_lost_move_of_an_apply_is_undone_if_it_happened(
    synced: Path,
    itemsync: Command,
    sandbox: Sandbox,
    *,
    lost_so: tuple[str, str],
    stocks: tuple[int, int],
    told: bool,
) -> None:
    write(synced, moving("A-1", -4), line("A-2"), line("A-3"))
    lost(itemsync, sandbox, *lost_so, "apply", synced, "--yes")
    assert held(sandbox, "A-1")[INVENTORY] == stocks[0]
    undone = undo(itemsync, 2)
    assert held(sandbox, "A-1")[INVENTORY] == stocks[1]
    assert ("undo.given_up" in str(undone)) == told


def test_before_the_answer_an_undo_waits_for_it(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, moving("A-1", -4), line("A-2"), line("A-3"))
    sandbox.faults = Faults(HAPPENED)
    itemsync("apply", synced, "--yes")
    sandbox.faults = Faults()
    undone = undo(itemsync, 2)
    assert undone["result"] == "blocked"
    assert "resume --answer" in undone["note"]


@pytest.mark.parametrize(
    ("fault", "said", "stock"), [(HAPPENED, "happened", 6), (HAPPENED, "skip", 6), (NEVER_CAME, "skip", 10)]
)
def test_an_answered_move_is_no_sale(
    synced: Path, itemsync: Command, sandbox: Sandbox, *, fault: str, said: str, stock: int
) -> None:
    write(synced, moving("A-1", -4), line("A-2"), line("A-3"))
    lost(itemsync, sandbox, fault, said, "apply", synced, "--yes")
    write(synced, line("A-1"), line("A-2"), line("A-3"))
    again = itemsync("apply", synced, "--yes", "--json").json["rows"][0]
    assert (again["result"], [one["code"] for one in again["problems"]]) == ("none", [])
    assert held(sandbox, "A-1")[INVENTORY] == stock


@pytest.mark.parametrize("said", ["happened", "not", "skip"])
def test_a_run_tells_what_was_answered(synced: Path, itemsync: Command, sandbox: Sandbox, said: str) -> None:
    write(synced, moving("A-1", -4), line("A-2"), line("A-3"))
    lost(itemsync, sandbox, HAPPENED, said, "apply", synced, "--yes")
    note = itemsync("show", 2, "--json").json["rows"][0]["note"]
    assert "-4" in note.rpartition("。")[0]
    assert "有人" in note
    assert "有人" in itemsync("show", 2).out


def test_no_cell_asked_for_an_undos_move(raised: Path, itemsync: Command, sandbox: Sandbox) -> None:
    lost(itemsync, sandbox, HAPPENED, "happened", "undo", 2, "--yes")
    type_in(raised, "A-1", "库存增减", 3)
    assert itemsync("apply", raised, "--yes").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 13


@pytest.mark.parametrize("said", ["happened", "not", "skip"])
def test_a_hold_outlives_the_loss_of_its_undo(synced: Path, itemsync: Command, sandbox: Sandbox, said: str) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    with open_in_excel(synced.name):
        assert itemsync("apply", synced, "--yes").code == 1, "the cell stands"
    lost(itemsync, sandbox, HAPPENED, said, "undo", 2, "--yes")
    type_in(synced, "A-1", "库存增减", 6)
    assert itemsync("apply", synced, "--yes", "--json").json["rows"][0]["result"] == "blocked"


@pytest.mark.one_in(2)
@pytest.mark.parametrize("seed", range(4))
def test_an_undo_takes_back_what_a_lost_count_really_moved(
    synced: Path, itemsync: Command, sandbox: Sandbox, seed: int
) -> None:
    """10 → 50 is lost, though made; some are sold before anybody looks, and made up for."""
    for other in ("A-2", "A-3"):
        sandbox.shop.sell(item_id(other), 10)
    write(synced, line("A-1", 库存=50))
    sandbox.faults = Faults(f"drop-after@inventory.incr:1,sales@inventory.incr:1,seed={seed}")
    assert itemsync("apply", synced, "--yes").code == 0
    (sale,) = sandbox.faults.sales.made
    assert held(sandbox, "A-1")[INVENTORY] == 50
    undo(itemsync, 2)
    assert held(sandbox, "A-1")[INVENTORY] == 10 - sale.units


def test_what_waits_for_an_answer_is_told_though_no_run_is_unfinished(
    raised: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.faults = Faults(HAPPENED)
    assert itemsync("undo", 2, "--yes").code == 1
    sandbox.faults = Faults()
    told = itemsync("resume")
    assert (told.code, "没有未完成的运行" in told.out) == (0, True)
    assert "itemsync resume --answer A-1=happened" in told.err
    examined = itemsync("doctor")
    assert examined.code == 1
    assert "✗ 等你答复：有 1 个商品等着" in examined.out
    assert "itemsync resume --answer A-1=happened" in examined.out
    assert "请在平台核对" in itemsync("item", "A-1").out
    assert itemsync("resume", "--answer", "A-1=happened").out == "已记下：A-1。\n"
    assert itemsync("resume").err == ""
    assert "✓ 等你答复" in itemsync("doctor").out
    known = itemsync("item", "A-1").out
    assert "有人确认" in known
    assert "请在平台核对" not in known, "somebody did"


@pytest.mark.parametrize(
    "given", ["A-1=x,A-2=y", "A-1=happened,A-2=not", "A-1=skip,A-2", "A-1", "=not", "A-1=Happened"]
)
def test_answers_are_given_one_by_one(raised: Path, itemsync: Command, given: str) -> None:
    ran = itemsync("resume", "--answer", given)
    assert ran.code == 2
    assert f"“{given}”" in ran.err
    assert "编码=happened|not|skip" in ran.err
    assert "每个编码写一次" in ran.err
