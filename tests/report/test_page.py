"""The HTML page, parsed as a browser would."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Sequence

import pytest
from lxml import html

from sync.call import Result, RowResult
from sync.item import Row
from sync.messages import Language
from sync.plan.by_row import ByRow
from sync.plan.plan import Action, Plan, RowPlan
from sync.report.page import html_page
from tests.report import samples

PAGES = {
    (kind, language): text
    for language in ("zh", "en")
    for kind, text in (
        ("plan", html_page(samples.WEEK, language, samples.MADE_AT, samples.SHEET)),
        ("run", html_page(samples.WEEK, language, samples.MADE_AT, samples.SHEET, samples.RESULTS)),
    )
}


STOCK = Plan(
    tuple(
        RowPlan(Row(number, code), Action.NONE, code, remote=samples.remote("法式美甲", stock=now), last_stock=last)
        for number, code, last, now in ((3, "A", 20, 17), (4, "B", 30, 4), (5, "C", 9, 9))
    )
)


def read_page(text: str) -> html.HtmlElement:
    page = html.document_fromstring(text)
    assert isinstance(page, html.HtmlElement)
    return page


def parsed(kind: str, language: Language = "zh") -> html.HtmlElement:
    return read_page(PAGES[kind, language])


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def bodies(page: html.HtmlElement) -> list[html.HtmlElement]:
    return [body for body in page.iter("tbody") if body.getparent().get("id") == "rows"]


def numbers_of(page: html.HtmlElement) -> list[int]:
    return [int(words(body.find(".//th"))) for body in bodies(page)]


def row_of(kind: str, number: int, language: Language = "zh") -> html.HtmlElement:
    return next(body for body in bodies(parsed(kind, language)) if words(body.find(".//th")) == str(number))


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en")])
@pytest.mark.parametrize("kind", ["plan", "run"])
def test_the_page_names_its_language_and_its_sheet(kind: str, language: Language, lang: str) -> None:
    page = parsed(kind, language)
    assert page.get("lang") == lang
    assert samples.SHEET in words(page.find(".//h1"))
    assert "2026-11-21 09:30" in words(page.find(".//header"))


def test_the_page_says_that_rows_went_unread() -> None:
    plan = Plan((RowPlan(Row(3, "A"), Action.NONE, "1", unread=True), *samples.WEEK.rows))
    pages = (
        html_page(plan, "en", samples.MADE_AT, samples.SHEET),
        html_page(plan, "en", samples.MADE_AT, samples.SHEET, samples.RESULTS),
    )
    assert all("last carried out: 1. Their items were not read" in words(read_page(page)) for page in pages)
    assert not any("were not read" in words(parsed(kind, "en")) for kind in ("plan", "run"))


@pytest.mark.parametrize("results", [None, (RowResult(3, "A", Result.NONE), *samples.RESULTS)])
def test_idle_rows_are_counted_and_never_made(results: tuple[RowResult, ...] | None) -> None:
    made: list[int] = []

    def make(places: Sequence[int]) -> Iterator[RowPlan]:
        made.extend(places)
        return (RowPlan(Row(3, "A"), Action.NONE, "1", unread=True) for _ in places)

    rows = ByRow(samples.WEEK.rows, [True, *[False] * len(samples.WEEK.rows)], make)
    page = html_page(Plan(rows), "en", samples.MADE_AT, samples.SHEET, results)
    assert not made
    assert page == html_page(Plan(tuple(rows)), "en", samples.MADE_AT, samples.SHEET, results)


@pytest.mark.parametrize("kind", ["plan", "run"])
def test_every_row_with_something_to_tell_is_there_once(kind: str) -> None:
    assert sorted(numbers_of(parsed(kind))) == [3, 4, 5, 6, 7, 8, 9, 10]
    assert [words(said) for said in parsed(kind, "en").find_class("unlisted")] == [
        "Rows that are unchanged, with nothing to say of them, are not listed: 1."
    ]


def test_what_needs_a_person_comes_first() -> None:
    assert numbers_of(parsed("run"))[:5] == [4, 6, 9, 10, 8]


def test_a_page_too_long_keeps_what_needs_a_person_and_says_where_the_rest_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sync.report.page.MOST_ROWS", 5)
    run = read_page(html_page(samples.WEEK, "en", samples.MADE_AT, samples.SHEET, samples.RESULTS))
    plan = read_page(html_page(samples.WEEK, "en", samples.MADE_AT, samples.SHEET))
    assert (numbers_of(run), len(numbers_of(plan))) == ([4, 6, 9, 10, 8], 5)
    assert "not listed here: 3. The report for Excel" in words(run.find_class("unlisted")[-1])
    assert "not listed here: 3. With --json" in words(plan.find_class("unlisted")[-1])


def test_the_page_of_a_run_links_to_its_workbook_and_a_preview_has_none() -> None:
    page = html_page(samples.WEEK, "zh", samples.MADE_AT, samples.SHEET, samples.RESULTS, workbook="run-7.xlsx")
    (link,) = read_page(page).iter("a")
    assert (link.get("href"), words(link)) == ("run-7.xlsx", "用 Excel 打开报告")
    assert [*parsed("plan").iter("a")] == []


def test_what_was_presumably_sold_and_what_runs_low_open_without_a_script() -> None:
    page = read_page(html_page(STOCK, "zh", samples.MADE_AT, samples.SHEET))
    sold, low = page.find_class("stock")
    assert (sold.tag, words(sold.find("summary"))) == ("details", "大概卖出：2 个商品，共 29 件")
    lines = [[words(cell) for cell in line] for line in sold.findall(".//tbody/tr")]
    assert lines[0] == ["4", "B", "法式美甲", "30", "4", "26", "4"]
    assert words(low.find("summary")) == "快没货了：1 个商品"


def test_a_row_says_what_changes_why_and_by_which_calls() -> None:
    assert words(row_of("plan", 5)).startswith("5 SPA-012")
    assert "价格 ¥259.00 → ¥299.00 平台变动 改信息 修改" in words(row_of("plan", 5))
    assert "库存 30 → 5 冲突" in words(row_of("plan", 6))
    assert "J10 库存增减 +5" in words(row_of("plan", 10))


def test_a_run_says_how_each_row_ended_and_what_to_do() -> None:
    assert "failed" in words(row_of("run", 4, "en"))
    assert "No inventory given" in words(row_of("run", 4, "en"))


def test_each_tile_counts_the_rows_that_it_filters() -> None:
    for kind in ("plan", "run"):
        page = parsed(kind)
        keys = [body.get("data-keys", "").split() for body in bodies(page)]
        for tile in page.find_class("tile"):
            silent = tile.get("data-key") == "none"  # One unchanged row has nothing to tell.
            assert int(words(tile.find("b"))) == silent + sum(tile.get("data-key") in of_row for of_row in keys)


def test_a_title_is_text_and_never_a_script() -> None:
    page = parsed("plan")
    assert samples.SCRIPT in words(row_of("plan", 5))
    assert samples.FORMULA in words(row_of("plan", 6))
    assert len(list(page.iter("script"))) == 1


@pytest.mark.parametrize("kind", ["plan", "run"])
def test_the_policy_allows_exactly_the_pages_own_style_and_script(kind: str) -> None:
    page = parsed(kind)
    policy = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")[0]
    assert policy.startswith("default-src 'none';")
    for name in ("style", "script"):
        digest = hashlib.sha256((page.find(f".//{name}").text or "").encode()).digest()
        assert f"{name}-src 'sha256-{base64.b64encode(digest).decode()}'" in policy


@pytest.mark.parametrize("kind", ["plan", "run"])
def test_the_page_needs_no_network(kind: str) -> None:
    page = parsed(kind)
    assert page.xpath("//@src | //@href | //link | //img") == []
    style = page.find(".//style").text or ""
    assert not re.search(r"url\(|@import", style)


def test_guards_are_shown_with_what_to_type_only_before_a_run() -> None:
    section = parsed("plan", "en").find_class("guards")
    assert "6 of the sheet's 12 live items" in words(section[0])
    assert "--force takedown,price" in words(section[0])
    assert not parsed("run", "en").find_class("guards")


def test_a_plan_without_rows_is_still_a_page() -> None:
    page = read_page(html_page(Plan(()), "zh", samples.MADE_AT, "empty.xlsx"))
    assert bodies(page) == []
    assert page.xpath("//section") == []


def test_half_a_surrogate_pair_does_not_stop_the_page() -> None:
    text = html_page(samples.WEEK, "zh", samples.MADE_AT, "week\ud83d.xlsx")
    assert "week&lt;U+D83D&gt;.xlsx" in text.encode("utf-8").decode("utf-8")
