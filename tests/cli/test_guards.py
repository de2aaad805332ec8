"""Every guard of docs/reference/guards.md, once through the command line: exit 3, named, the plan beside it,
forced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from sync.call import Op
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Begun, Command
from tests.cli.kills import killed
from tests.cli.small_shop import Line, goods, line, moving, new_line, row, write

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
def known(begun: Begun, sandbox: Sandbox) -> Path:
    """A sheet of 25 rows that was synced before."""
    sandbox.shop.load(map(goods, MANY))
    return begun(_each(MANY))


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


# --- what a guard tells, and its rows -----------------------------------------------------------------------------


def test_a_guard_names_ten_of_its_rows_and_the_page_all(known: Path, itemsync: Command) -> None:
    write(known, *_each(MANY[:12], 目标状态="下架"), *_each(MANY[12:]))
    told = itemsync("plan", known, "--html", "preview.html").out
    assert "共 12 行" in told
    assert "A-1、A-2、A-3、A-4、A-5、A-6、A-7、A-8、A-9、A-10；" in "".join(told.split())
    assert "、".join(MANY[:12]) in Path("preview.html").read_text(encoding="utf-8")


def test_few_rows_are_all_named(known: Path, itemsync: Command) -> None:
    write(known, line("A-1", 价格=2), line("A-2", 价格=3), *_each(MANY[2:]))
    assert "共 2 行：A-1、A-2。" in itemsync("plan", known).out


@pytest.mark.parametrize("guard", SHEETS)
def test_skip_guarded_holds_back_only_the_rows_of_the_guard(
    known: Path, itemsync: Command, sandbox: Sandbox, guard: str
) -> None:
    write(known, *SHEETS[guard][:-1], {**SHEETS[guard][-1], "自定义:品牌": "新"})
    ran = itemsync("apply", known, "--yes", "--allow-delete", "--skip-guarded", "--json")
    assert ran.code == 1
    results = {row["outer_id"]: row["result"] for row in ran.json["rows"]}
    held_back = [code for code, result in results.items() if result in ("blocked", "invalid")]
    last = SHEETS[guard][-1]["商家编码"]
    assert (
        held_back == [row["商家编码"] for row in SHEETS[guard] if row != line(str(row["商家编码"]))][: len(held_back)]
    )
    assert len(held_back) == {"takedown": 8, "price": 1, "delete": 21, "invalid": 8, "publish": 21, "stock": 1}[guard]
    assert (results[last] == "done") is (guard != "publish")
    if guard not in ("invalid", "publish"):
        assert "--force" in ran.json["rows"][0]["note"]


def test_skip_guarded_leaves_rows_of_a_forced_guard_alone(known: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(known, line("A-1", 价格=2), line("A-2", 库存=500), *_each(MANY[2:]))
    ran = itemsync("apply", known, "--yes", "--force", "price", "--skip-guarded", "--json")
    assert [row["result"] for row in ran.json["rows"][:3]] == ["done", "blocked", "none"]


def test_what_was_forced_is_not_asked_for_again(known: Path, itemsync: Command) -> None:
    write(known, line("A-1", 价格=2), *_each(MANY[1:]))
    told = itemsync("apply", known, "--yes", "--force", "price").out
    assert "已经用 --force 确认过：price" in told
    assert "执行时加上" not in told


def test_an_undo_that_trips_a_guard_does_not_speak_of_apply(known: Path, itemsync: Command) -> None:
    write(known, line("A-1", 价格=2), *_each(MANY[1:]))
    itemsync("apply", known, "--yes", "--force", "price")
    ran = itemsync("undo", "2", "--yes")
    assert ran.code == 3
    assert "执行时加上：--force price" in ran.out
    assert "apply" not in ran.out + ran.err


# --- deletions, and a run that isn't finished ---------------------------------------------------------------------


def test_the_preview_says_that_a_deletion_needs_leave(known: Path, itemsync: Command) -> None:
    write(known, line("A-1", 目标状态="删除"), *_each(MANY[1:]))
    assert "--allow-delete" in itemsync("plan", known, "--html", "preview.html").out
    assert "--allow-delete" in Path("preview.html").read_text(encoding="utf-8")
    asked = itemsync("apply", known)
    assert (asked.code, "要删除 1 个商品" in asked.out) == (2, True)
    assert "--allow-delete" not in itemsync("apply", known, "--yes", "--allow-delete").out


def test_a_plan_mentions_the_run_that_is_not_finished(synced: Path, itemsync: Command) -> None:
    write(synced, line("A-1", 价格=21), line("A-2"), line("A-3"))
    assert "还没有完成" not in itemsync("plan", synced).err
    with killed(lambda call: call.op is Op.MODIFY):
        itemsync("apply", synced, "--yes")
    ran = itemsync("plan", synced)
    assert ran.code == 0
    assert "第 2 次运行（weekly.xlsx）还没有完成" in ran.err


def test_a_change_that_is_held_back_names_the_run_that_made_it(synced: Path, itemsync: Command) -> None:
    write(synced, moving("A-1", 5), line("A-2"), line("A-3"))
    old = synced.read_bytes()
    assert itemsync("apply", synced, "--yes").code == 0
    assert itemsync("apply", synced, "--yes").code == 0
    synced.write_bytes(old)
    ran = itemsync("apply", synced, "--yes", "--skip-guarded")
    assert ran.code == 1
    note = str(row(synced, "A-1")["同步说明"])
    assert "第 2 次运行已于 20" in note
    assert "库存增减 +5" in note
    assert "--force repeat" in note
