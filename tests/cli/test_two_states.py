"""Two states over one sheet: what one has done, the other doesn't do once more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sync.cli.planning import make_plan
from sync.fields import INVENTORY
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command, Ran
from tests.cli.kills import meanwhile
from tests.cli.scene import held, line, moving, type_in, write


@pytest.fixture
def more(sheet: Path) -> Path:
    return write(sheet, moving("A-1", 6), line("A-2"), line("A-3"))


def stock(sandbox: Sandbox) -> object:
    return held(sandbox, "A-1")[INVENTORY]


@contextmanager
def once_read(act: Callable[[], object]) -> Iterator[None]:
    """Let something happen after the sheet was read and the plan made, before anything is sent."""

    def then(*args: Any, **options: Any) -> object:
        plan = make_plan(*args, **options)
        patch.undo()
        act()
        return plan

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sync.cli.applying.make_plan", then)
        yield


def test_both_read_it_and_the_second_sees_what_the_first_did(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    first: list[Ran] = []
    other = ("--state", more.with_name("other.db"), "apply", more, "--yes")
    with once_read(lambda: first.append(itemsync(*other))):
        second = itemsync("apply", more, "--yes", "--json")
    assert first[0].code == 0
    assert (second.code, second.error, stock(sandbox)) == (5, "sheet.saved_since", 16)
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 16


def test_the_second_comes_while_the_first_is_at_it(more: Path, itemsync: Command, sandbox: Sandbox) -> None:
    second: list[Ran] = []
    other = ("--state", more.with_name("other.db"), "apply", more, "--yes", "--json")
    with meanwhile(lambda: second.append(itemsync(*other))):
        assert itemsync("apply", more, "--yes").code == 0
    assert (second[0].code, second[0].error, stock(sandbox)) == (5, "sheet.locked", 16)


def test_what_staff_save_while_they_read_the_preview_is_seen_first(
    more: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    sandbox.calls.clear()
    with once_read(lambda: type_in(more, "A-1", "库存增减", 60)):
        ran = itemsync("apply", more, "--yes")
    assert (ran.code, sandbox.writes) == (5, 0)
    assert "再运行一次" in ran.err
    assert itemsync("apply", more, "--yes").code == 0
    assert stock(sandbox) == 70


def test_a_lock_that_cannot_be_made_stops_nobody(
    more: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = more.with_name("file")
    in_the_way.write_text("")
    monkeypatch.setenv("XDG_DATA_HOME", str(in_the_way))
    assert itemsync("apply", more, "--yes", "--report", more.with_name("reports")).code == 0
    assert stock(sandbox) == 16
