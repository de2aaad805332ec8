"""`itemsync apply` and `resume`: preview, question, run, results into the sheet."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.call import Result
from sync.cli.desk import Desk
from sync.cli.options import (
    JsonOption,
    OnConflictOption,
    OnlyOption,
    RekeyOption,
    RepublishOption,
    SheetArgument,
)
from sync.cli.planning import Wish, make_plan, now, plan_document, show
from sync.messages import Exit, Joined, Refusal, say

if TYPE_CHECKING:
    from sync.apply.run import RunReport, Workplace
    from sync.plan.plan import Plan
    from sync.sheet.columns import Layout

TROUBLE = (Result.INVALID, Result.FAILED, Result.SKIPPED, Result.BLOCKED, Result.UNKNOWN)
"""Results that make the exit code 1 (DESIGN section 9)."""


def add_to(app: typer.Typer) -> None:
    """Add this file's commands."""
    app.command()(apply)
    app.command()(resume)


def apply(
    context: typer.Context,
    sheet: SheetArgument,
    only: OnlyOption = None,
    on_conflict: OnConflictOption = "sheet",
    rekey: RekeyOption = False,
    republish: RepublishOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    force: Annotated[str, typer.Option(metavar="NAMES", help="Guards to override, with commas, or all.")] = "",
    allow_delete: Annotated[bool, typer.Option("--allow-delete", help="Let rows delete their items.")] = False,
    report: Annotated[Path | None, typer.Option(metavar="DIR", help="Where to put the report.")] = None,
    json: JsonOption = False,
) -> int:
    """Compare, preview, ask, carry out, and write the outcome of every row back into the sheet."""
    desk: Desk = context.obj
    refuse_while_unfinished(desk)
    forced = _forced(force)
    wish = Wish(sheet, only, on_conflict == "skip", rekey, republish)
    read, plan = make_plan(desk, wish)
    show(desk, plan)
    _check_guards(desk, plan, forced)
    if plan.summary.calls and not _agreed(desk, yes=yes):
        desk.tell(say("cli.declined"))
        return 0
    from sync.apply.run import apply as carry_out

    with _workplace(desk, plan.summary.calls) as place:
        done = carry_out(plan, str(sheet.resolve()), place, allow_delete=allow_delete)
    desk.say(say("cli.run", run=done.run))
    written = put_into_sheet(desk, sheet, read.layout, done)
    _report(desk, report, plan, done, sheet.name)
    _show_results(desk, plan, done)
    if json:
        desk.document(_document(desk, plan, done))
    return _exit_code(done, written=written)


def resume(context: typer.Context, json: JsonOption = False) -> int:
    """Finish the run that was cut off."""
    from sync.apply.run import resume as take_up

    desk: Desk = context.obj
    unfinished = desk.store.unfinished()
    if unfinished is None:
        desk.say(say("cli.nothing_to_resume"))
        if json:
            desk.document({"run": None, "rows": []})
        return 0
    with _workplace(desk, 0) as place:
        done = take_up(unfinished, place)
    desk.say(say("cli.run", run=done.run))
    written = put_into_file(desk, Path(unfinished.sheet), done)
    if json:
        from sync.plan.document import result_document

        desk.document({"run": done.run, "rows": [result_document(r, desk.language) for r in done.results]})
    else:
        from sync.cli.runs import print_run

        print_run(desk, desk.store.run(done.run), done.results)
    return _exit_code(done, written=written)


def refuse_while_unfinished(desk: Desk) -> None:
    """Raise Refusal (exit 5) before anything is read, rather than after a preview that can't be applied."""
    if unfinished := desk.store.unfinished():
        raise Refusal(say("run.unfinished", run=unfinished.id, sheet=unfinished.sheet), Exit.UNFINISHED)


def put_into_file(desk: Desk, sheet: Path, done: RunReport) -> bool:
    """Write a run's results into a sheet that has to be read anew; see `put_into_sheet`."""
    from sync.sheet.read import read_sheet

    try:
        layout = read_sheet(sheet).layout
    except Refusal as refusal:
        desk.tell(Joined((refusal.message, say("cli.results_kept", run=done.run))))
        return False
    return put_into_sheet(desk, sheet, layout, done)


