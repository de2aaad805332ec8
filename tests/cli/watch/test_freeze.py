"""Times in which nothing changes: `apply` asks for a consent by name, and `watch` rests and catches up."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, held, line
from tests.cli.watch.conftest import HOURS, Rules, write
from tests.cli.watch.event_clock import EventClock, RecordingShop

MORNING = '[profiles.default.freeze]\n"早会" = ["07:00", "09:30"]\n'


@pytest.fixture
def cheaper(sheet: Path) -> Path:
    return write(sheet, *(line(code, 价格=19, 目标状态="上架") for code in CODES))


def test_apply_asks_for_the_freeze_by_name(
    clock: EventClock, cheaper: Path, rules: Rules, sandbox: Sandbox, itemsync: Command
) -> None:
    rules(MORNING)
    clock.at = clock.at.replace(hour=8)
    ran = itemsync("apply", cheaper, "--yes", "--json")
    assert (ran.code, ran.json["plan"]["guards"]) == (3, ["freeze"])
    assert "早会" in itemsync("plan", cheaper).out
    assert held(sandbox, "A-1")["_sys@price"] == 2000
    assert itemsync("apply", cheaper, "--yes", "--force", "freeze").code == 0
    assert held(sandbox, "A-1")["_sys@price"] == 1900


def test_a_sheet_without_changes_needs_no_consent(
    clock: EventClock, sheet: Path, rules: Rules, itemsync: Command
) -> None:
    rules(MORNING)
    clock.at = clock.at.replace(hour=8)
    assert itemsync("apply", sheet, "--yes").code == 0


def test_what_counts_is_when_a_saved_plan_is_applied(
    clock: EventClock, cheaper: Path, rules: Rules, itemsync: Command
) -> None:
    rules(MORNING)
    saved = cheaper.with_name("plan.json")
    itemsync("plan", cheaper, "-o", saved)
    clock.at = clock.at.replace(hour=8)
    assert itemsync("apply", saved, "--yes").code == 3
    clock.at = clock.at.replace(hour=10)
    assert itemsync("apply", saved, "--yes").code == 0


def test_undo_asks_too(clock: EventClock, cheaper: Path, rules: Rules, itemsync: Command) -> None:
    assert itemsync("apply", cheaper, "--yes").code == 0
    rules(MORNING)
    clock.at = clock.at.replace(hour=8)
    assert itemsync("undo", 1, "--yes").code == 3
    assert itemsync("undo", 1, "--yes", "--force", "freeze").code == 0


def test_watch_rests_and_catches_up(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(HOURS + MORNING)
    clock.last(hours=10)
    ran = itemsync("watch", sheet, "--every", "30m")
    turned = [str(one) for one in sorted(shop.turns)]
    assert turned == [*(f"Mon 00:00 {code} off" for code in CODES), *(f"Mon 09:30 {code} on" for code in CODES)]
    assert "封网“早会”到 2026-11-23 09:30" in ran.out


def test_watch_that_was_started_with_consent_does_not_rest(
    clock: EventClock, sheet: Path, rules: Rules, shop: RecordingShop, itemsync: Command
) -> None:
    rules(HOURS + MORNING)
    clock.last(hours=10)
    itemsync("watch", sheet, "--every", "30m", "--force", "freeze")
    assert [str(one) for one in sorted(shop.turns)][3:] == [f"Mon 08:00 {code} on" for code in CODES]
