"""Rules from the outside: a workbook with a sheet 规则, planned and applied against the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from openpyxl import load_workbook

from sync.fields import INVENTORY, STATUS
from sync.item import Status
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, new_line, row, type_in, write
from tests.sheet.workbooks import write_items

HEADERS = ("名称", "类型", "范围", "开始", "结束", "下架库存", "上架库存", "最低价", "最高价", "启用")
Typed = Mapping[str, object]
OVER = {"名称": "双十一", "类型": "活动", "范围": "A-1", "开始": "2020-11-01", "结束": "2020-11-11 23:59"}
OPEN = OVER | {"结束": "2099-11-11 23:59"}
LOW = {"名称": "少了就下", "类型": "库存", "范围": "全部", "下架库存": 10, "上架库存": 20}


def add_rules(sheet: Path, *rules: Typed) -> Path:
    """Write the sheet 规则 anew."""
    book = load_workbook(sheet)
    if "规则" in book:
        del book["规则"]
    page = book.create_sheet("规则")
    page.append(HEADERS)
    for rule in rules:
        page.append([rule.get(header) for header in HEADERS])
    book.save(sheet)
    return sheet


def status(sandbox: Sandbox, code: str) -> object:
    return held(sandbox, code)[STATUS]


@pytest.fixture
def sheet(folder: Path) -> Path:
    """Three items that stand as on the platform; nobody says anything of their status."""
    return write(folder / "weekly.xlsx", *(line(f"A-{n}", 库存="", 目标状态="") for n in (1, 2, 3)))


def writes(sandbox: Sandbox) -> int:
    """How many calls changed something since this was asked last."""
    made = sum(times for method, times in sandbox.calls.items() if not method.endswith(".get"))
    sandbox.calls.clear()
    return made


def test_a_rule_is_named_in_preview_page_json_and_sheet(itemsync: Command, sandbox: Sandbox, sheet: Path) -> None:
    add_rules(sheet, OVER)
    name = "活动规则“双十一”（规则!B2）"
    page = sheet.with_name("preview.html")
    preview = itemsync("plan", sheet, "--html", page)
    assert "按规则" in preview.out
    assert "双十一" in preview.out
    assert name in page.read_text(encoding="utf-8")
    (planned, *_) = itemsync("plan", sheet, "--json").json["rows"]
    assert planned["rule"] == {"kind": "campaign", "name": "双十一", "cell": "规则!B2", "status": 0}
    assert itemsync("apply", sheet, "--yes").code == 0
    assert status(sandbox, "A-1") == Status.INACTIVE
    assert status(sandbox, "A-2") == Status.ACTIVE
    assert name in str(row(sheet, "A-1")["同步说明"])
    writes(sandbox)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert writes(sandbox) == 0


def test_a_saved_plan_is_applied_as_it_was_shown_or_not_at_all(
    itemsync: Command, sandbox: Sandbox, sheet: Path
) -> None:
    add_rules(sheet, OVER)
    plan = sheet.with_name("plan.json")
    itemsync("plan", sheet, "-o", plan)
    add_rules(sheet, OPEN)
    assert itemsync("apply", plan, "--yes").code == 1, "by now the rule says otherwise"
    assert status(sandbox, "A-1") == Status.ACTIVE
    add_rules(sheet, OVER)
    assert itemsync("apply", plan, "--yes").code == 0
    assert status(sandbox, "A-1") == Status.INACTIVE
    assert "双十一" in str(row(sheet, "A-1")["同步说明"])


def test_the_cell_active_is_weaker_and_inactive_is_stronger(itemsync: Command, sandbox: Sandbox, sheet: Path) -> None:
    add_rules(sheet, OVER, OPEN | {"名称": "双十二", "范围": "A-2"})
    type_in(sheet, "A-1", "目标状态", "上架")
    type_in(sheet, "A-2", "目标状态", "下架")
    assert itemsync("apply", sheet, "--yes").code == 0
    assert (status(sandbox, "A-1"), status(sandbox, "A-2")) == (Status.INACTIVE, Status.INACTIVE)
    assert "目标状态（I3）要失效，活动规则“双十二”（规则!B3）要有效" in str(row(sheet, "A-2")["同步说明"])


def test_a_rule_that_is_gone_leaves_the_word_to_the_cell(itemsync: Command, sandbox: Sandbox, sheet: Path) -> None:
    add_rules(sheet, OVER)
    type_in(sheet, "A-1", "目标状态", "上架")
    itemsync("apply", sheet, "--yes")
    add_rules(sheet, OVER | {"启用": "否"})
    assert itemsync("apply", sheet, "--yes").code == 0
    assert status(sandbox, "A-1") == Status.ACTIVE


def test_stock_takes_an_item_down_and_puts_it_up_again(itemsync: Command, sandbox: Sandbox, sheet: Path) -> None:
    add_rules(sheet, LOW | {"范围": "A-1"})
    itemsync("apply", sheet, "--yes")
    assert status(sandbox, "A-1") == Status.INACTIVE, "10 units"
    type_in(sheet, "A-1", "库存", 15)
    itemsync("apply", sheet, "--yes")
    assert status(sandbox, "A-1") == Status.INACTIVE, "in between it stays off"
    type_in(sheet, "A-1", "库存", 20)
    itemsync("apply", sheet, "--yes")
    assert (status(sandbox, "A-1"), held(sandbox, "A-1")[INVENTORY]) == (Status.ACTIVE, 20)
    type_in(sheet, "A-1", "库存", 11)
    writes(sandbox)
    itemsync("apply", sheet, "--yes")
    assert (status(sandbox, "A-1"), writes(sandbox)) == (Status.ACTIVE, 1), "in between it stays on"


def test_a_schedule_of_the_row(itemsync: Command, sandbox: Sandbox, folder: Path) -> None:
    headers = ("商家编码", "标题", "一级类目", "二级类目", "价格", "库存", "上架时间", "下架时间")
    waiting, due = new_line("B-1", 上架时间="2099-01-01"), new_line("B-2", 上架时间="2020-01-01 08:00")
    sheet = write_items(folder / "new.xlsx", dict(waiting), dict(due), headers=headers)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert (status(sandbox, "B-1"), status(sandbox, "B-2")) == (Status.INACTIVE, Status.ACTIVE)
    assert "上下架时间（G2）" in str(row(sheet, "B-1")["同步说明"])
    writes(sandbox)
    assert itemsync("apply", sheet, "--yes").code == 0
    assert writes(sandbox) == 0


def test_only_what_the_clock_or_the_platform_may_have_changed_is_read(
    itemsync: Command, sandbox: Sandbox, sheet: Path
) -> None:
    add_rules(sheet, OPEN, LOW | {"范围": "A-2", "下架库存": 1})
    itemsync("apply", sheet, "--yes")
    sandbox.calls.clear()
    assert itemsync("plan", sheet, "--refresh", "changed").code == 0
    assert sum(sandbox.calls.values()) == 1, "only the one under a stock rule"
    add_rules(sheet, OVER)
    planned = itemsync("plan", sheet, "--refresh", "changed", "--json").json["rows"]
    assert [one["action"] for one in planned] == ["update", "none", "none"]


@pytest.mark.parametrize("command", [("check",), ("plan",), ("apply", "--yes")])
def test_a_wrong_rule_stops_everything_and_names_its_cell(
    itemsync: Command, sandbox: Sandbox, sheet: Path, command: tuple[str, ...]
) -> None:
    add_rules(sheet, OVER | {"结束": "2020-02-30"})
    ran = itemsync(command[0], sheet, *command[1:])
    assert (ran.code, sum(sandbox.calls.values())) == (2, 0)
    assert "规则!E2" in (ran.out if command == ("check",) else ran.err)
    document = itemsync(command[0], sheet, *command[1:], "--json")
    assert (document.code, document.error) == (2, "rules.wrong")


def test_a_scope_without_a_row_is_told_and_stops_nothing(itemsync: Command, sheet: Path) -> None:
    add_rules(sheet, OVER | {"范围": "A-9"})
    ran = itemsync("plan", sheet)
    assert ran.code == 0
    assert "A-9" in ran.err
    (problem,) = itemsync("check", sheet, "--json").json["problems"]
    assert (problem["row"], problem["cell"], problem["code"]) == (None, "规则!C2", "rule.no_such_codes")


PROFILE = """
[profiles.default]
timezone = "Asia/Tokyo"
[[profiles.default.rules]]
kind = "campaign"
start = 2020-11-01T00:00:00
end = 2020-11-11T23:59:00
category = "丽人"
[[profiles.default.rules]]
kind = "stock"
off_at = 10
on_at = 20
name = "少了就下"
codes = ["A-2"]
"""


@pytest.fixture
def profile(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    file = folder / "itemsync.toml"
    file.write_text(PROFILE, encoding="utf-8")
    return file


def test_rules_of_the_profile_count_like_the_sheets_own(
    itemsync: Command, sandbox: Sandbox, sheet: Path, profile: Path
) -> None:
    first, second, _ = itemsync("plan", sheet, "--json").json["rows"]
    assert first["rule"] == {"kind": "campaign", "name": "活动 1", "cell": "itemsync.toml:4", "status": 0}
    assert second["rule"]["name"] == "活动 1", "the stronger of the two"
    shown = itemsync("profile", "show")
    assert "kind = campaign" in shown.out.replace("\n", "")
    add_rules(sheet, LOW)
    refused = itemsync("plan", sheet)
    assert refused.code == 2
    assert "少了就下" in refused.err


MISTAKES = [
    ('category = "丽人"', 'category = "美脚"', "rules.category_unknown"),
    ('category = "丽人"', 'category = "丽人"\ncodes = ["A-1"]', "config.wrong"),
    ('category = "丽人"', "codes = []", "config.wrong"),
    ('category = "丽人"', 'codes = [" A-1"]', "config.wrong"),
    ("2020-11-11T23:59:00", "2020-10-11T23:59:00", "config.wrong"),
    ("2020-11-11T23:59:00", "2020-12-11T23:59:00Z", "config.wrong"),
    ("on_at = 20", "on_at = 10", "config.wrong"),
    ("on_at = 20", "on = 20", "config.unknown"),
    ('kind = "stock"', 'kind = "stok"', "config.wrong"),
    ("on_at = 20", "on_at = 20\nof_at = 3", "config.unknown"),
    ("Asia/Tokyo", "Asia/Tokio", "config.wrong"),
    ("Asia/Tokyo", "../../etc/passwd", "config.wrong"),
]


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_wrong_rule_of_the_profile_is_refused_with_its_line(
    itemsync: Command, sheet: Path, profile: Path, mistake: tuple[str, str, str]
) -> None:
    right, wrong, code = mistake
    profile.write_text(PROFILE.replace(right, wrong), encoding="utf-8")
    ran = itemsync("plan", sheet, "--json")
    assert (ran.code, ran.error) == (2, code)
    assert "itemsync.toml:" in ran.json["error"]["message"]


def test_on_the_shop_channel_only_the_sheet_says_what_is_of_a_category(
    folder: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_CHANNEL", "shop")
    hours = {"名称": "夜间", "类型": "每日", "范围": "丽人>美甲", "开始": "08:00", "结束": "23:00", "启用": "是"}
    sheet = add_rules(write(folder / "shop.xlsx", {"商家编码": "A-1", "一级类目": ""}), hours)
    assert "每日规则“夜间”（规则!B2）管不到任何商品" in itemsync("plan", sheet).err
    add_rules(write(sheet, {"商家编码": "A-1", "一级类目": "丽人", "二级类目": "美甲"}), hours)
    assert "管不到" not in itemsync("plan", sheet).err
