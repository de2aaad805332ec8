"""The HTML page, parsed as a browser would."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from lxml import html

from sync.messages import Language
from sync.plan.plan import Plan
from sync.report.page import plan_page, run_page
from tests.report import samples

PAGES = {
    (kind, language): text
    for language in ("zh", "en")
    for kind, text in (
        ("plan", plan_page(samples.WEEK, language, samples.MADE_AT, samples.SHEET)),
        ("run", run_page(samples.WEEK, samples.RESULTS, language, samples.MADE_AT, samples.SHEET)),
    )
}


def parsed(kind: str, language: Language = "zh") -> html.HtmlElement:
    return html.document_fromstring(PAGES[kind, language])


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def row_of(kind: str, number: int, language: Language = "zh") -> html.HtmlElement:
    return next(body for body in parsed(kind, language).iter("tbody") if words(body.find(".//th")) == str(number))


@pytest.mark.parametrize(("language", "lang"), [("zh", "zh-CN"), ("en", "en")])
@pytest.mark.parametrize("kind", ["plan", "run"])
def test_the_page_names_its_language_and_its_sheet(kind: str, language: Language, lang: str) -> None:
    page = parsed(kind, language)
    assert page.get("lang") == lang
    assert samples.SHEET in words(page.find(".//h1"))
    assert "2026-11-21 09:30" in words(page.find(".//header"))


@pytest.mark.parametrize("kind", ["plan", "run"])
def test_every_row_is_there_once(kind: str) -> None:
    numbers = [int(words(body.find(".//th"))) for body in parsed(kind).iter("tbody")]
    assert sorted(numbers) == [row.row.number for row in samples.WEEK.rows]


def test_what_needs_a_person_comes_first() -> None:
    numbers = [int(words(body.find(".//th"))) for body in parsed("run").iter("tbody")]
    assert numbers[:5] == [4, 6, 9, 10, 8]


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
        keys = [body.get("data-keys", "").split() for body in page.iter("tbody")]
        for tile in page.find_class("tile"):
            assert int(words(tile.find("b"))) == sum(tile.get("data-key") in of_row for of_row in keys)


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
    page = html.document_fromstring(plan_page(Plan(()), "zh", samples.MADE_AT, "empty.xlsx"))
    assert list(page.iter("tbody")) == []
    assert page.xpath("//section") == []


def test_half_a_surrogate_pair_does_not_stop_the_page() -> None:
    text = plan_page(samples.WEEK, "zh", samples.MADE_AT, "week\ud83d.xlsx")
    assert "week .xlsx" in text.encode("utf-8").decode("utf-8")
