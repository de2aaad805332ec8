"""A platform that does what it is asked and says otherwise, or nothing: every call is made once, whatever it says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from sync.fields import INVENTORY, ITEM_ID, OUTER_ID, PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.method import Fields, Method, Params
from sync.sandbox.methods import METHODS
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, held, items, line, moving, new_line, row, write

pytestmark = pytest.mark.usefixtures("quick")

INCR = "taobao.open.item.inventory.incr"


@pytest.mark.one_in(2)
@pytest.mark.parametrize("word", ["code50", "tmall", "number", "busy", "isp", "http-404", "http-405"])
def test_a_move_that_was_made_and_answered_with_trouble_is_made_once(
    synced: Path, itemsync: Command, sandbox: Sandbox, word: str
) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    sandbox.faults = Faults(f"{word}-after@inventory.incr:1")
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.json["rows"][0]["result"]) == (0, "done")
    assert [call["outcome"] for call in ran.json["rows"][0]["calls"] if "incr" in call["method"]] == ["unknown"]
    assert (held(sandbox, "A-1")[INVENTORY], sandbox.calls[INCR]) == (16, 1)
    assert row(synced, "A-1")["库存增减"] is None
    assert itemsync("apply", synced, "--yes").code == 0
    assert (held(sandbox, "A-1")[INVENTORY], sandbox.calls[INCR]) == (16, 1)


@pytest.mark.one_in(2)
@pytest.mark.parametrize("word", ["code50", "tmall", "number", "busy", "http-404"])
def test_a_move_that_was_not_made_is_never_said_to_be(
    synced: Path, itemsync: Command, sandbox: Sandbox, word: str
) -> None:
    write(synced, moving("A-1", 6), line("A-2"), line("A-3"))
    sandbox.faults = Faults(f"{word}-before@inventory.incr:1")
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.json["rows"][0]["result"]) == (1, "unknown")
    assert sandbox.calls[INCR] == 1
    assert itemsync("apply", synced, "--yes").code == 1
    assert (held(sandbox, "A-1")[INVENTORY], sandbox.calls[INCR]) == (10, 1)
    assert itemsync("resume", "--answer", "A-1=not").code == 0
    assert itemsync("apply", synced, "--yes").code == 0
    assert (held(sandbox, "A-1")[INVENTORY], sandbox.calls[INCR]) == (16, 2)


@pytest.mark.parametrize("spec", ["code50-before@modify:1", "busy-before@modify:1", "number-before@modify:1"])
def test_what_may_be_sent_twice_is_sent_again(synced: Path, itemsync: Command, sandbox: Sandbox, spec: str) -> None:
    write(synced, line("A-1", 价格=25), line("A-2"), line("A-3"))
    sandbox.faults = Faults(spec)
    assert itemsync("apply", synced, "--yes").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500


@pytest.mark.parametrize(
    "fault",
    [
        "http-404-after@inventory.incr:1",
        "http-405-after@inventory.incr:1",
        "http-404-before@inventory.incr:1",
        "http-404-after@modify:1",
        "http-405-after@status.modify:1",
        "http-404-after@publish:1",
        "http-404-before@publish:1",
    ],
)
def test_a_proxys_page_to_a_batch_is_a_lost_answer_once_a_batch_has_worked(
    synced: Path, itemsync: Command, sandbox: Sandbox, fault: str
) -> None:
    lines = [
        line("A-1", 库存=17, 价格=25, 目标状态="下架"),
        line("A-2", 库存=27, 价格=26, 目标状态="下架"),
        new_line("B-1"),
        new_line("B-2"),
    ]
    write(synced, *lines)
    sandbox.requests.clear()
    sandbox.faults = Faults(fault)
    assert itemsync("apply", synced, "--yes", "--force", "all").code == 0
    assert sandbox.faults.happened
    told = {
        code: (held(sandbox, code)[INVENTORY], held(sandbox, code)[PRICE]) for code in ("A-1", "A-2", "B-1", "B-2")
    }
    assert told == {"A-1": (17, 2500), "A-2": (27, 2600), "B-1": (10, 3000), "B-2": (10, 3000)}
    assert len(items(sandbox)) == 5
    # It still takes batches.
    assert sandbox.requests["/router/batch"] > 4


def test_a_platform_without_batches_is_still_served(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES), *(new_line(f"B-{n}") for n in range(9)))
    sandbox.faults = Faults("no-batch=1")
    assert itemsync("apply", synced, "--yes", "--force", "all").code == 0
    assert {held(sandbox, code)[PRICE] for code in CODES} == {2500}
    assert len(items(sandbox)) == 12


def test_a_token_that_a_variable_gave_is_said_to_come_from_it(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_SESSION", "stale-token")
    for language in ("zh", "en"):
        ran = itemsync("--lang", language, "plan", synced)
        assert ran.code == 4
        assert "ITEMSYNC_SESSION" in ran.err and "stale-token" not in ran.err


def test_a_token_whose_security_level_is_not_enough_stops_the_run(
    synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, line("A-1", 价格=25), line("A-2"), line("A-3"))
    sandbox.faults = Faults("level-once@modify:1")
    ran = itemsync("apply", synced, "--yes", "--json")
    assert (ran.code, ran.error) == (4, "gateway.level")
    assert held(sandbox, "A-1")[PRICE] == 2000
    assert itemsync("resume").code == 0
    assert held(sandbox, "A-1")[PRICE] == 2500


@pytest.mark.one_in(3)
@pytest.mark.parametrize("name", ["taobao.open.item.id.generate", "taobao.open.item.publish"])
@pytest.mark.parametrize("said", [0, "0", -1, 2**63])
def test_an_id_that_cannot_be_one_is_never_an_items(
    sheet: Path, itemsync: Command, sandbox: Sandbox, name: str, said: object
) -> None:
    honest = METHODS[name]

    def lie(shop: OpenItemShop, params: Params) -> Fields:
        return {**honest.handle(shop, params), "item_id": said}

    write(sheet, new_line("N-1"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(cast("dict[str, Method]", METHODS), name, replace(honest, handle=lie))
        itemsync("apply", sheet, "--yes")
    assert row(sheet, "N-1")["商品ID"] not in ("0", "-1", str(2**63))
    itemsync("resume")
    assert itemsync("apply", sheet, "--yes").code == 0
    published = [item for item in items(sandbox) if item[OUTER_ID] == "N-1"]
    assert [item[ITEM_ID] for item in published] == [row(sheet, "N-1")["商品ID"]]


@pytest.mark.parametrize("proxy", ["socks5://user:hunter2@10.0.0.1:1080", "http://user:hunter2@127.0.0.1:9"])
def test_where_no_proxy_lets_anything_out_the_proxy_is_named(
    synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    for name in ("no_proxy", "NO_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("ALL_PROXY", proxy)
    monkeypatch.setenv("ITEMSYNC_GATEWAY", "https://gateway.invalid/router/rest")
    monkeypatch.delenv("ITEMSYNC_SETTLE")
    # A state of its own, as it is another shop.
    monkeypatch.setenv("ITEMSYNC_STATE", "elsewhere.db")
    ran = itemsync("plan", synced)
    assert (ran.code, ran.out) == (4, "")
    assert proxy.replace("user:hunter2@", "") in ran.err and "hunter2" not in ran.err
    document = itemsync("plan", synced, "--json")
    assert (document.code, document.error) == (4, "gateway.unreachable")
    assert "hunter2" not in document.out
