"""Workbooks to download."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

from starlette.responses import FileResponse, Response

from sync.errors import Refusal
from sync.messages import say

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def workbook(file: Path) -> Response:
    """Give a workbook under its own name."""
    if not file.is_file():
        raise Refusal(say("sheet.missing", file=file.name))
    kind = XLSX if file.suffix == ".xlsx" else "application/octet-stream"
    named = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(file.name)}", "Cache-Control": "no-store"}
    return FileResponse(file, media_type=kind, headers=named)
