"""A plan or a run as one self-contained HTML page: no network, no fonts, no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from sync.call import RowResult
from sync.fields import OUTER_ID, TITLE, path_words
from sync.item import clock_text
from sync.legible import legible
from sync.messages import Language, Message, say
from sync.plan.plan import Plan
from sync.report.figures import ending_words, plan_tiles, result_tiles, unread
from sync.report.stock import FEW, Stock, presumably_sold, reported, running_low
from sync.report.words import Entry, guard_words
from sync.synonyms import told

MOST_ROWS = 2000
"""Rows: with more of them a browser begins to stutter; those that need a person are among the first."""


def html_page(
    plan: Plan,
    language: Language,
    made_at: datetime,
    sheet: str,
    results: Sequence[RowResult] | None = None,
    *,
    workbook: str | None = None,
    shop: Message | None = None,
) -> str:
    """Return the page of a plan made at `made_at` for the workbook named `sheet`; with `results`, of its run.

    `workbook` is the file beside the page that says the same for Excel; the page links to it.
    """
    is_run = results is not None
    telling, stocks = reported(plan, language, results, _tells)
    heading, *made = _top(plan, clock_text(made_at), sheet, shop, is_run=is_run)
    return _template().render(
        lang="zh-CN" if language == "zh" else "en",
        heading=legible(heading.words(language)),
        made=[legible(sentence.words(language)) for sentence in made],
        workbook=workbook,
        tiles=result_tiles(results, language) if results is not None else plan_tiles(plan, language),
        guards=[] if is_run else _guards(plan, language),
        ignored=[legible(message.words(language)) for message in (*told(plan.ignored), *plan.notes)],
        stock=[*_stock("sold", presumably_sold(stocks), language), *_stock("low", running_low(stocks), language)],
        rows=[(entry, _keys(entry), ending_words(entry.ending, language)) for entry in telling[:MOST_ROWS]],
        unlisted=_unlisted(len(plan.rows) - len(telling), len(telling) - MOST_ROWS, language, is_run=is_run),
        words=_words(language),
        is_run=is_run,
    )


def _top(plan: Plan, at: str, sheet: str, shop: Message | None, *, is_run: bool) -> list[Message]:
    """The heading, and what stands below it."""
    of = "run" if is_run else "plan"
    said = [say(f"report.page.{of}", sheet=sheet), say(f"report.page.{of}_made", at=at)]
    said += [say("shop.line", shop=shop)] if shop else []
    said += [left_out] if (left_out := unread(plan)) else []
    return said + ([say("report.delete", count=plan.summary.delete)] if plan.summary.delete and not is_run else [])


def _tells(entry: Entry) -> bool:
    """Whether there is anything to say of a row but that it is as it was."""
    return bool(entry.changes or entry.remarks) or entry.pressing or entry.acts


def _unlisted(still: int, too_many: int, language: Language, *, is_run: bool) -> list[str]:
    """Say what the page leaves out, and where to find it."""
    said = [say("report.page.still", count=still)] if still else []
    if too_many > 0:
        said.append(say("report.page.more.run" if is_run else "report.page.more.plan", count=too_many))
    return [message.words(language) for message in said]


def _stock(name: str, stocks: Sequence[Stock], language: Language) -> list[tuple[str, str, Sequence[Stock]]]:
    """The heading, the rule and the items of a section about stock; nothing if there are no such items."""
    if not stocks:
        return []
    units = sum(stock.sold for stock in stocks)
    heading = say(f"report.page.{name}", items=len(stocks), units=units).words(language)
    return [(heading, say(f"report.stock.{name}.rule", few=FEW).words(language), stocks[:MOST_ROWS])]


def _keys(entry: Entry) -> str:
    """The tiles that count this row, and so the filters that show it."""
    also = (("drift", entry.drifted), ("conflict", entry.conflicting), ("stale", entry.stale))
    return " ".join((entry.ending.value, *(key for key, applies in also if applies)))


def _guards(plan: Plan, language: Language) -> list[str]:
    """Why a person must confirm this plan, between what that means and what to type; empty if nobody must."""
    if not plan.guards:
        return []
    names = ",".join(guard.name for guard in plan.guards)
    return [
        say("report.guards", count=len(plan.guards)).words(language),
        *(guard_words(guard, language) for guard in plan.guards),
        say("report.guards.force", names=names).words(language),
    ]


def _words(language: Language) -> dict[str, str]:
    """The page's own words, by the name that the template calls them."""
    columns = ("row", "changes", "why", "calls", "action", "result", "last", "now", "sold", "left")
    own = ("search", "filter", "shown", "workbook")
    return {
        "code": path_words(OUTER_ID, language),
        "title": path_words(TITLE, language),
        **{name: say(f"report.column.{name}").words(language) for name in columns},
        **{name: say(f"report.page.{name}").words(language) for name in own},
    }


def _fingerprint(text: str) -> str:
    """The hash by which the page's policy allows its own style and script, and nothing that a title smuggles in."""
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("sync", "report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["fingerprint"] = _fingerprint
    return environment.get_template("page.html.j2")
