"""`apply PLAN.json`: what was shown, or not at all (docs/reference/command-line.md#saved-plans)."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from sync.fields import INVENTORY, PRICE, TITLE
from sync.plan.saved_plan import _checksum
from sync.sandbox.server import Sandbox
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, held, item_id, line, moving, new_line, results, row, type_in, write


@pytest.fixture
def saved(synced: Path, itemsync: Command, sandbox: Sandbox) -> Path:
    """A plan of two prices, a move and a new item."""
    write(synced, line("A-1", 价格=25), line("A-2", 价格=26), moving("A-3", 5), new_line("B-1"))
    ran = itemsync("plan", synced, "-o", "plan.json")
    assert ran.code == 0
    assert "plan.json" in ran.err
    sandbox.calls.clear()
    return synced.with_name("plan.json")


def outcome(itemsync: Command, saved: Path) -> dict[str, str]:
    """Apply the plan: the result of every row, by code."""
    ran = itemsync("apply", saved, "--yes", "--json")
    found = {row["outer_id"]: row["result"] for row in ran.json["rows"]}
    assert ran.code == (0 if set(found.values()) <= {"done", "none"} else 1)
    return found


def test_a_saved_plan_is_the_plan_as_json_with_what_is_needed_to_apply_it(saved: Path, itemsync: Command) -> None:
    document = json.loads(saved.read_text(encoding="utf-8"))
    shown = itemsync("plan", saved.with_name("weekly.xlsx"), "--json").json
    assert {key: document[key] for key in shown} == shown
    assert document.keys() == {*shown, "saved"}
    assert [row["row"]["outer_id"] for row in document["saved"]["rows"]] == ["A-1", "A-2", "A-3", "B-1"]
    checksum = document["saved"].pop("checksum")
    canonical = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert checksum == hashlib.sha256(canonical.encode()).hexdigest()


def test_what_was_told_of_a_row_is_kept_in_words(synced: Path, itemsync: Command) -> None:
    write(synced, {**line("A-1", 价格=25), "商家编码": "Ａ-1"})
    assert itemsync("plan", synced, "-o", "plan.json").code == 0
    [planned] = json.loads(synced.with_name("plan.json").read_text(encoding="utf-8"))["saved"]["rows"]
    told, [own] = planned["problems"], planned["row"]["problems"]
    assert own in told
    assert own["message"]["args"] == {}
    assert own["message"]["said"].keys() == {"zh", "en"}


def test_it_is_applied_as_shown(saved: Path, synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    assert outcome(itemsync, saved) == {"A-1": "done", "A-2": "done", "A-3": "done", "B-1": "done"}
    assert set(results(synced).values()) == {"完成"}
    assert row(synced, "A-3")["库存增减"] is None
    assert held(sandbox, "A-3")[INVENTORY] == 15
    sandbox.calls.clear()
    assert itemsync("apply", synced, "--yes").code == 0
    assert sandbox.writes == 0


def test_a_planned_cell_that_changed_since(saved: Path, synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    type_in(synced, "A-1", "价格", 27)
    assert outcome(itemsync, saved) == {"A-1": "skipped", "A-2": "done", "A-3": "done", "B-1": "done"}
    assert held(sandbox, "A-1")[PRICE] == 2000
    assert "价格" in str(row(synced, "A-1")["同步说明"])
    assert "重新预览" in str(row(synced, "A-1")["同步说明"])


def test_a_planned_path_that_changed_since(saved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 22}}')
    assert outcome(itemsync, saved)["A-1"] == "skipped"
    assert held(sandbox, "A-1")[PRICE] == 2200


def test_a_row_that_left_the_sheet(saved: Path, synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-2", 价格=26), moving("A-3", 5), new_line("B-1"))
    assert outcome(itemsync, saved) == {"A-1": "skipped", "A-2": "done", "A-3": "done", "B-1": "done"}
    assert held(sandbox, "A-1")[PRICE] == 2000


def test_a_sale_does_not_stop_a_price(saved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.sell(item_id("A-1"), 3)
    assert outcome(itemsync, saved)["A-1"] == "done"
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[INVENTORY]) == (2500, 7)


def test_what_staff_typed_beside_the_plan_waits_for_one_of_its_own(
    saved: Path, synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    type_in(synced, "A-1", "标题", "新标题")
    assert outcome(itemsync, saved)["A-1"] == "done"
    assert (held(sandbox, "A-1")[PRICE], held(sandbox, "A-1")[TITLE]) == (2500, "猫眼美甲 A-1")
    assert itemsync("plan", synced, "--json").json["rows"][0]["changes"][0]["path"] == TITLE


def test_it_brings_its_choice_of_rows(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, *(line(code, 价格=25) for code in CODES))
    itemsync("plan", synced, "--only", "A-2", "-o", "plan.json")
    assert itemsync("apply", "plan.json", "--yes").code == 0
    assert [held(sandbox, code)[PRICE] for code in CODES] == [2000, 2500, 2000]
    assert row(synced, "A-2")["同步结果"] == "完成"
    assert "完成" not in [results(synced)[code] for code in ("A-1", "A-3")]


def test_it_brings_its_choice_about_conflicts(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    sandbox.shop.modify(item_id("A-1"), '{"_sys": {"price": 30}}')
    write(synced, line("A-1", 价格=25), line("A-2", 价格=26), line("A-3"))
    itemsync("plan", synced, "--on-conflict", "skip", "-o", "plan.json")
    assert outcome(itemsync, synced.with_name("plan.json")) == {"A-1": "skipped", "A-2": "done", "A-3": "none"}
    assert held(sandbox, "A-1")[PRICE] == 3000


def test_it_has_guards(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    write(synced, line("A-1", 价格=2), line("A-2"), line("A-3"))
    itemsync("plan", synced, "-o", "plan.json")
    assert itemsync("apply", "plan.json", "--yes", "--json").json["plan"]["guards"] == ["price"]
    assert sandbox.writes == 0
    assert itemsync("apply", "plan.json", "--yes", "--force", "price").code == 0


def _refused(itemsync: Command, sandbox: Sandbox, code: str, *args: object) -> None:
    sandbox.calls.clear()
    runs = itemsync("history", "--json").json
    ran = itemsync("apply", *args, "--yes", "--json")
    assert (ran.code, ran.error) == (2, code)
    assert sandbox.writes == 0
    assert itemsync("history", "--json").json == runs


def test_a_plan_applied_already_is_refused(saved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    outcome(itemsync, saved)
    _refused(itemsync, sandbox, "saved.applied", saved)


@pytest.mark.parametrize(("old", "new"), [('"25.00"', '"15.00"'), ('"publish": 1', '"publish": 0'), ("A-1", "A-2")])
def test_an_edited_plan_is_refused(saved: Path, itemsync: Command, sandbox: Sandbox, old: str, new: str) -> None:
    text = saved.read_text(encoding="utf-8")
    assert old in text
    saved.write_text(text.replace(old, new, 1), encoding="utf-8")
    _refused(itemsync, sandbox, "saved.edited", saved)


def _as_if_saved_with(saved: Path, **more: object) -> None:
    """Let another version have saved the plan, with other names in it."""
    document = json.loads(saved.read_text(encoding="utf-8")) | more
    document["saved"]["choices"]["of_a_later_version"] = 1
    document["saved"]["rows"][0]["of_a_later_version"] = 1
    del document["saved"]["checksum"]
    document["saved"]["checksum"] = _checksum(document)
    saved.write_text(json.dumps(document), encoding="utf-8")


def test_names_that_a_later_version_adds_are_ignored(saved: Path, itemsync: Command) -> None:
    _as_if_saved_with(saved, format_version="1.7", of_a_later_version=1)
    assert set(outcome(itemsync, saved).values()) == {"done"}


def test_another_major_version_is_refused(saved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    _as_if_saved_with(saved, format_version="2.0")
    _refused(itemsync, sandbox, "saved.other_format", saved)


@pytest.mark.parametrize("text", ["", "[]", "{}", "{not json", '{"saved": {}}', '{"saved": {"checksum": "x"}}'])
def test_a_file_that_is_no_plan_is_refused(saved: Path, itemsync: Command, sandbox: Sandbox, text: str) -> None:
    saved.write_text(text)
    _refused(itemsync, sandbox, "saved.no_plan", saved)


def test_a_plan_with_half_a_character_in_it_is_refused(saved: Path, itemsync: Command, sandbox: Sandbox) -> None:
    whole = saved.read_text(encoding="utf-8")
    saved.write_text(whole.replace("{", '{"of_a_later_version": "\\ud83d",', 1), encoding="utf-8")
    _refused(itemsync, sandbox, "saved.no_plan", saved)


def test_what_plan_prints_is_no_saved_plan(saved: Path, itemsync: Command, sandbox: Sandbox, synced: Path) -> None:
    saved.write_text(itemsync("plan", synced, "--json").out, encoding="utf-8")
    _refused(itemsync, sandbox, "saved.no_plan", saved)


def test_another_profile_is_refused(
    saved: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_PROFILE", "cakes")
    _refused(itemsync, sandbox, "saved.other_profile", saved)


def test_another_gateway_is_refused(
    saved: Path, itemsync: Command, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ITEMSYNC_GATEWAY", sandbox.gateway.replace("127.0.0.1", "localhost"))
    _refused(itemsync, sandbox, "saved.other_profile", saved)


def test_another_sheet_in_the_place_of_the_plans_is_refused(
    saved: Path, synced: Path, itemsync: Command, sandbox: Sandbox
) -> None:
    write(synced, new_line("C-1"), new_line("C-2"))
    _refused(itemsync, sandbox, "saved.other_sheet", saved)


def test_a_sheet_that_has_gone_is_refused(saved: Path, synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    synced.unlink()
    _refused(itemsync, sandbox, "sheet.missing", saved)


def test_a_plan_that_is_not_there_is_refused(synced: Path, itemsync: Command, sandbox: Sandbox) -> None:
    _refused(itemsync, sandbox, "sheet.missing", "nowhere.json")


@pytest.mark.parametrize("option", [("--only", "A-1"), ("--on-conflict", "skip"), ("--rekey",), ("--republish",)])
def test_other_choices_than_its_own_are_refused(
    saved: Path, itemsync: Command, sandbox: Sandbox, option: tuple[str, ...]
) -> None:
    _refused(itemsync, sandbox, "cli.usage", saved, *option)
