"""A state that version 0.1 left behind, in the middle of a run, is read and gone on with (see make_state_0_1)."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE, STATUS
from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import SHEET, STATE, Command
from tests.cli.small_shop import held, item_id, items, results
from tests.state.make_state_0_1 import KEPT, SETTINGS, third_sheet
from tests.state.old_databases import copy_into

ON_POSTGRES = "on PostgreSQL"


@pytest.fixture(params=[*KEPT, ON_POSTGRES], ids=lambda kept: getattr(kept, "name", kept))
def sheet(request: pytest.FixtureRequest, folder: Path, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The sheet of run 3, with the state and the platform as they were when that run was cut off."""
    for variable, value in SETTINGS.items():
        monkeypatch.setenv(variable, value)
    shutil.copy(KEPT[1] if request.param == ON_POSTGRES else request.param, folder / STATE)
    place = folder.resolve() / SHEET
    with closing(sqlite3.connect(folder / STATE)) as state, state:
        state.execute("UPDATE runs SET sheet = ?", [str(place)])
        state.execute("UPDATE items SET hold = replace(hold, ?, ?)", [f'"sheet":"{SHEET}"', f'"sheet":"{place}"'])
    if request.param == ON_POSTGRES:
        shared = request.getfixturevalue("postgres")
        copy_into(shared, folder / STATE)
        (folder / STATE).unlink()
        monkeypatch.setenv("ITEMSYNC_STATE", shared)
        request.getfixturevalue("upgraded")
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 21}}')
    sandbox.shop.set_status(item_id("A-1"), 0)
    sandbox.shop.incr(item_id("A-2"), 5)
    return third_sheet(place)


@pytest.fixture
def upgraded(itemsync: Command) -> None:
    """A state that machines share is upgraded where a person asks for it."""
    assert itemsync("history", "--json").error == "state.older"
    assert itemsync("state", "upgrade").code == 0


def test_its_runs_are_listed_and_shown(sheet: Path, itemsync: Command) -> None:
    runs = itemsync("history", "--json").json["runs"]
    assert [(run["run"], bool(run["finished_at"])) for run in runs] == [(3, False), (2, True), (1, True)]
    assert runs[1]["results"] == {"done": 2, "unknown": 1}
    shown = itemsync("show", 2, "--json").json["rows"]
    assert [(one["outer_id"], one["result"]) for one in shown] == [
        ("A-1", "done"), ("A-2", "done"), ("A-3", "unknown"),
    ]  # fmt: skip
    assert [call["outcome"] for call in shown[2]["calls"]] == ["unknown", "done", "done"]
    assert itemsync("show", 3).code == 0


def test_its_unfinished_run_is_finished(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    refused = itemsync("apply", sheet, "--yes", "--json")
    assert (refused.code, refused.error) == (5, "run.unfinished")
    assert itemsync("resume").code == 1, "two rows are held"
    assert results(sheet) == {"A-1": "完成", "A-2": "受阻", "A-3": "受阻", "B-1": "完成"}
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[STATUS]) == (2500, Status.INACTIVE)
    assert len(items(sandbox)) == 4
    assert held(sandbox, "A-2")[INVENTORY] == 15


def test_its_sheet_is_the_same_sheet_still(sheet: Path, itemsync: Command) -> None:
    itemsync("resume")
    itemsync("apply", sheet, "--yes")
    runs = itemsync("history", "--json").json["runs"]
    assert (len(runs), len({run["sheet_id"] for run in runs})) == (4, 1)
    moved = sheet.rename(sheet.with_name("moved.xlsx"))
    assert "sheet.moved" in [note["code"] for note in itemsync("plan", moved, "--json").json["notes"]]


def test_its_question_is_answered_and_its_runs_are_undone(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    itemsync("resume")
    assert itemsync("resume", "--answer", "A-3=not").code == 0
    assert itemsync("undo", 3, "--yes").code == 0
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[STATUS]) == (2100, Status.ACTIVE)
    assert itemsync("undo", 2, "--yes", "--json").json["rows"][0]["result"] == "done"
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-2")[INVENTORY]) == (2000, 10)
