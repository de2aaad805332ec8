"""The ready examples of docs/timers: in the form that their readers want, and their very command line works."""

from __future__ import annotations

import re
import shlex
from configparser import RawConfigParser
from json import loads
from pathlib import Path

import pytest
from lxml import etree

from tests.cli.conftest import Command
from tests.cli.small_shop import CODES
from tests.cli.watch.conftest import HOURS, Rules
from tests.cli.watch.event_clock import EventClock, RecordingShop

TIMERS = Path(__file__).parents[3] / "docs" / "timers"
PAGE = (TIMERS.parent / "how-to" / "timers.md").read_text(encoding="utf-8")
TASK = "{http://schemas.microsoft.com/windows/2004/02/mit/task}"
"""The namespace of the Task Scheduler's schema, [MS-TSCH] 2.5."""
ORDER = ("RegistrationInfo", "Triggers", "Settings", "Actions")


def unit(name: str) -> RawConfigParser:
    parsed = RawConfigParser(strict=True)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read(TIMERS / name, encoding="utf-8")
    return parsed


def task() -> etree._Element:
    return etree.parse(TIMERS / "itemsync-once.xml").getroot()


def entry() -> list[str]:
    (line,) = (line for line in (TIMERS / "crontab").read_text(encoding="utf-8").splitlines() if line[:1] != "#")
    return line.split(None, 5)


def commands() -> dict[str, str]:
    """The command line of each example, by its file."""
    arguments = task().findtext(f"{TASK}Actions/{TASK}Exec/{TASK}Arguments") or ""
    return {
        "crontab": entry()[5].partition("/itemsync ")[2].partition(" >>")[0],
        "itemsync-watch.service": unit("itemsync-watch.service")["Service"]["ExecStart"].partition(" ")[2],
        "itemsync-once.service": unit("itemsync-once.service")["Service"]["ExecStart"].partition(" ")[2],
        "itemsync-once.xml": arguments.replace("\\", "/"),
    }


@pytest.fixture
def night(clock: EventClock, sheet: Path, rules: Rules) -> Path:
    """A sheet whose items are to be off by now."""
    rules(HOURS)
    clock.last(minutes=1)
    return sheet


@pytest.mark.parametrize("example", commands())
def test_the_command_of_an_example_does_what_rules_ask(
    example: str, night: Path, shop: RecordingShop, itemsync: Command
) -> None:
    command, path, *options = shlex.split(commands()[example])
    assert (command, Path(path).name) == ("watch", night.name)
    ran = itemsync(command, night, *options)
    assert (ran.code, len(shop.turns)) == (0, len(CODES))
    assert all(loads(line)["error"] is None for line in ran.out.splitlines())


@pytest.mark.parametrize("example", ["crontab", "itemsync-watch.service"])
def test_the_page_shows_the_example_as_it_is(example: str) -> None:
    text = (TIMERS / example).read_text(encoding="utf-8")
    shown = "\n".join(line for line in text.splitlines() if example != "crontab" or line[:1] != "#")
    assert f"```\n{shown}\n```" in PAGE.replace("```ini", "```")


def test_cron_is_told_five_fields_and_a_command() -> None:
    *when, command = entry()
    assert all(re.fullmatch(r"\*(/\d+)?", field) for field in when)
    assert len(when) == 5
    assert "%" not in command, "cron takes it for a line break"


def test_the_timer_starts_a_service_that_is_there() -> None:
    timer = unit("itemsync-once.timer")
    assert (TIMERS / timer["Timer"]["Unit"]).is_file()
    assert unit(timer["Timer"]["Unit"])["Service"]["Type"] == "oneshot"


def test_the_task_has_its_parts_in_the_order_of_the_schema() -> None:
    root = task()
    assert root.tag == f"{TASK}Task"
    assert [child.tag.removeprefix(TASK) for child in root] == [*ORDER]
    assert all(element.tag.startswith(TASK) for element in root.iter(etree.Element))
