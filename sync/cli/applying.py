"""`itemsync apply`: preview, question, run, results into the sheet."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.execution import (
    AllowDeleteOption,
    ForceOption,
    ReportOption,
    SkipGuardedOption,
    YesOption,
    agreed,
    finish,
    forced,
    put_into_sheet,
    stoppable,
)
from sync.cli.options import (
    AsNewOption,
    JsonOption,
    OnConflictOption,
    OnDriftOption,
    OnlyOption,
    RefreshOption,
    RekeyOption,
    RepublishOption,
    WorksheetOption,
)
from sync.cli.planning import chosen, make_plan
from sync.cli.usage import wrong
from sync.messages import say
from sync.service.request import PlanRequest

if TYPE_CHECKING:
    from sync.apply.run import RunReport
    from sync.plan.plan import Plan
    from sync.sheet.read import Sheet
    from sync.state.journal import Origin


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(apply)


def apply(
    context: typer.Context,
    sheet: Annotated[Path, typer.Argument(metavar="SHEET|PLAN.json", help="help.sheet_or_plan", show_default=False)],
    worksheet: WorksheetOption = None,
    only: OnlyOption = None,
    refresh: RefreshOption = "all",
    on_conflict: OnConflictOption = "sheet",
    on_drift: OnDriftOption = "sheet",
    rekey: RekeyOption = False,
    republish: RepublishOption = False,
    as_new: AsNewOption = None,
    yes: YesOption = False,
    force: ForceOption = "",
    skip_guarded: SkipGuardedOption = False,
    allow_delete: AllowDeleteOption = False,
    report: ReportOption = None,
    json: JsonOption = False,
) -> int:
    """Compare, preview, ask, carry out, and write the outcome of every row back into the sheet."""
    from sync.plan.guards import hold_back
    from sync.service.running import agreeing, carry_out
    from sync.sheet.sheet_lock import as_it_was_read

    app: AppContext = context.obj
    names = forced(force)
    request = PlanRequest(
        sheet,
        worksheet,
        chosen(only, "--only"),
        skip_conflicts=on_conflict == "skip",
        skip_drift=on_drift == "skip",
        rekey=rekey,
        republish=republish,
        changed_only=refresh == "changed",
        as_new=chosen(as_new, "--as-new") or frozenset(),
        writes=True,
    )
    with agreeing(app, asks=not yes) as agree:
        read, plan, origin = _saved(app, request) if sheet.suffix.lower() == ".json" else _made(app, request)
        if skip_guarded:
            plan = hold_back(plan, names)
        if not agreed(app, plan, Path(origin.sheet), force=names, yes=yes, delete=allow_delete):
            return 0
        agree()
        file = Path(origin.sheet)
        with as_it_was_read(file, read.version), stoppable(app):
            done = carry_out(app, plan, origin, allow_delete=allow_delete, asked=not yes)
            written = put_into_sheet(app, file, read.layout, done, takes_over=_takes_over(read, done))
            return finish(app, plan, done, report, file.name, written=written)


def _takes_over(read: Sheet, done: RunReport) -> bool:
    """Whether every row that another state stamped, and that has a 库存增减, bears this run's stamp from now on."""
    ours = {result.row for result in done.results if not result.keeps_stamp}
    return all(row.number in ours for row in read.rows if row.stamp and row.stock_change is not None)


def _made(app: AppContext, request: PlanRequest) -> tuple[Sheet, Plan, Origin]:
    from sync.state.journal import Origin

    read, plan = make_plan(app, request)
    return read, plan, Origin(str(request.sheet.resolve()), read.layout.sheet)


def _saved(app: AppContext, request: PlanRequest) -> tuple[Sheet, Plan, Origin]:
    from sync.service.saved_plans import plan_as_saved

    if request != PlanRequest(request.sheet, writes=True):
        raise wrong(say("usage.saved_plan"))
    return plan_as_saved(app, request.sheet)
