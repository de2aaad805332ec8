"""`itemsync pull --into`: the platform's values into the cells that nobody edited since they were carried out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sync.cli.app_context import AppContext
from sync.errors import Refusal
from sync.messages import say
from sync.service.request import PlanRequest

if TYPE_CHECKING:
    from sync.plan.plan import RowPlan
    from sync.sheet.columns import Layout
    from sync.sheet.making.pulled import PullNote
    from sync.sheet.writeback.refreshing import Fresh


def bring_up_to_date(app: AppContext, sheet: Path, worksheet: str | None) -> int:
    """Refresh the sheet and say what was done; returns the exit code."""
    from sync.cli.planning import make_plan
    from sync.cli.pulling import tell
    from sync.sheet.file_version import version
    from sync.sheet.files.opening import open_workbook
    from sync.sheet.writeback.refreshing import refresh

    if not open_workbook(sheet).editable:
        raise Refusal(say("pull.into_xlsx", file=sheet))
    read = version(sheet)
    found, plan = make_plan(app, PlanRequest(sheet, worksheet))
    fresh, told = _fresh(app, plan.rows, found.layout)
    kept: set[tuple[int, str]] = set()
    if fresh:
        done = refresh(sheet, found.layout, fresh, read)
        kept = {*done.kept}
        told = (*told, *_kept(found.layout, sorted(kept)))
    written = [(row, key) for row, cells in fresh.items() for key in cells if (row, key) not in kept]
    rows = {row for row, _ in written}
    if written:
        app.say(say("pull.refreshed", file=sheet, rows=len(rows), cells=len(written), backup=done.backup.name))
    else:
        app.say(say("pull.up_to_date", file=sheet))
    cells = [f"{found.layout.columns[key]}{row}" for row, key in written]
    tell(app, {"file": str(sheet), "rows": len(rows), "cells": cells}, told)
    return 1 if any(one.code == "pull.held_back" for one in told) else 0


def _fresh(app: AppContext, rows: Sequence[RowPlan], layout: Layout) -> tuple[Fresh, tuple[PullNote, ...]]:
    from sync.fields import category_table, path_words
    from sync.plan.plan import Action
    from sync.plan.untouched import overtaken
    from sync.sheet.making.pulled import PullNote
    from sync.sheet.making.refreshed import cells_for
    from sync.sheet.making.sayable import Speech

    speech = Speech((*category_table(), *app.profile.categories), layout.language)
    fresh: dict[int, Mapping[str, str | int | float | None]] = {}
    unsaid: list[str] = []
    for row in rows:
        cells, not_said = cells_for(overtaken(row), layout, speech)
        unsaid += (f"{layout.columns[path]}{row.row.number} {path_words(path, app.language)}" for path in not_said)
        if cells:
            fresh[row.row.number] = cells
    stopped = tuple(
        row.row.outer_id or say("report.row", row=row.row.number).words(app.language)
        for row in rows
        if row.action in (Action.INVALID, Action.BLOCKED)
    )
    told = (PullNote("pull.held_back", stopped), PullNote("pull.unsaid", tuple(unsaid)))
    return fresh, tuple(one for one in told if one.items)


def _kept(layout: Layout, kept: Sequence[tuple[int, str]]) -> tuple[PullNote, ...]:
    from sync.sheet.making.pulled import PullNote

    cells = tuple(f"{layout.columns[key]}{row}" for row, key in kept)
    return (PullNote("pull.kept", cells),) if cells else ()
