"""With `--only`, what is unusual is measured by the whole sheet: in the preview, in a run, and of a saved plan."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Begun, Command
from tests.cli.small_shop import Line, goods, line, new_line, write

KNOWN = [f"A-{number}" for number in range(1, 21)]
NEW = [f"B-{number}" for number in range(1, 26)]


@pytest.fixture
def known(begun: Begun, sandbox: Sandbox) -> Path:
    """A sheet of 20 rows that was synced before."""
    sandbox.shop.load(map(goods, KNOWN))
    return begun([*map(line, KNOWN)])


def off(count: int) -> list[Line]:
    return [line(code, 目标状态="下架" if place < count else "上架") for place, code in enumerate(KNOWN)]


def sold_out(count: int) -> list[Line]:
    return [line(code, 库存=0 if place < count else 10) for place, code in enumerate(KNOWN)]


def wrong(count: int) -> list[Line]:
    return [line(code, 价格="贵" if place < count else 20) for place, code in enumerate(KNOWN)]


class Case(NamedTuple):
    """So many rows are asked for, and a guard is tripped or isn't."""

    guard: str
    typed: Callable[[int], list[Line]]
    rows: int

    @property
    def guards(self) -> list[str]:
        # More than 30% of 20.
        return [self.guard] if self.rows > 6 else []


@pytest.mark.one_in(3)
@pytest.mark.parametrize(
    "case",
    [
        Case(guard, typed, count)
        for guard, typed in (("takedown", off), ("takedown", sold_out), ("invalid", wrong))
        for count in (4, 5, 6, 7)
    ],
    ids=lambda case: f"{case.typed.__name__} {case.rows}",
)
def test_a_part_trips_a_guard_where_the_sheet_does(
    known: Path, itemsync: Command, sandbox: Sandbox, case: Case
) -> None:
    write(known, *case.typed(case.rows))
    assert itemsync("plan", known, "--json").json["guards"] == case.guards
    sandbox.calls.clear()
    part = itemsync("plan", known, "--json", "--only", ",".join(KNOWN[: case.rows])).json
    assert (part["guards"], part["summary"]["rows"]) == (case.guards, case.rows)
    # Nothing is read for the sake of the other rows.
    assert sum(sandbox.calls.values()) <= case.rows


@pytest.mark.parametrize("others", [10, 20])
def test_new_items_are_measured_by_the_whole_sheet_too(known: Path, itemsync: Command, others: int) -> None:
    many = [f"C-{number}" for number in range(40)] if others == 20 else []
    rows = [*map(line, KNOWN), *(new_line(code) for code in (*NEW[:21], *many))]
    write(known, *rows)
    guards = itemsync("plan", known, "--json", "--only", ",".join(NEW[:21])).json["guards"]
    # 21 of 41 rows are more than 30%, and of 81 they aren't.
    assert guards == ([] if many else ["publish"])


def test_a_saved_plan_of_a_part_is_measured_as_it_was_shown(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    lines = off(6)
    lines[10:17] = [line(code, 价格="贵") for code in KNOWN[10:17]]
    write(known, *lines)
    shown = itemsync("plan", known, "--only", ",".join(KNOWN[:6]), "-o", "plan.json", "--json")
    assert shown.json["guards"] == []
    ran = itemsync("apply", "plan.json", "--yes", "--json")
    # The seven rows that can't be read are no part of this plan, though they are of the sheet.
    assert (ran.code, ran.json["guards"], ran.json["summary"]["rows"]) == (0, [], 6)


def test_a_saved_plan_of_the_whole_sheet_is_measured_by_all_of_it(known: Path, itemsync: Command) -> None:
    write(known, *off(7))
    itemsync("plan", known, "-o", "plan.json")
    # Since then other rows ask for something too: they aren't carried out, and are of the sheet all the same.
    write(known, *off(7)[:12], *(line(code, 价格=21) for code in KNOWN[12:]))
    ran = itemsync("apply", "plan.json", "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["takedown"])
    assert "20" in ran.json["error"]["message"]


def test_an_item_that_is_off_already_or_that_nobody_knows_isnt_live(
    known: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(known, *off(5))
    assert itemsync("apply", known, "--yes").code == 0
    # 15 are live, of which 5 are more than 30%; the five that are off and the new ones don't count.
    lines = [*off(10), *(new_line(code) for code in NEW[:5])]
    write(known, *lines)
    assert itemsync("plan", known, "--json", "--only", ",".join(KNOWN[5:10])).json["guards"] == ["takedown"]
