"""`itemsync undo` and `abandon`: going back on a run, and giving one up."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sync.cli.app_context import AppContext
from sync.cli.asking import confirm
from sync.cli.execution import (
    AllowDeleteOption,
    ForceOption,
    ReportOption,
    YesOption,
    agreed,
    exit_code,
    finish,
    forced,
    put_into_file,
    stoppable,
)
from sync.cli.options import JsonOption
from sync.errors import Refusal
from sync.messages import say

RunArgument = Annotated[int, typer.Argument(metavar="RUN", help="help.run")]


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(undo)
    app.command()(abandon)


def undo(
    context: typer.Context,
    run: RunArgument,
    only: Annotated[str | None, typer.Option(metavar="CODES|@FILE", help="help.undo.only")] = None,
    yes: YesOption = False,
    force: ForceOption = "",
    allow_delete: AllowDeleteOption = False,
    report: ReportOption = None,
    json: JsonOption = False,
) -> int:
    """Reverse what a run did, as far as nobody changed it since."""
    from sync.cli.planning import chosen
    from sync.service.running import agreeing, carry_out
    from sync.service.undoing import make_undo
    from sync.state.journal import Origin

    app: AppContext = context.obj
    names, codes = forced(force), chosen(only, "--only") or frozenset()
    with agreeing(app, asks=not yes) as agree:
        record = app.store.run(run)
        plan = make_undo(app, record, codes, allow_delete=allow_delete)
        if not plan.rows:
            return _nothing(app, run, json=json)
        origin = Origin(record.sheet, record.worksheet, undoes=run)
        sheet = Path(record.sheet)
        if not agreed(app, plan, sheet, force=names, yes=yes, delete=allow_delete):
            return 0
        agree()
        with stoppable(app):
            done = carry_out(app, plan, origin, allow_delete=allow_delete, asked=not yes)
            written = put_into_file(app, sheet, done)
            return finish(app, plan, done, report, sheet.name, written=written)


def abandon(context: typer.Context, run: RunArgument, yes: YesOption = False, json: JsonOption = False) -> int:
    """End a run that isn't finished where it stands; nothing is called."""
    from sync.apply.abandon import abandon as give_up
    from sync.cli.runs import print_run
    from sync.plan.document import run_document
    from sync.state.lock import only_one

    app: AppContext = context.obj
    with only_one(app.store, app.clock.now):
        record = app.store.run(run)
        open_rows = sum(not row.ended for row in app.store.rows(run))
        sheet = Path(record.sheet)
        if record.finished_at is None and not yes:
            if not app.interactive:
                raise Refusal(say("cli.say_yes"))
            if not confirm(app, say("abandon.question", run=run, sheet=sheet.name, open=open_rows)):
                app.tell(say("cli.declined"))
                return 0
        done = give_up(record, app.store, app.clock)
        app.say(say("abandon.done", run=run))
        written = put_into_file(app, sheet, done)
        if json:
            app.document(run_document(run, done.results, app.language))
        else:
            print_run(app, app.store.run(run), done.results)
        return exit_code(done, written=written)


def _nothing(app: AppContext, run: int, *, json: bool) -> int:
    from sync.plan.document import run_document

    app.say(say("undo.nothing", run=run))
    if json:
        app.document(run_document(None, (), app.language))
    return 0
