"""`itemsync pull`: what the platform holds, as a sheet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.options import JsonOption, WorksheetOption
from sync.cli.usage import wrong
from sync.errors import Refusal
from sync.messages import say

if TYPE_CHECKING:
    from sync.sheet.making.pulled import PullNote


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
        from sync.cli.refreshing import bring_up_to_date

        return bring_up_to_date(app, into, worksheet)
    raise wrong(say("usage.pull"))


def _new_sheet(app: AppContext, out: Path, ids: Path | None) -> int:
    from sync.service import pulling

    _refuse_place(out)
    made = pulling.pull(app, out, _ids_of(ids) if ids else None)
    app.say(say("pull.done", count=made.items, file=out))
    tell(app, {"file": str(out), "items": made.items}, made.told)
    return 0 if made.whole else 1


def tell(app: AppContext, facts: Mapping[str, object], told: Sequence[PullNote]) -> None:
    """Say what a person should know; with `--json`, beside the `facts` in one document."""
    for one in told:
        app.say(one.message)
    if app.json:
        problems = [
            {"code": one.code, "message": one.message.words(app.language), "items": [*one.items]} for one in told
        ]
        app.document({**facts, "problems": problems})


def _refuse_place(out: Path) -> None:
    if out.suffix.lower() != ".xlsx":
        raise Refusal(say("cli.xlsx_only", file=out))
    if out.exists():
        raise Refusal(say("cli.exists", file=out))


def _ids_of(file: Path) -> Sequence[str]:
    """Read the ids of a file, each once, in its order; raises Refusal for a line that is none."""
    from sync.fields import ITEM_ID, of_path
    from sync.sheet.cells import parser, read_cell

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise Refusal(say("pull.ids_file", file=file)) from None
    field = of_path(ITEM_ID)
    ids: dict[str, None] = {}
    for number, line in enumerate(lines, start=1):
        reading = read_cell(line, field, parser(field))
        if reading and not isinstance(reading.value, str):
            raise Refusal(say("pull.ids_line", file=file, line=number, shown=line.strip()))
        if reading:
            ids[str(reading.value)] = None
    if not ids:
        raise Refusal(say("pull.ids_none", file=file))
    return [*ids]
