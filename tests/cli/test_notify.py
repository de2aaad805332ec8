"""Messages, as a local robot gets them over HTTP: once for each change, and with its end (docs/how-to/notify.md)."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.sandbox.server import Sandbox
from sync.service import notifying
from tests.cli.conftest import Command
from tests.cli.small_shop import CODES, Json, line, write
from tests.robot import Robot, robot


@pytest.fixture
def told(folder: Path) -> Iterator[Robot]:
    """The team's robot, which the settings name."""
    with robot() as one:
        one.settings(folder)
        yield one


def bad(code: str) -> Json:
    return {**line(code), "价格": "很贵"}


def test_a_test_message_arrives(told: Robot, itemsync: Command) -> None:
    ended = itemsync("notify", "test", "--json")
    assert (ended.code, ended.json) == (0, {"addresses": [{"service": "json", "sent": True}]})
    assert "测试" in told.last
    assert "default" in told.told[0]["title"]


def test_nobody_to_tell_is_said_with_what_to_do(itemsync: Command) -> None:
    assert itemsync("notify", "test", "--json").error == "notify.nobody"


def test_a_robot_that_refuses_is_said_and_never_its_address(told: Robot, itemsync: Command) -> None:
    told.status = 500
    ended = itemsync("notify", "test")
    assert ended.code == 1
    assert "s3cret" not in ended.out + ended.err


def test_addresses_are_in_no_output(told: Robot, itemsync: Command, synced: Path) -> None:
    told.status = 500
    for command in (["profile", "show"], ["profile", "show", "--json"], ["doctor"], ["apply", synced, "--yes"]):
        ended = itemsync(*command)
        assert "s3cret" not in ended.out + ended.err, command


def test_a_run_that_needs_nobody_says_nothing(told: Robot, synced: Path, itemsync: Command) -> None:
    assert itemsync("apply", synced, "--yes").code == 0
    assert told.told == []


def test_a_row_in_trouble_is_told_once_and_so_is_its_end(told: Robot, synced: Path, itemsync: Command) -> None:
    write(synced, bad("A-1"), *map(line, CODES[1:]))
    assert itemsync("apply", synced, "--yes").code == 1
    assert itemsync("apply", synced, "--yes").code == 1
    assert len(told.told) == 1
    assert "A-1" in told.last
    assert "itemsync show" in told.last
    write(synced, *map(line, CODES))
    assert itemsync("apply", synced, "--yes").code == 0
    assert len(told.told) == 2
    assert "不用管了" in told.last


def test_a_run_over_other_rows_does_not_end_the_trouble_of_one(told: Robot, synced: Path, itemsync: Command) -> None:
    write(synced, bad("A-1"), *map(line, CODES[1:]))
    itemsync("apply", synced, "--yes")
    assert itemsync("apply", synced, "--yes", "--only", "A-2").code == 0
    assert len(told.told) == 1


def test_five_hundred_rows_in_trouble_are_one_message(told: Robot, folder: Path, itemsync: Command) -> None:
    sheet = write(folder / "many.xlsx", *(bad(f"B-{number}") for number in range(500)))
    itemsync("apply", sheet, "--yes", "--force", "all")
    assert len(told.told) == 1
    assert "500" in told.last
    assert len(told.last) < 400


def test_a_robot_that_refuses_harms_no_run_and_is_told_the_next_time(
    told: Robot, synced: Path, itemsync: Command
) -> None:
    write(synced, bad("A-1"), *map(line, CODES[1:]))
    told.status = 500
    ended = itemsync("apply", synced, "--yes")
    assert ended.code == 1
    assert "notify test" in ended.err
    told.status = 200
    itemsync("apply", synced, "--yes")
    assert "A-1" in told.last


def test_a_robot_that_hangs_harms_no_run(
    told: Robot, synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notifying, "TIMEOUT", 0.2)
    told.hangs = True
    write(synced, bad("A-1"), *(line(code, 价格=21) for code in CODES[1:]))
    ended = itemsync("apply", synced, "--yes", "--json")
    assert [one["result"] for one in ended.json["rows"]] == ["invalid", "done", "done"]


def test_only_what_the_profile_asks_for_is_told(told: Robot, synced: Path, itemsync: Command) -> None:
    told.settings(synced.parent, 'on = ["guard"]\n')
    write(synced, bad("A-1"), *map(line, CODES[1:]))
    itemsync("apply", synced, "--yes")
    assert told.told == []


def test_drift_is_told_by_a_plan_which_changes_nothing(
    told: Robot, synced: Path, sandbox: Sandbox, itemsync: Command
) -> None:
    itemsync("plan", synced)
    assert told.told == []
    sandbox.shop.load([_changed(sandbox, "A-1")])
    itemsync("plan", synced)
    itemsync("plan", synced)
    assert len(told.told) == 1
    assert "A-1" in told.last


def _changed(sandbox: Sandbox, code: str) -> Any:
    from tests.cli.small_shop import goods

    return goods(code, price=33.0)


def test_without_the_extra_a_run_says_what_to_install(
    told: Robot, synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **named: Any) -> Any:
        if name == "apprise":
            raise ImportError(name)
        return real(name, *args, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    write(synced, bad("A-1"), *map(line, CODES[1:]))
    ended = itemsync("apply", synced, "--yes")
    assert ended.code == 1
    assert 'pip install "itemsync[notify]"' in ended.err


def test_addresses_in_a_file_that_others_can_read_are_refused(told: Robot, folder: Path, itemsync: Command) -> None:
    told.settings(folder).chmod(0o644)
    assert itemsync("history", "--json").error == "secrets.exposed"


def test_an_address_that_is_none_is_refused_with_its_line(folder: Path, itemsync: Command) -> None:
    file = folder / "itemsync.toml"
    file.write_text('[profiles.default.notify]\nurls = ["s3cret"]\n', encoding="utf-8")
    file.chmod(0o600)
    ended = itemsync("history")
    assert "itemsync.toml:2" in ended.err
    assert "s3cret" not in ended.err


def test_a_defect_while_news_are_found_harms_no_run(
    told: Robot, synced: Path, itemsync: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: object) -> None:
        raise RuntimeError(told.url)

    monkeypatch.setattr("sync.service.news._of_the_shop", broken)
    ended = itemsync("apply", synced, "--yes")
    assert ended.code == 0
    assert "RuntimeError" in ended.err
    assert "s3cret" not in ended.err
