"""Several people at one page: who may only look, who uploads, and the second person who approves."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sync.fields import PRICE
from sync.sandbox.server import Sandbox
from sync.service.people import Accounts
from tests.cli.small_shop import CODES, held, line, write
from tests.web.browser.chromium import Open, Window
from tests.web.pages import address_of_page, open_shop

pytestmark = pytest.mark.usefixtures("quick", "quick_hashing")

PASSWORD = "long enough for anybody"
PEOPLE = {"小看": "viewer", "小林": "editor", "老王": "approver", "老李": "approver"}


@pytest.fixture
def office(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The address of a page for the whole office, where another one must approve."""
    monkeypatch.setenv("ITEMSYNC_APPROVAL", "other")
    with open_shop(lambda _: None) as shop:
        for name, role in PEOPLE.items():
            Accounts(shop.context).add(name, role, PASSWORD)
    with address_of_page(host="0.0.0.0") as url:
        yield f"http://127.0.0.1:{urlsplit(url).port}"


def logged_in(opened: Open, url: str, name: str, path: str = "/") -> Window:
    """A person's window, after the password."""
    seen = opened(url)
    seen.page.context.clear_cookies()
    seen.open(f"/login?next={path}")
    seen.at("name").fill(name)
    seen.at("password").fill(PASSWORD)
    seen.at("login").click()
    seen.at("person").wait_for()
    return seen


def test_one_uploads_another_approves_and_a_third_may_only_look(
    office: str, opened: Open, folder: Path, sandbox: Sandbox
) -> None:
    editor = logged_in(opened, office, "小林")
    editor.at("upload").set_input_files(write(folder / "周表.xlsx", *(line(code, 价格=5) for code in CODES)))
    editor.at("plan-row").first.wait_for()
    assert editor.at("approve").count() == 0
    preview = urlsplit(editor.page.url).path

    viewer = logged_in(opened, office, "小看")
    assert viewer.at("upload").count() == 0
    viewer.open(preview)
    assert viewer.at("plan-row").count() == 3
    assert (
        viewer.page.locator("main").locator("button:enabled, input:not([type=search], [type=hidden]):enabled").count()
        == 0
    )

    approver = logged_in(opened, office, "老王", preview)
    approver.at("guard-price").get_by_role("checkbox").check()
    approver.approve()
    assert [held(sandbox, code)[PRICE] for code in CODES] == [500] * 3
    viewer.open("/runs")
    assert "小林 → 老王" in viewer.at("run-1").inner_text()
    viewer.open("/runs/1")
    assert viewer.at("undo").count() == 0

    approver.open("/runs/1")
    approver.at("undo").click()
    approver.at("needs-other").wait_for()
    assert approver.at("approve").count() == 0, "who asked for the undo isn't the second person"
    approver.at("logout").click()
    approver.page.wait_for_load_state()
    approver.open("/runs/1")
    assert approver.at("download").count() == 0
    approver.troubles = [one for one in approver.troubles if "401" not in one]
