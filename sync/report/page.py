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
from sync.messages import Language, Message, say
from sync.plan.plan import Plan
from sync.report.figures import Tile, ending_words, plan_tiles, result_tiles
from sync.report.words import Entry, entries, legible


def plan_page(plan: Plan, language: Language, made_at: datetime, sheet: str) -> str:
    """Return the page of a plan made at `made_at` for the workbook named `sheet`."""
    sentences = (say("report.page.plan", sheet=sheet), say("report.page.plan_made", at=clock_text(made_at)))
    return _page(plan, None, language, sentences, plan_tiles(plan, language))


def run_page(plan: Plan, results: Sequence[RowResult], language: Language, made_at: datetime, sheet: str) -> str:
    """Return the page of a run that ended at `made_at`: the plan's rows, each with what became of it."""
    sentences = (say("report.page.run", sheet=sheet), say("report.page.run_made", at=clock_text(made_at)))
    return _page(plan, results, language, sentences, result_tiles(results, language))


def _page(
    plan: Plan,
    results: Sequence[RowResult] | None,
    language: Language,
    sentences: tuple[Message, Message],
    tiles: Sequence[Tile],
) -> str:
    heading, made = (legible(sentence.words(language)) for sentence in sentences)
    rows = sorted(entries(plan, language, results), key=lambda entry: entry.rank)
    return _template().render(
        lang="zh-CN" if language == "zh" else "en",
        heading=heading,
        made=made,
        tiles=tiles,
        guards=_guards(plan, language) if results is None else [],
        rows=[(entry, _keys(entry), ending_words(entry.ending, language)) for entry in rows],
        words=_words(language),
        is_run=results is not None,
    )


def _keys(entry: Entry) -> str:
    """The tiles that count this row, and so the filters that show it."""
    also = (("drift", entry.drifted), ("conflict", entry.conflicting))
    return " ".join((entry.ending.value, *(key for key, applies in also if applies)))


def _guards(plan: Plan, language: Language) -> list[str]:
    """Why a person must confirm this plan, between what that means and what to type; empty if nobody must."""
    if not plan.guards:
        return []
    names = ",".join(guard.name for guard in plan.guards)
    return [
        say("report.guards", count=len(plan.guards)).words(language),
        *(legible(guard.message.words(language)) for guard in plan.guards),
        say("report.guards.force", names=names).words(language),
    ]


def _words(language: Language) -> dict[str, str]:
    """The page's own words, by the name that the template calls them."""
    columns = ("row", "changes", "why", "calls", "action", "result")
    own = ("search", "filter", "shown")
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
