"""What comes between: a stop, a dead server, somebody else, a second click, a tab that was left open."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pytest

from sync.fields import PRICE
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from tests.cli.kills import meanwhile
from tests.cli.small_shop import CODES, held, line, results, write
from tests.web.browser.chromium import Open, Window
from tests.web.pages import PATIENCE
from tests.web.test_process import process

pytestmark = pytest.mark.usefixtures("quick")


MODIFY = "taobao.open.item.modify"


def dearer(folder: Path, price: int = 21, name: str = "周表.xlsx") -> Path:
    """A sheet of other prices."""
    return write(folder / name, *(line(code, 价格=price) for code in CODES))


@contextmanager
def waiting_platform(number: int) -> Iterator[Event]:
    """The `number`-th call waits until the event is set."""
    go_on = Event()
    with meanwhile(lambda: go_on.wait(PATIENCE), number=number):
        yield go_on


def prices(sandbox: Sandbox) -> list[object]:
    """What the platform holds."""
    return [held(sandbox, code)[PRICE] for code in CODES]


def test_a_run_is_stopped_and_goes_on(staff: Window, folder: Path, sandbox: Sandbox) -> None:
    staff.upload(dearer(folder))
    with waiting_platform(2) as go_on:
        staff.at("approve").click()
        staff.at("stop").click()
        staff.page.get_by_text("正在停").wait_for()
        go_on.set()
        staff.results()
    assert staff.count("done") < 3
    staff.open("/runs")
    assert "没有做完" in staff.page.get_by_role("status").inner_text(), "it stands on top of every page"
    staff.open("/")
    staff.at("resume").click()
    staff.results()
    staff.at("resume").wait_for(state="detached")
    assert (staff.count("done"), prices(sandbox)) == (3, [2100] * 3)


def test_a_server_killed_in_mid_run_is_started_again(opened: Open, folder: Path, sandbox: Sandbox) -> None:
    sandbox.faults = Faults("slow-after@modify:1,delay=60")
    with process("--no-browser") as (url, server):
        staff = opened(url)
        staff.open()
        staff.upload(dearer(folder))
        staff.at("approve").click()
        staff.at("progress").wait_for()
        waiting = urlsplit(staff.page.url).path
        server.kill()
        server.wait(PATIENCE)
    sandbox.faults = Faults()
    with process("--no-browser") as (url, _):
        again = opened(url)
        again.open()
        again.open(waiting)
        again.page.get_by_role("link", name="itemsync").click()
        again.at("resume").click()
        again.results()
        again.at("resume").wait_for(state="detached")
        assert again.count("done") == 3
        assert set(results(again.saved("download", folder / "got.xlsx")).values()) == {"完成"}
    assert prices(sandbox) == [2100] * 3
    staff.troubles.clear()


def test_of_two_people_one_runs_and_the_other_is_told(
    staff: Window, opened: Open, folder: Path, sandbox: Sandbox
) -> None:
    other = opened(staff.url)
    other.open()
    staff.upload(dearer(folder))
    other.upload(dearer(folder, 22, "另一张.xlsx"))
    with waiting_platform(1) as go_on:
        staff.at("approve").click()
        staff.at("stop").wait_for()
        other.at("approve").click()
        other.page.get_by_role("alert").wait_for()
        assert other.at("approve").count() == 1, "the other's plan still waits"
        go_on.set()
        staff.results()
    other.at("approve").click()
    other.page.get_by_role("alert").wait_for()
    assert prices(sandbox) == [2100] * 3, "what was planned before is planned anew"
    other.page.get_by_role("button", name="重新预览").click()
    other.page.get_by_role("alert").wait_for(state="detached")
    other.at("approve").wait_for()
    other.approve()
    assert prices(sandbox) == [2200] * 3
    other.troubles.clear()


def test_approving_twice_in_two_tabs_or_after_back_is_one_run(
    staff: Window, opened: Open, folder: Path, sandbox: Sandbox
) -> None:
    staff.upload(dearer(folder))
    tab = opened(staff.url)
    tab.open(staff.page.url)
    staff.at("approve").dblclick()
    staff.results()
    tab.at("approve").click()
    tab.results()
    assert tab.page.url == staff.page.url
    staff.page.go_back()
    staff.results()
    assert staff.page.url == tab.page.url, "there is nothing to approve any more"
    staff.open("/runs")
    assert staff.at("run-1").count() == 1
    assert staff.at("run-2").count() == 0
    assert sandbox.calls[MODIFY] == 3
