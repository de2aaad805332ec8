"""Our command line against a platform that somebody else could have written from the same documents."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.cli import run
from sync.gateway.protocol import SignMethod
from tests.cli.small_shop import line, new_line, results, row, type_in, write
from tests.gateway.other_server import APP_KEY, APP_SECRET, FORBIDDEN, SESSION, OtherServer

Itemsync = Callable[..., int]
GET = "taobao.open.item.get"


@pytest.fixture
def platform() -> Iterator[OtherServer]:
    with OtherServer() as platform:
        yield platform


@pytest.fixture
def itemsync(platform: OtherServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Itemsync:
    """Run a command in a folder of its own, against the other platform."""
    settings = {
        "GATEWAY": platform.gateway,
        "APP_KEY": APP_KEY,
        "APP_SECRET": APP_SECRET,
        "SESSION": SESSION,
        "STATE": str(tmp_path / "state.db"),
        "LANG": "zh",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"ITEMSYNC_{name}", value)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    return lambda *args: run([str(arg) for arg in args])


def added(platform: OtherServer, *codes: str) -> dict[str, str]:
    """Items that the platform holds from the start; code → id."""
    keys: dict[str, Any] = {"category": ["丽人", "美甲"], "price": 20.0, "inventory": 10}
    return {code: platform.add(outerId=code, title=f"猫眼美甲 {code}", **keys) for code in codes}


def test_a_weeks_work_arrives_there(platform: OtherServer, itemsync: Itemsync, tmp_path: Path) -> None:
    ids = added(platform, "A-1", "A-2", "A-3", "A-4", "A-5")
    sheet = write(
        tmp_path / "weekly.xlsx",
        line("A-1", 商品ID=ids["A-1"], 价格=25.5, **{"自定义:品牌": "猫+爪 & 朋友👍"}),
        line("A-2", 商品ID=ids["A-2"], 目标状态="下架"),
        line("A-3", 商品ID=ids["A-3"], 库存=16),
        line("A-4", 商品ID=ids["A-4"], 库存="", 库存增减=-3),
        line("A-5", 商品ID=ids["A-5"]),
        new_line("A-6", 库存=7),
    )
    assert itemsync("apply", sheet, "--yes", "--force", "all") == 0
    assert set(results(sheet).values()) == {"完成", "无变化"}
    held = {item["_sys"]["outerId"]: item for item in platform.items.values()}
    assert (held["A-1"]["_sys"]["price"], held["A-1"]["品牌"]) == (25.5, "猫+爪 & 朋友👍")
    assert held["A-2"]["_sys"]["status"] == 0
    stocks = [held[code]["_sys"]["inventory"] for code in ("A-3", "A-4", "A-5", "A-6")]
    assert stocks == [16, 7, 10, 7]
    assert row(sheet, "A-6")["商品ID"] == held["A-6"]["_sys"]["itemId"]

    # What was done is not done again: the platform's text ids and numbers are what the sheet says.
    done = len(platform.calls)
    assert itemsync("apply", sheet, "--yes") == 0
    assert set(platform.calls[done:]) == {GET}


def test_a_field_is_cleared_and_an_item_deleted(platform: OtherServer, itemsync: Itemsync, tmp_path: Path) -> None:
    ids = added(platform, "A-1", "A-2")
    platform.items[ids["A-1"]]["品牌"] = "猫爪"
    sheet = write(
        tmp_path / "weekly.xlsx",
        line("A-1", 商品ID=ids["A-1"], **{"自定义:品牌": "<清空>"}),
        line("A-2", 商品ID=ids["A-2"], 目标状态="删除"),
    )
    assert itemsync("apply", sheet, "--yes", "--force", "all", "--allow-delete") == 0
    assert "品牌" not in platform.items[ids["A-1"]]
    assert platform.items[ids["A-2"]]["_sys"]["status"] == -1


def test_the_shops_own_no_is_that_rows_alone(platform: OtherServer, itemsync: Itemsync, tmp_path: Path) -> None:
    ids = added(platform, "A-1", "A-2")
    sheet = write(tmp_path / "weekly.xlsx", *(line(code, 商品ID=ids[code]) for code in ids))
    assert itemsync("apply", sheet, "--yes") == 0
    type_in(sheet, "A-1", "标题", f"{FORBIDDEN}美甲")
    type_in(sheet, "A-2", "标题", "实惠美甲")
    assert itemsync("apply", sheet, "--yes", "--force", "all") == 1
    assert results(sheet) == {"A-1": "失败", "A-2": "完成"}
    assert "标题含有违禁词" in str(row(sheet, "A-1")["同步说明"])


@pytest.mark.parametrize("method", SignMethod, ids=str)
def test_every_way_of_signing(
    platform: OtherServer, itemsync: Itemsync, tmp_path: Path, method: SignMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_SIGN_METHOD", method.value)
    ids = added(platform, "A-1", "A-2", "A-3")
    sheet = write(tmp_path / "weekly.xlsx", *(line(code, 商品ID=ids[code], 标题="新👍") for code in ids))
    assert itemsync("apply", sheet, "--yes", "--force", "all") == 0
    assert {item["_sys"]["title"] for item in platform.items.values()} == {"新👍"}


@pytest.mark.parametrize("wrong", ["APP_SECRET=guess", "SESSION=stale", "APP_KEY=1"])
def test_wrong_credentials_stop_the_run(
    platform: OtherServer, itemsync: Itemsync, tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = added(platform, "A-1", "A-2")
    sheet = write(tmp_path / "weekly.xlsx", *(line(code, 商品ID=ids[code], 价格=21) for code in ids))
    name, value = wrong.split("=")
    monkeypatch.setenv(f"ITEMSYNC_{name}", value)
    before = json.dumps(platform.items)
    assert itemsync("apply", sheet, "--yes") == 4
    assert (json.dumps(platform.items), platform.calls) == (before, [])


def test_calls_come_in_batches_of_which_no_two_are_for_one_item(
    platform: OtherServer, itemsync: Itemsync, tmp_path: Path
) -> None:
    codes = [f"A-{number}" for number in range(1, 31)]
    ids = added(platform, *codes)
    changed = [line(code, 商品ID=ids[code], 价格=21, 库存=12, 目标状态="下架") for code in codes]
    sheet = write(tmp_path / "weekly.xlsx", *changed)
    assert itemsync("apply", sheet, "--yes", "--force", "all") == 0
    for item in platform.items.values():
        told = {name: item["_sys"][name] for name in ("price", "inventory", "status")}
        assert told == {"price": 21.0, "inventory": 12, "status": 0}
    assert max(platform.requests) > 1
    assert sum(platform.requests) == len(platform.calls)
    assert len(platform.requests) * 5 < len(platform.calls)
