"""`[profiles.NAME.publish]`, from the settings to the platform, by way of the preview."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import held, line, new_line, write

SETTINGS = '[profiles.default.publish]\n"_sys@market" = "life"\n"品牌" = "OPI"\n"_sys@domainId" = 7\n'


@pytest.fixture
def settings(folder: Path) -> Path:
    file = folder / "itemsync.toml"
    file.write_text(SETTINGS, encoding="utf-8")
    return file


def test_what_is_shown_is_published_and_old_items_stay(
    synced: Path, settings: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    rows = [
        line("A-1", 价格=25),
        line("A-2"),
        line("A-3"),
        new_line("B-1"),
        {**new_line("B-2"), "自定义:品牌": "Essie"},
    ]
    write(synced, *rows)
    planned = itemsync("plan", synced, "--json").json["rows"]
    changes = {row["outer_id"]: {change["path"]: change["to"] for change in row["changes"]} for row in planned}
    assert changes["A-1"] == {"_sys@price": "25.00"}
    told = {"_sys@market": "life", "_sys@domainId": 7}
    assert told.items() <= changes["B-1"].items() and changes["B-1"]["品牌"] == "OPI"
    assert told.items() <= changes["B-2"].items() and changes["B-2"]["品牌"] == "Essie"
    assert "OPI" in itemsync("plan", synced).out
    assert itemsync("apply", synced, "--yes").code == 0
    assert [held(sandbox, code).get("品牌") for code in ("A-1", "B-1", "B-2")] == [None, "OPI", "Essie"]
    assert held(sandbox, "B-1")["_sys@domainId"] == 7
    assert itemsync("plan", synced, "--json").json["summary"]["none"] == 5


def test_a_plan_that_was_shown_with_other_defaults_is_not_applied(
    synced: Path, settings: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, line("A-1"), new_line("B-1"))
    assert itemsync("plan", synced, "-o", "plan.json").code == 0
    settings.write_text(SETTINGS.replace("OPI", "Essie"), encoding="utf-8")
    ran = itemsync("apply", "plan.json", "--yes")
    assert ran.code == 1
    assert not held(sandbox, "B-1")
