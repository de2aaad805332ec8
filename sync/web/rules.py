"""The rules that decide about items by themselves."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from sync.report.rules import covers, says
from sync.web.pages import language_of, render
from sync.web.site import site_of


def show(request: Request) -> Response:
    """Show the rules, the strongest first."""
    lang = language_of(request)
    with site_of(request).open_shop() as shop:
        found = shop.rules()
    rules = [
        (rule, rule.kind.words(lang), covers(rule, lang), says(rule).words(lang), found.items.get(rule.name, 0))
        for rule in sorted(found.listed, key=lambda one: one.kind.rank)
    ]
    return render(request, "rules.html.j2", rules=rules, sheet=found.sheet)
