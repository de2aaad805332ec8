"""What the shop learned: figures, lists, a sheet to restock from, and an item's stock and price over time."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sync.learned import BANDS
from sync.report.insight import LISTS, cell, head, headline, nothing_yet, remarks
from sync.web.pages import language_of, render
from sync.web.site import at, site_of
from sync.web.workbooks import XLSX

RESTOCK = "restock.xlsx"


def show(request: Request) -> Response:
    """Show what sold, what runs out and what stands still."""
    lang = language_of(request)
    with site_of(request).open_shop() as shop:
        learned = shop.insight()
        figures = learned.summary
        lists = [
            (
                name,
                [head(one, lang) for one in columns],
                [(item, [cell(one, item) for one in columns]) for item in items],
            )
            for name, columns in LISTS.items()
            if (items := getattr(learned, name))
        ]
    return render(
        request,
        "insight.html.j2",
        figures=figures,
        headline=headline(figures) if figures.days else nothing_yet(figures),
        counts=[*((band, figures.bands[band]) for band in BANDS), ("slow", figures.slow)],
        remarks=[*remarks(figures)] if figures.days else [],
        lists=lists if figures.days else [],
        address=lambda code: at(request, f"/items/{quote(code, safe='')}"),
    )


def restock(request: Request) -> Response:
    """Give a sheet to restock from."""
    with TemporaryDirectory() as folder, site_of(request).open_shop() as shop:
        file = Path(folder) / RESTOCK
        shop.insight().write_restock(file)
        whole = file.read_bytes()
    named = {"Content-Disposition": f"attachment; filename={RESTOCK}", "Cache-Control": "no-store"}
    return Response(whole, media_type=XLSX, headers=named)


def series(request: Request) -> Response:
    """Give an item's stock and price over time, for a chart."""
    with site_of(request).open_shop() as shop:
        found = shop.series(request.path_params["code"])
    return JSONResponse(found.document(), headers={"Cache-Control": "no-store"})


ROUTES = (
    Route("/insight", show),
    Route(f"/insight/{RESTOCK}", restock),
    Route("/series/{code:path}", series),
)
