"""One shop, one profile: a second one in the same state would do once more what the first has done."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.fields import INVENTORY
from sync.legible import quoted
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed_before_delivery
from tests.cli.small_shop import CODES, goods, held, line, moving, write


@pytest.fixture
def mine(synced: Path, itemsync: Command) -> Path:
    """A sheet whose shop is remembered, with a price to change."""
    assert itemsync("plan", synced).code == 0
    return write(synced, line("A-1", 价格=21), line("A-2"), line("A-3"))


SECOND = """
[profiles.default]
[profiles.more]
"""


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", ["Default", "defualt", "default ", "shop; B"])
@pytest.mark.parametrize("settings", ["", SECOND])
def test_a_new_name_for_a_shop_that_another_profile_has_is_refused(
    mine: Path, itemsync: Command, sandbox: Sandbox, name: str, settings: str
) -> None:
    mine.with_name("itemsync.toml").write_text(settings, encoding="utf-8")
    write(mine, moving("A-1", 5), line("A-2"), line("A-3"))
    with killed_before_delivery():
        itemsync("apply", mine, "--yes")
    sandbox.calls.clear()
    for command in (("plan", mine), ("apply", mine, "--yes", "--force", "all"), ("pull", "--into", mine)):
        ran = itemsync("--profile", name, *command, "--json")
        assert (ran.code, ran.error) == (2, "shop.second"), command
        for words in ("--profile default", f"--profile {quoted(name)} state rebind"):
            assert words in ran.json["error"]["message"]
    assert itemsync("--profile", name, "watch", mine, "--once").code == 2
    assert not sandbox.calls
    assert itemsync("--profile", name, "history").code == 0
    assert itemsync("resume").code == 0
    assert held(sandbox, "A-1")[INVENTORY] == 15


def test_a_name_that_a_variable_says_is_refused_too(
    mine: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_PROFILE", "deflaut")
    assert itemsync("apply", mine, "--yes", "--json").error == "shop.second"


def test_a_forgotten_profile_is_refused_too(
    sheet: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert itemsync("--profile", "shopb", "apply", sheet, "--yes").code == 0
    ran = itemsync("apply", sheet, "--yes", "--json")
    assert (ran.code, ran.error) == (2, "shop.second")
    assert "--profile shopb" in ran.json["error"]["message"]
    assert itemsync("--profile", "shopb", "apply", sheet, "--yes").code == 0


def test_a_plan_before_is_no_excuse(sheet: Path, itemsync: Command) -> None:
    """A plan alone keeps whose shop it was, and nothing of its items."""
    assert itemsync("--profile", "shopB", "plan", sheet).code == 0
    assert itemsync("--profile", "shopb", "plan", sheet).code == 0
    assert itemsync("--profile", "shopb", "apply", sheet, "--yes").code == 0
    assert itemsync("--profile", "shopB", "plan", sheet, "--json").error == "shop.second"


def test_whoever_means_it_binds_the_new_profile_once(mine: Path, itemsync: Command) -> None:
    new = ("--profile", "renamed")
    assert itemsync(*new, "plan", mine, "--json").error == "shop.second"
    assert itemsync(*new, "state", "rebind").code == 2, "it asks, and there is nobody to ask"
    assert itemsync(*new, "state", "rebind", "--yes").code == 0
    assert itemsync(*new, "plan", mine).code == 0
    assert itemsync(*new, "apply", mine, "--yes", "--force", "all").code == 0
    assert itemsync("apply", mine, "--yes").code == 0, "the old one works on"
    assert itemsync("--profile", "Renamed", "plan", mine, "--json").error == "shop.second", "it is one name's leave"


def test_two_listed_shops_of_one_app_are_two_as_far_as_nobody_tells(
    synced: Path, itemsync: Command, sandbox: Sandbox, folder: Path
) -> None:
    (folder / "itemsync.toml").write_text(SECOND, encoding="utf-8")
    assert itemsync("--profile", "more", "plan", synced).code == 0
    sandbox.shop.load(goods(code, userId=6) for code in CODES)
    assert itemsync("plan", synced).code == 0
    ran = itemsync("--profile", "more", "plan", synced, "--json")
    assert (ran.code, ran.error) == (2, "shop.second"), "the items tell that it is the same seller"
    sandbox.shop.load(goods(code, userId=7) for code in CODES)
    assert itemsync("--profile", "more", "plan", synced).code == 0