def put_into_sheet(desk: Desk, sheet: Path, layout: Layout, done: RunReport) -> bool:
    """Write the results into the sheet, and remember which 库存增减 cells are surely cleared by that.

    Returns whether the staff's own file has them; where it can't be written, says where they are instead.
    """
    from sync.sheet.writeback import write_back

    at: datetime = now(desk).replace(tzinfo=None)
    try:
        written = write_back(sheet, layout, done.results, at, desk.sheet_language)
    except Refusal as refusal:
        desk.tell(Joined((refusal.message, say("cli.results_kept", run=done.run))))
        return False
    if written.fallback:
        desk.tell(say("cli.fallback", file=written.path, sheet=sheet.name))
        return False
    cleared = [result.outer_id for result in done.results if result.change_applied]
    lost = {result.outer_id for result in written.unplaced}
    desk.store.confirm_cleared([code for code in cleared if code not in lost])
    if lost:
        desk.tell(say("cli.unplaced", codes=", ".join(sorted(lost))))
    desk.say(say("cli.written", sheet=written.path, backup=written.backup.name if written.backup else "-"))
    return True


def _forced(force: str) -> tuple[str, ...]:
    from sync.plan.guards import NAMES, unknown_names

    names = tuple(name.strip() for name in force.split(",") if name.strip())
    if unknown := unknown_names(names):
        raise typer.BadParameter(f"no guard is called {', '.join(unknown)}; there are {', '.join(NAMES)} and all")
    return names


def _check_guards(desk: Desk, plan: Plan, forced: Sequence[str]) -> None:
    from sync.plan.guards import refused

    if guards := refused(plan, forced):
        names = ",".join(guard.name for guard in guards)
        reasons = Joined(tuple(guard.message for guard in guards))
        message = say("cli.guarded", reasons=reasons, names=names)
        raise Refusal(message, Exit.GUARD, plan_document(desk, plan) if desk.json else None)


def _agreed(desk: Desk, *, yes: bool) -> bool:
    if yes:
        return True
    if not desk.interactive:
        raise Refusal(say("cli.say_yes"))
    return typer.confirm(say("cli.question").words(desk.language), default=False, err=True)


@contextmanager
def _workplace(desk: Desk, calls: int) -> Iterator[Workplace]:
    """Yield what a run works with; Ctrl-C then asks for a clean stop, and a second one stops at once."""
    from sync.apply.executor import Pace
    from sync.apply.run import Workplace

    stop = threading.Event()

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        desk.tell(say("cli.stopping"))

    pace = Pace(desk.profile.connections, settle_after=desk.profile.timeout)
    main_thread = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGINT, ask_to_stop) if main_thread else None
    try:
        with desk.progress(say("cli.applying"), calls) as progress:
            yield Workplace(desk.store, desk.channel, desk.clock, pace, progress, stop)
    finally:
        if main_thread:
            signal.signal(signal.SIGINT, before)


def _report(desk: Desk, folder: Path | None, plan: Plan, done: RunReport, sheet: str) -> None:
    """Write the report as a page and a workbook; the run is done, so a full disk is told and no more."""
    from platformdirs import user_data_path

    from sync.report.page import run_page
    from sync.report.workbook import write_report

    place = folder or user_data_path("itemsync", appauthor=False) / "reports"
    page = place / f"run-{done.run}.html"
    try:
        place.mkdir(parents=True, exist_ok=True)
        page.write_text(run_page(plan, done.results, desk.sheet_language, now(desk), sheet), encoding="utf-8")
        write_report(page.with_suffix(".xlsx"), plan, done.results, desk.sheet_language, at=now(desk), sheet=sheet)
    except OSError:
        desk.tell(say("cli.no_report", folder=place, run=done.run))
        return
    desk.say(say("cli.report", file=page.resolve().as_uri(), workbook=page.with_suffix(".xlsx").name))


def _show_results(desk: Desk, plan: Plan, done: RunReport) -> None:
    from sync.report.terminal import summary

    if not desk.json:
        summary(plan, done.results, desk.language, desk.out)
    if done.refused:
        desk.tell(done.refused)
    if not done.finished:
        desk.tell(say("cli.unfinished", run=done.run))


def _document(desk: Desk, plan: Plan, done: RunReport) -> dict[str, object]:
    from sync.plan.document import run_document

    document = run_document(plan, done.run, done.results, desk.channel.spell, desk.language)
    if done.refused:
        error = {"code": done.refused.code, "message": done.refused.words(desk.language)}
        return {"error": error, "plan": document}
    return document


def _exit_code(done: RunReport, *, written: bool) -> int:
    if done.refused:
        return Exit.GATEWAY.number
    if not done.finished:
        return Exit.UNFINISHED.number
    return 1 if not written or any(r.result in TROUBLE for r in done.results) else 0
