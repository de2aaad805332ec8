"""Every guard of DESIGN section 8, once through the command line: exit 3, named, the plan beside it, forced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.scene import Line, goods, line, new_line, write

MANY = [f"A-{number}" for number in range(1, 26)]


def _each(codes: Iterable[str], **typed: object) -> list[Line]:
    return [line(code, **typed) for code in codes]


SHEETS: Mapping[str, list[Line]] = {
    "takedown": [*_each(MANY[:8], 目标状态="下架"), *_each(MANY[8:])],
    "price": [line("A-1", 价格=9.99), *_each(MANY[1:])],
    "delete": [*_each(MANY[:21], 目标状态="删除"), *_each(MANY[21:])],
    "invalid": [*_each(MANY[:8], 价格="贵"), *_each(MANY[8:])],
    "publish": [*_each(MANY), *(new_line(f"B-{number}") for number in range(1, 22))],
    "stock": [line("A-1", 库存=111), *_each(MANY[1:])],
}


@pytest.fixture
def known(folder: Path, itemsync: Command, sandbox: Sandbox) -> Path:
    """A sheet of 25 rows that was synced before."""
    sandbox.shop.load(map(goods, MANY))
    sheet = write(folder / "weekly.xlsx", *_each(MANY))
    assert itemsync("apply", sheet, "--yes").code == 0
    return sheet


@pytest.mark.parametrize("guard", SHEETS)
def test_a_guard_stops_the_plan_by_its_name(known: Path, itemsync: Command, sandbox: Sandbox, guard: str) -> None:
    write(known, *SHEETS[guard])
    before = sandbox.shop.documents()
    sandbox.calls.clear()
    ran = itemsync("apply", known, "--yes", "--allow-delete", "--json")
    assert (ran.code, ran.error) == (3, "cli.guarded")
    assert guard in ran.json["plan"]["guards"]
    assert ran.json["error"]["message"].rstrip().endswith(f"--force {','.join(ran.json['plan']['guards'])} 再运行。")
    assert itemsync("plan", known, "--json").json["guards"] == ran.json["plan"]["guards"]
    assert sandbox.writes == 0
    assert sandbox.shop.documents() == before
    names = ",".join(ran.json["plan"]["guards"])
    assert itemsync("apply", known, "--yes", "--allow-delete", "--force", names).code == (guard == "invalid")


def test_first_stock_stops_what_this_state_has_never_synced(sheet: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(sheet, line("A-1", 库存=11), line("A-2"), line("A-3"))
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["first-stock"])
    assert sandbox.writes == 0
    assert itemsync("apply", sheet, "--yes", "--force", "first-stock").code == 0


def test_one_guard_forced_leaves_the_other_standing(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, line("A-1", 价格=2, 库存=500), *_each(MANY[1:]))
    sandbox.calls.clear()
    assert itemsync("apply", known, "--yes", "--json").json["plan"]["guards"] == ["price", "stock"]
    left = itemsync("apply", known, "--yes", "--force", "price")
    assert left.code == 3
    assert "--force stock" in left.err
    assert sandbox.writes == 0
    assert itemsync("apply", known, "--yes", "--force", "stock,price").code == 0


def test_force_all(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, line("A-1", 价格=2, 库存=500), *_each(MANY[1:]))
    assert itemsync("apply", known, "--yes", "--force", "all").code == 0
    assert sandbox.writes


def test_a_name_that_no_guard_has(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.calls.clear()
    ran = itemsync("apply", known, "--yes", "--force", "price,prices")
    assert ran.code == 2
    assert "prices" in ran.err
    assert "first-stock" in ran.err, "the names that there are"
    assert not sandbox.calls


def test_the_numbers_are_the_profiles_own(known: Path, itemsync: Command, folder: Path) -> None:
    (folder / "itemsync.toml").write_text('[profiles.default.guards]\nprice_floor = "21.00"\n')
    write(known, line("A-1", 价格=20.5), *_each(MANY[1:]))
    assert itemsync("plan", known, "--json").json["guards"] == ["price"]
