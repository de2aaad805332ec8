"""The page for everybody: by keyboard, on a phone, in the dark, with a screen reader, and whatever a title says."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from openpyxl import load_workbook

from sync.sandbox.server import Sandbox
from tests.cli.small_shop import Line, goods, held, item_id, line, new_line, type_in, write
from tests.web.browser.chromium import DESKTOP, PHONE, Open, Window
from tests.web.browser.test_interruptions import waiting_platform

pytestmark = pytest.mark.usefixtures("quick")

LOOKS = [
    ("zh", PHONE, "dark"),
    pytest.param("zh", DESKTOP, "light", marks=pytest.mark.soak),
    pytest.param("en", PHONE, "light", marks=pytest.mark.soak),
    pytest.param("en", DESKTOP, "dark", marks=pytest.mark.soak),
]
"""With the long sweeps, any two of language, width and colours meet."""
HOSTILE = (
    "<script>window.hit = 1</script>",
    '"\'><img src=x onerror="window.hit = 1">',
    "{{ 7 * 7 }} ${7 * 7} </td></table><h1>",
    "\u202egnp.exe \u2066abc\u2067 \u200f",
    "长" * 60,
    "W" * 60,
)
SIDEWAYS = """() => {
  const wide = document.documentElement.clientWidth;
  const held = (one) => one.closest('.sheet, .tabs, .unseen, .skip') || !one.getClientRects().length;
  return [...document.querySelectorAll('body *')].filter((one) => !held(one))
    .filter((one) => one.getBoundingClientRect().right > wide + 1).map((one) => one.outerHTML.slice(0, 120))
    .concat(document.documentElement.scrollWidth > wide ? [`scrolls: ${document.documentElement.scrollWidth}`] : []);
}"""
"""What reaches over the edge of the page; tables have a box of their own to scroll in."""
FOCUS_SEEN = """() => {
  const at = document.activeElement;
  return [at, at.closest('.drop')].some((one) => {
    const {outlineStyle, outlineWidth} = one ? getComputedStyle(one) : {outlineStyle: 'none'};
    return outlineStyle !== 'none' && outlineWidth !== '0px';
  });
}"""


@dataclass
class Shelf:
    """The addresses of a shop in which all kinds of things happened."""

    window: Window
    preview: str
    paths: list[str]


@pytest.fixture
def shelf(staff: Window, synced: Path, folder: Path, sandbox: Sandbox) -> Shelf:
    """A finished run, and a plan that waits with all that a plan can have."""
    sandbox.shop.modify(item_id("A-1"), json.dumps({"_sys": {"price": 23, "title": "别人改的"}}))
    sandbox.shop.modify(item_id("A-2"), json.dumps({"_sys": {"inventory": 8}}))
    for header, value in {"价格": 5, "标题": "猫眼美甲 新款"}.items():
        type_in(synced, "A-1", header, value)
    type_in(synced, "A-2", "价格", 30)
    type_in(synced, "A-3", "目标状态", "删除")
    _more(synced, new_line("B-1"), new_line("B-2", 价格="九块"))
    staff.upload(synced)
    preview = urlsplit(staff.page.url).path
    of_plan = [preview + "?tab=all", preview + "?tab=conflict"]
    paths = ["/", *of_plan, "/runs", "/runs/1", "/items/A-1", "/insight", "/rules", "/authorization"]
    return Shelf(staff, preview, paths)


def _more(sheet: Path, *lines: Line) -> None:
    """Write more rows at the end of a sheet."""
    book = load_workbook(sheet)
    page = book.worksheets[0]
    for one in lines:
        page.append([one.get(str(cell.value)) for cell in page[1]])
    book.save(sheet)


@pytest.mark.parametrize(("lang", "size", "colours"), LOOKS)
def test_no_page_has_a_serious_fault_or_scrolls_sideways(
    shelf: Shelf, opened: Open, lang: str, size: tuple[int, int], colours: str
) -> None:
    seen = opened(shelf.window.url, size=size, color_scheme=colours)
    seen.page.context.add_cookies([{"name": "lang", "value": lang, "domain": "127.0.0.1", "path": "/"}])
    faults = {}
    for path in shelf.paths:
        seen.open(path)
        assert seen.page.locator("html").get_attribute("lang") == {"zh": "zh-CN", "en": "en"}[lang]
        faults[path] = [*seen.axe(), *seen.page.evaluate(SIDEWAYS)]
    with waiting_platform(1) as go_on:
        seen.open(shelf.preview)
        for one in seen.page.locator("input[name=guard]").all():
            one.check()
        seen.at("approve").click()
        seen.at("stop").wait_for()
        faults["progress"] = [*seen.axe(), *seen.page.evaluate(SIDEWAYS)]
        go_on.set()
        seen.results()
    faults["results"] = [*seen.axe(), *seen.page.evaluate(SIDEWAYS)]
    assert {path: found for path, found in faults.items() if found} == {}


def test_from_upload_to_approval_by_keyboard_alone(staff: Window, folder: Path, sandbox: Sandbox) -> None:
    def press(key: str, until: str) -> None:
        """Press a key until the element is reached; where one is, is always to be seen."""
        for _ in range(60):
            staff.page.keyboard.press(key)
            assert staff.page.evaluate(FOCUS_SEEN), staff.page.evaluate("() => document.activeElement.outerHTML")
            if staff.page.evaluate("(css) => document.activeElement.matches(css)", until):
                return
        raise AssertionError(f"{until} is never reached")

    sheet = write(folder / "周表.xlsx", line("A-1", 价格=5), line("A-2", 价格=21), line("A-3", 目标状态="删除"))
    press("Tab", ".skip")
    press("Tab", "[data-testid=upload]")
    with staff.page.expect_file_chooser() as chooser:
        staff.page.keyboard.press("Space")
    chooser.value.set_files(sheet)
    staff.at("approve").wait_for()
    press("Tab", "[data-testid=guard-price] input")
    staff.page.keyboard.press("Space")
    press("Tab", "#row-3 input")
    staff.page.keyboard.press("Space")
    staff.page.get_by_text("将改动 1 个").wait_for()
    assert staff.page.evaluate("() => document.activeElement.closest('#row-3') !== null"), "the focus stays"
    press("Tab", "[data-testid=deletions]")
    staff.page.keyboard.type("1")
    press("Tab", "[data-testid=approve]")
    staff.page.keyboard.press("Enter")
    staff.results()
    assert (staff.count("done"), staff.count("skipped")) == (2, 1)
    assert (held(sandbox, "A-1")["_sys@price"], held(sandbox, "A-2")["_sys@price"]) == (500, 2000)
    assert not held(sandbox, "A-3")


def test_an_update_leaves_the_focus_where_it_is(shelf: Shelf) -> None:
    shelf.window.open(shelf.preview + "?tab=all")
    page = shelf.window.page
    page.get_by_role("searchbox").fill("A-")
    page.keyboard.type("1")
    page.wait_for_function("() => document.querySelectorAll('[data-testid=plan-row]').length === 1")
    page.locator(".htmx-added, .htmx-settling, .htmx-request").first.wait_for(state="detached")
    assert page.evaluate("() => document.activeElement.value") == "A-1"
    choices = page.get_by_role("radio")
    choices.first.focus()
    with page.expect_response("**/settle"):
        page.keyboard.press("ArrowRight")
    page.wait_for_load_state("networkidle")
    assert choices.nth(1).evaluate("(one) => one === document.activeElement && one.checked")


def test_hostile_titles_run_nothing_and_cover_nothing(
    staff: Window, opened: Open, folder: Path, sandbox: Sandbox
) -> None:
    sandbox.shop.load([goods(f"H-{n}", title=title) for n, title in enumerate(HOSTILE, 10)])
    rows = [line(f"H-{n}", 标题=title, 价格=21) for n, title in enumerate(HOSTILE, 10)]
    wrong = [line("A-1", 价格=HOSTILE[1]), new_line(HOSTILE[0]), line("A-3", 目标状态=HOSTILE[1])]
    phone = opened(staff.url, size=PHONE)

    def look(*paths: str) -> None:
        for seen in (staff, phone):
            for path in paths:
                seen.open(path)
                assert seen.page.evaluate("() => window.hit === undefined && !document.images.length"), path
                assert seen.page.evaluate(SIDEWAYS) == [], path

    staff.upload(write(folder / "<img src=x onerror=hit()>\u202e.xlsx", *rows, *wrong))
    look("/", urlsplit(staff.page.url).path + "?tab=all")
    staff.approve()
    assert staff.count("done") == len(HOSTILE) + 1
    look("/runs/1", "/runs", "/items/H-10", "/items/H-14", "/items?code=" + quote(HOSTILE[0]))
