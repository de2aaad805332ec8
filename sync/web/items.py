"""An item's own story."""

from __future__ import annotations

from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from sync.fields import FIELDS, path_words
from sync.item import Path
from sync.report.words import value_words
from sync.web.pages import language_of, render, see
from sync.web.site import at, site_of

_INNER = ("_sys@dataVersion", "_sys@userId", "_sys@appKey")
"""What the platform keeps for itself: staff never see it elsewhere."""
_ORDER = [field.path for field in FIELDS if field.path]


def find(request: Request) -> Response:
    """Lead to the item of a code that was typed."""
    code = request.query_params.get("code", "").strip()
    return see(at(request, f"/items/{quote(code, safe='')}" if code else "/runs"))


def show(request: Request) -> Response:
    """Show everything that is known of an item."""
    code = request.path_params["code"]
    with site_of(request).open_shop() as shop:
        story = shop.item(code)
    lang = language_of(request)
    fields = [
        (
            path_words(one.path, lang),
            one,
            "" if one.cell is None else value_words(one.path, one.cell, lang),
            "" if one.remote is None else value_words(one.path, one.remote, lang),
        )
        for one in sorted(story.fields(), key=lambda one: _place(one.path))
        if one.path not in _INNER
    ]
    return render(request, "item.html.j2", code=code, story=story, fields=fields)


def _place(path: Path) -> tuple[int, str]:
    """As the sheet has its columns, then the fields of the shop's own."""
    return (_ORDER.index(path) if path in _ORDER else len(_ORDER)), path
