"""`item` and `doctor`: what is known, and whether everything is there."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sync.call import Op
from sync.sandbox.server import Sandbox
from sync.state.lock import only_one
from sync.state.store import Store
from tests.cli.conftest import Command
from tests.cli.kills import killed
from tests.cli.small_shop import held, item_id, line, moving, type_in, write

NAMES = ["python", "settings", "state", "shop", "lock", "answers", "clock", "token", "gateway", "quota"]


def findings(itemsync: Command, *args: object) -> dict[str, tuple[bool, str]]:
    ran = itemsync("doctor", *args, "--json")
    assert ran.code in {0, 1}
    found = {one["name"]: (one["right"], one["message"]) for one in ran.json["checks"]}
    assert (ran.code == 0) is all(right for right, _ in found.values())
    return found


def test_all_is_well(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.calls.clear()
    found = findings(itemsync, synced)
    assert [*found] == [*NAMES, "sheet"]
    assert all(right for right, _ in found.values()), found
    assert not sandbox.writes
    ran = itemsync("doctor", synced)
    assert (ran.code, ran.out.count("✓"), ran.out.count("✗")) == (0, 11, 0)
    assert sandbox.session not in ran.out
    assert sandbox.app_secret not in ran.out


TROUBLE: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "gateway": lambda patch: patch.setenv("ITEMSYNC_GATEWAY", "http://127.0.0.1:9/router/rest"),
    "token": lambda patch: patch.delenv("ITEMSYNC_SESSION"),
    "settings": lambda patch: patch.setenv("ITEMSYNC_BATCH", "many"),
    "clock": lambda patch: patch.setattr(
        "sync.gateway.transport.Transport.server_time", lambda *_: datetime.now(UTC) + timedelta(hours=1)
    ),
    "python": lambda patch: patch.setattr("sync.service.doctor.OLDEST", (9, 9)),
    "quota": lambda patch: patch.setenv("ITEMSYNC_CALLS_PER_DAY", "1"),
}


@pytest.mark.parametrize("name", TROUBLE)
def test_each_trouble_is_told_with_what_to_do(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    TROUBLE[name](monkeypatch)
    if name == "quota":
        itemsync("plan", synced)
    right, message = findings(itemsync)[name]
    assert not right
    assert any(word in message for word in ("请", "itemsync", "恢复")), message


def test_a_run_that_is_not_finished_and_another_at_work(synced: Path, itemsync: Command, folder: Path) -> None:
    type_in(synced, "A-1", "价格", 25)
    with killed(lambda call: call.op is Op.MODIFY):
        itemsync("apply", synced, "--yes")
    right, message = findings(itemsync)["lock"]
    assert (right, "abandon 2" in message) == (False, True)
    store = Store(str(folder / "state.db"), "default")
    with only_one(store):
        assert not findings(itemsync)["lock"][0]
    store.close()


def test_a_sheet_that_is_not_there(synced: Path, itemsync: Command) -> None:
    assert findings(itemsync, "gone.xlsx")["sheet"][0] is False


# --- item ---------------------------------------------------------------------------------------------------------


def test_everything_that_is_known_of_an_item(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 25)
    itemsync("apply", synced, "--yes")
    itemsync("undo", "2", "--yes")
    sandbox.calls.clear()
    known = itemsync("item", "A-1", "--json").json
    assert not sandbox.calls
    assert (known["outer_id"], known["item_id"], known["deleted"]) == ("A-1", str(item_id("A-1")), False)
    price = next(field for field in known["fields"] if field["path"] == "_sys@price")
    assert (price["cell"], price["platform"], price["file"]) == ("25.00", "20.00", "weekly.xlsx")
    assert [(run["run"], run["undoes"], run["result"]) for run in known["runs"]] == [
        (3, 2, "done"), (2, None, "done"), (1, None, "none"),
    ]  # fmt: skip
    told = itemsync("item", "A-1").out
    assert "¥25.00" in told
    assert "第 3 次运行" in told
    assert held(sandbox, "A-1")


def test_an_item_that_waits_for_an_answer_says_how(synced: Path, itemsync: Command) -> None:
    write(synced, moving("A-1", 5), line("A-2"), line("A-3"))
    with killed(lambda call: call.op is Op.STOCK):
        itemsync("apply", synced, "--yes")
    itemsync("abandon", "2", "--yes")
    assert itemsync("item", "A-1", "--json").json["waits_for_answer"] is True
    assert "resume --answer A-1=happened" in itemsync("item", "A-1").out


def test_an_item_nobody_has_heard_of(synced: Path, itemsync: Command) -> None:
    ran = itemsync("item", "A-11", "--json")
    assert (ran.code, ran.error) == (2, "item.unheard.near")
    assert "A-1" in ran.json["error"]["message"]
    ran = itemsync("item", "完全不同", "--json")
    assert (ran.code, ran.error) == (2, "item.unheard")


def test_another_shop_is_told(synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    assert itemsync("plan", synced).code == 0
    monkeypatch.setenv("ITEMSYNC_APP_KEY", "99999999")
    right, message = findings(itemsync)["shop"]
    assert not right
    assert "state rebind" in message
