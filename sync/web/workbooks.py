"""Workbooks to download."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from sync.errors import Refusal
from sync.messages import say
from sync.service.jobs import Jobs

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(file: Path) -> Response:
    """Give a workbook under its own name."""
    if not file.is_file():
        raise Refusal(say("sheet.missing", file=file.name))
    return FileResponse(file, media_type=_kind(file.name), headers=_named(file.name))


def kept_workbook(name: str, content: bytes) -> Response:
    """Give a workbook that isn't a file."""
    return Response(content, media_type=_kind(name), headers=_named(name))


def own_workbook(jobs: Jobs, sheet: Path | None, place: str) -> Response:
    """Give the workbook of a run on this machine; `sheet`: the one that the page was started with.

    Any other is somebody's own, and the page only has its results: raises Refusal.
    """
    file = Path(place)
    if not jobs.keeps(file) and (sheet is None or file != sheet.resolve()):
        raise Refusal(say("page.download.elsewhere", sheet=file.name))
    return workbook(file)


def _kind(name: str) -> str:
    return XLSX if name.endswith(".xlsx") else "application/octet-stream"


def _named(name: str) -> dict[str, str]:
    return {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}", "Cache-Control": "no-store"}
