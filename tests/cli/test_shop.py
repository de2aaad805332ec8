"""A state belongs to a shop, and the shop is named before anything is done to it
(docs/reference/state.md#one-shop)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import CODES, Json, goods, line, write

SETTINGS = """
[profiles.north]
gateway = "https://eco.taobao.com/router/rest"
app_key = "1"
[profiles.south]
gateway = "https://eco.taobao.com/router/rest"
app_key = "2"
"""


@pytest.fixture
def mine(synced: Path, itemsync: Command) -> Path:
    """A sheet whose shop is remembered, with a price to change."""
    assert itemsync("plan", synced).code == 0
    return write(synced, line("A-1", 价格=21), line("A-2"), line("A-3"))


def _other_app(patch: pytest.MonkeyPatch, other: Sandbox) -> None:
    patch.setenv("ITEMSYNC_APP_KEY", "99")


def _other_port(patch: pytest.MonkeyPatch, other: Sandbox) -> None:
    patch.setenv("ITEMSYNC_GATEWAY", other.gateway)


def _live(patch: pytest.MonkeyPatch, other: Sandbox) -> None:
    patch.setenv("ITEMSYNC_GATEWAY", "https://eco.taobao.com/router/rest")
    patch.delenv("ITEMSYNC_SETTLE", raising=False)


Elsewhere = Callable[[pytest.MonkeyPatch, Sandbox], None]


@pytest.mark.parametrize("elsewhere", [_other_app, _other_port, _live])
def test_another_shop_is_refused_before_any_call(
    mine: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, elsewhere: Elsewhere
) -> None:
    with Sandbox() as other:
        other.shop.load(map(goods, CODES))
        elsewhere(monkeypatch, other)
        sandbox.calls.clear()
        commands: list[tuple[object, ...]] = [
            ("plan", mine),
            ("apply", mine, "--yes"),
            ("undo", 1, "--yes"),
            ("pull", "--into", mine),
        ]
        for command in commands:
            ran = itemsync(*command, "--json")
            assert (ran.code, ran.error) == (2, "shop.wrong"), command
        assert itemsync("watch", mine, "--once").code == 2
        said = itemsync("plan", mine).err
        assert "state rebind" in said
        assert "--profile" in said
        assert "10000001" in said
        assert not sandbox.calls
        assert not other.calls
    for command in (("history",), ("show", 1), ("check", mine)):
        assert itemsync(*command).code == 0


def test_a_run_is_not_resumed_in_another_shop(
    mine: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with killed():
        itemsync("apply", mine, "--yes")
    sandbox.calls.clear()
    with monkeypatch.context() as patch:
        patch.setenv("ITEMSYNC_APP_KEY", "99")
        ran = itemsync("resume", "--json")
        assert (ran.code, ran.error) == (2, "shop.wrong")
    assert not sandbox.calls


def test_the_platforms_own_addresses_are_one_shop(
    mine: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_GATEWAY", sandbox.gateway.replace("127.0.0.1", "localhost"))
    assert itemsync("plan", mine).code == 0


def test_rebind_makes_it_the_same_shop(
    mine: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as other:
        other.shop.load(map(goods, CODES))
        monkeypatch.setenv("ITEMSYNC_GATEWAY", other.gateway)
        assert itemsync("state", "rebind").code == 2, "it asks, and there is nobody to ask"
        assert itemsync("plan", mine, "--json").error == "shop.wrong"
        assert itemsync("state", "rebind", "--yes").code == 0
        assert itemsync("apply", mine, "--yes").code == 0
    monkeypatch.setenv("ITEMSYNC_GATEWAY", sandbox.gateway)
    assert itemsync("plan", mine, "--json").error == "shop.wrong"


def test_another_seller_is_refused_as_far_as_items_tell(mine: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.load(goods(code, userId=6) for code in CODES)
    assert itemsync("plan", mine).code == 0
    sandbox.shop.load([goods("A-2", userId=7)])
    assert itemsync("plan", mine).code == 0, "one odd answer turns nobody away"
    sandbox.shop.load(goods(code, userId=7) for code in CODES)
    sandbox.calls.clear()
    ran = itemsync("apply", mine, "--yes", "--json")
    assert (ran.code, ran.error) == (2, "shop.wrong")
    assert sandbox.writes == 0
    ran = itemsync("undo", 1, "--yes", "--json")
    assert ran.code == 0, "it changed nothing, and nothing is read"


def test_before_anything_is_remembered_any_shop_will_do(
    sheet: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:9/router/rest")
        assert itemsync("plan", sheet).code == 4
    with Sandbox() as practice, monkeypatch.context() as patch:
        practice.shop.load(map(goods, CODES))
        patch.setenv("ITEMSYNC_GATEWAY", practice.gateway)
        assert itemsync("plan", sheet).code == 0
    assert itemsync("apply", sheet, "--yes").code == 0


def test_a_mistyped_gateway_does_not_become_the_shop_of_an_older_state(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:9/router/rest")
        assert itemsync("plan", synced).code == 4
    assert itemsync("plan", synced).code == 0


def test_the_shop_is_named(mine: Path, itemsync: Command, sandbox: Sandbox, folder: Path) -> None:
    host = sandbox.gateway.split("/")[2]
    assert f"default（{host}）" in itemsync("plan", mine, "--html", folder / "plan.html").out
    assert host in (folder / "plan.html").read_text(encoding="utf-8")
    named: Json = {"profile": "default", "gateway": host, "seller": ""}
    assert itemsync("plan", mine, "--json").json["shop"] == named
    ran = itemsync("apply", mine, "--yes", "--json", "--report", folder / "told")
    assert ran.json["shop"] == named
    assert host in (folder / "told" / "run-2.html").read_text(encoding="utf-8")


def test_a_profile_that_variables_make_is_said_to_be_new(
    mine: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as other, monkeypatch.context() as patch:
        other.shop.load(map(goods, CODES))
        patch.setenv("ITEMSYNC_GATEWAY", other.gateway)
        first = itemsync("--profile", "shopB", "apply", mine, "--yes", "--force", "all")
        assert "shopB 是新的" in first.err
        assert first.code == 0
        assert "是新的" not in itemsync("--profile", "shopB", "apply", mine, "--yes").err
    assert "是新的" not in itemsync("apply", mine, "--yes").err


def test_a_profile_that_only_a_typo_made_is_refused(
    mine: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    monkeypatch.delenv("ITEMSYNC_APP_KEY")
    sandbox.calls.clear()
    ran = itemsync("--profile", "shopB", "plan", mine, "--json")
    assert (ran.code, ran.error) == (2, "config.no_such_profile")
    (folder / "itemsync.toml").write_text(SETTINGS, encoding="utf-8")
    ran = itemsync("--profile", "nroth", "plan", mine, "--json")
    assert (ran.code, ran.error) == (2, "config.no_profile")
    assert "是不是 north" in ran.json["error"]["message"]
    assert not sandbox.calls
