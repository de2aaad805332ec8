"""How calls are made, as a person sees it: their log, the day's quota, and a gateway without batches."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from sync.sandbox.document import system
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, item_id, type_in
from tests.cli.test_secrets import SECRETS


@pytest.fixture
def changed(synced: Path) -> Path:
    """A sheet with three prices to change."""
    for code in CODES:
        type_in(synced, code, "价格", 25)
    return synced


def test_the_log_tells_of_every_call(changed: Path, sandbox: Sandbox, itemsync: Command, folder: Path) -> None:
    assert itemsync("--log", "calls.jsonl", "apply", changed, "--yes").code == 0
    text = (folder / "calls.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in text.splitlines()]
    assert Counter(line["method"] for line in lines) == sandbox.calls
    assert {line["item"] for line in lines} == {str(item_id(code)) for code in CODES}
    assert {(line["outcome"], line["attempt"]) for line in lines} == {("done", 1)}
    assert not any(secret in text for secret in SECRETS)


def test_a_log_that_cannot_be_written_is_refused_before_any_call(
    changed: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    ran = itemsync("--log", "nowhere/calls.jsonl", "apply", changed, "--yes")
    assert ran.code == 2 and "--log" in ran.err
    assert sandbox.calls.total() == 0


def test_a_quota_that_is_used_up_leaves_the_rest_for_tomorrow(
    changed: Path, sandbox: Sandbox, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_DAY", "5")
    ran = itemsync("apply", changed, "--yes")
    assert ran.code == 4
    assert "0 点" in ran.err and "itemsync resume" in ran.err
    assert sandbox.calls.total() == 5
    monkeypatch.setenv("ITEMSYNC_CALLS_PER_DAY", "5000")
    assert itemsync("resume").code == 0
    assert [system(document)["price"] for document in sandbox.shop.documents()] == [25] * len(CODES)


def test_a_gateway_without_batches_is_told_of_once(
    changed: Path, sandbox: Sandbox, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_CONNECTIONS", "1")
    monkeypatch.setattr(sandbox, "faults", Faults("no-batch=1"))
    ran = itemsync("apply", changed, "--yes")
    assert ran.code == 0
    assert ran.err.count("batch = 1") == 1
    assert "batch = 1" not in ran.out
