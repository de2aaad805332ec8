"""`itemsync pull`: what the platform holds, as a new sheet, or into one that staff have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import choosing
from sync.cli.options import JsonOption, WorksheetOption
from sync.cli.usage import wrong
from sync.messages import say

if TYPE_CHECKING:
    from sync.service.pulling import PullNote


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(pull)


def pull(
    context: typer.Context,
    out: Annotated[Path | None, typer.Argument(metavar="OUT.xlsx", help="help.out", show_default=False)] = None,
    ids: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="help.ids"),
    ] = None,
    into: Annotated[Path | None, typer.Option(metavar="SHEET", help="help.into")] = None,
    worksheet: WorksheetOption = None,
    json: JsonOption = False,
) -> int:
    """Write what the platform holds into a new sheet, ready to edit and apply."""
    app: AppContext = context.obj
    if out is not None and into is None and worksheet is None:
        return _new_sheet(app, out, ids)
    if into is not None and out is None and ids is None:
        return _bring_up_to_date(app, into, worksheet)
    raise wrong(say("usage.pull"))


def _new_sheet(app: AppContext, out: Path, ids: Path | None) -> int:
    from sync.service.files import refuse_old
    from sync.service.pulling import ids_of

    refuse_old(out)
    pulled = app.shop.pulled(ids_of(ids) if ids else None)
    pulled.write(out)
    app.say(say("pull.done", count=pulled.items, file=out))
    _tell(app, {"file": str(out), "items": pulled.items}, pulled.told)
    return 0 if pulled.whole else 1


def _bring_up_to_date(app: AppContext, sheet: Path, worksheet: str | None) -> int:
    done = choosing(app, worksheet, lambda chosen: app.shop.bring_up_to_date(sheet, chosen))
    if done.cells and done.backup:
        facts = {"rows": done.rows, "cells": len(done.cells), "backup": done.backup.name}
        app.say(say("pull.refreshed", file=sheet, **facts))
    else:
        app.say(say("pull.up_to_date", file=sheet))
    _tell(app, {"file": str(sheet), "rows": done.rows, "cells": [*done.cells]}, done.told)
    return 0 if done.whole else 1


def _tell(app: AppContext, facts: Mapping[str, object], told: Sequence[PullNote]) -> None:
    """Say what a person should know; with `--json`, beside the `facts` in one document."""
    for one in told:
        app.say(one.message)
    if app.json:
        problems = [
            {"code": one.code, "message": one.message.words(app.language), "items": [*one.items]} for one in told
        ]
        app.document({**facts, "problems": problems})
