"""What every command that changes the shop does: guards, question, run, results into the sheet, report."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sync.call import Result
from sync.cli.asking import confirm
from sync.cli.desk import Desk
from sync.cli.planning import now, plan_document, show
from sync.cli.usage import wrong
from sync.messages import Exit, Joined, Message, Refusal, say

if TYPE_CHECKING:
    from sync.apply.run import RunReport, Workplace
    from sync.plan.plan import Plan
    from sync.sheet.columns import Layout
    from sync.sheet.writeback import Written
    from sync.state.journal import Origin

TROUBLE = (Result.INVALID, Result.FAILED, Result.SKIPPED, Result.BLOCKED, Result.UNKNOWN)
"""Results that make the exit code 1 (DESIGN section 9)."""

YesOption = Annotated[bool, typer.Option("--yes", help="help.yes")]
ForceOption = Annotated[str, typer.Option(metavar="NAMES", help="help.force")]
SkipGuardedOption = Annotated[bool, typer.Option("--skip-guarded", help="help.skip_guarded")]
AllowDeleteOption = Annotated[bool, typer.Option("--allow-delete", help="help.allow_delete")]
ReportOption = Annotated[Path | None, typer.Option(metavar="DIR", help="help.report")]


@contextmanager
def alone(desk: Desk) -> Iterator[None]:
    """Hold the profile's lock; raises Refusal (exit 5) if another process has it, or a run is unfinished."""
    from sync.state.lock import only_one

    with only_one(desk.store, desk.clock.now):
        if unfinished := desk.store.unfinished():
            raise Refusal(say("run.unfinished", run=unfinished.id, sheet=unfinished.sheet), Exit.UNFINISHED)
        yield


def forced(force: str) -> tuple[str, ...]:
    """Return the guards that `--force` names; a name that no guard has is a wrong option."""
    from sync.plan.guards import NAMES, unknown_names

    names = tuple(name.strip() for name in force.split(",") if name.strip())
    if unknown := unknown_names(names):
        raise wrong(say("usage.guards", unknown=", ".join(unknown), known=", ".join(NAMES)))
    return names


def agreed(desk: Desk, plan: Plan, sheet: Path, *, force: Sequence[str], yes: bool, delete: bool) -> bool:
    """Preview, and ask; False: the person said no. Raises Refusal (exit 3) if a guard isn't forced.

    `sheet`: where the results are to go; said beforehand if a program has it open.
    """
    from sync.service.ownership import new_profile, shop_words
    from sync.service.reading import opened

    show(desk, plan, forced=force, delete=delete, asked=not yes)
    if new := new_profile(desk):
        desk.tell(new)
    if open_now := opened(sheet):
        desk.tell(open_now)
    _check_guards(desk, plan, force)
    if yes or not plan.summary.calls:
        return True
    if not desk.interactive:
        raise _not_applied(desk, plan, say("cli.say_yes"), Exit.WRONG)
    if confirm(desk, say("cli.question", shop=shop_words(desk))):
        return True
    desk.tell(say("cli.declined"))
    if desk.json:
        desk.document(plan_document(desk, plan))
    return False


def carry_out(
    desk: Desk, plan: Plan, origin: Origin, stop: threading.Event, *, allow_delete: bool, asked: bool
) -> RunReport:
    """Run the plan; `asked`: a person has taken their time over the preview."""
    from sync.apply.run import apply
    from sync.plan.effort import effort

    work = effort(plan, asked=asked, verify=desk.profile.verify, delete=allow_delete)
    with workplace(desk, len(work.calls), stop) as place:
        return apply(plan, origin, place, allow_delete=allow_delete, stale=asked)


@contextmanager
def stoppable(desk: Desk) -> Iterator[threading.Event]:
    """Let Ctrl-C ask for a clean stop: calls in flight end, and the results are still written into the sheet.

    Yields the event that asks. A second Ctrl-C stops at once; `resume` then has more to settle.
    """
    stop = desk.stop

    def ask_to_stop(*_: object) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()
        desk.tell(say("cli.stopping"))

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.signal(signal.SIGINT, ask_to_stop)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def finish(
    desk: Desk,
    plan: Plan,
    done: RunReport,
    report: Path | None,
    sheet: str,
    *,
    written: bool,
    document: dict[str, object] | None = None,
) -> int:
    """Report of a run, and return the exit code; `written`: the staff's file has the results.

    `document`: its JSON, where that isn't the plan with what became of it.
    """
    from sync.report.terminal import summary

    desk.say(say("cli.run", run=done.run))
    _report(desk, report, plan, done, sheet)
    if desk.json:
        desk.document(ended_document(desk, done, document) if document else _document(desk, plan, done))
    else:
        summary(plan, done.results, desk.language, desk.out)
    tell_end(desk, done)
    return exit_code(done, written=written)


def tell_end(desk: Desk, done: RunReport) -> None:
    """Say why a run stopped early, and what to type."""
    if done.refused:
        desk.tell(done.refused)
    if not done.finished:
        desk.tell(say("cli.unfinished", run=done.run))


def put_into_file(desk: Desk, sheet: Path, done: RunReport) -> bool:
    """Write a run's results into a sheet that has to be read anew; see `put_into_sheet`."""
    from sync.sheet.headers import Vocabulary
    from sync.sheet.table import find_layout

    try:
        vocabulary = Vocabulary.of(desk.profile.columns)
        layout = find_layout(sheet, desk.store.run(done.run).worksheet, vocabulary)
    except Refusal as refusal:
        desk.tell(Joined((refusal.message, say("cli.results_kept", run=done.run))))
        return False
    return put_into_sheet(desk, sheet, layout, done)


def put_into_sheet(desk: Desk, sheet: Path, layout: Layout, done: RunReport, *, takes_over: bool = False) -> bool:
    """Write the results into the sheet, and remember which 库存增减 cells are surely cleared by that.

    `takes_over`: no stamped row of another state with a 库存增减 is left in it. Returns whether the staff's own file
    has the results; where it can't be written, says where they are instead.
    """
    from sync.apply.results import still_to_clear
    from sync.item import LastCell
    from sync.sheet.beside import write_beside
    from sync.sheet.mark import Mark
    from sync.sheet.writeback import write_back
    from sync.state.copies import remember_copy
    from sync.state.name import name_of

    # A copy that `show --write` names may be as old as the run; the sheet itself has seen what came later.
    record = desk.store.run(done.run)
    own = sheet.resolve() == Path(record.sheet)
    results = still_to_clear(done.results, desk.store.held_by(done.run)) if own else done.results
    write = write_back if layout.editable else write_beside
    try:
        mark = Mark(name_of(desk.store), takes_over)
        written = write(sheet, layout, results, desk.sheet_language, mark)
    except Refusal as refusal:
        desk.tell(Joined((refusal.message, say("cli.results_kept", run=done.run))))
        return False
    lost = [result.outer_id for result in written.unplaced]
    edited = [result.outer_id for result in written.standing]
    refilled = [result.outer_id for result in written.refilled]
    cleared = [result.outer_id for result in results if result.change_applied is not None]
    if own and layout.editable and not written.fallback:
        kept = {*lost, *edited, *refilled}
        # In a copy that `show --write` names, the cell is empty; in the sheet that was applied it may still stand.
        counted = {
            one.outer_id: LastCell(one.count.now, sheet.name, one.at or desk.clock.now())
            for one in written.counted
            if one.count is not None
        }
        desk.store.confirm_cleared(done.run, [code for code in cleared if code not in kept], counted)
    if own:
        # Last of all: what was told isn't written again, and so nobody would come back to confirm its cells. In a
        # copy, nobody who keeps the sheet would find it.
        desk.store.tell(done.run, desk.clock.now())
    for warning in written.warnings:
        desk.tell(warning)
    if written.fallback and layout.editable:
        if own:
            with suppress(OSError):  # Whoever has taken it away needs nobody to remove it.
                remember_copy(desk.store, done.run, written.path)
        _tell_fallback(desk, sheet, written, done.run)
        return False
    if lost:
        desk.tell(say("cli.unplaced", codes=", ".join(lost)))
    elif own:
        _remove_copy(desk, done.run)
    if edited:
        desk.tell(say("cli.change_edited", codes=", ".join(edited)))
    if not layout.editable:
        _tell_beside(desk, sheet, written.path, cleared)
        return True
    desk.say(say("cli.written", sheet=written.path, backup=written.backup.name if written.backup else "-"))
    if not own and record.finished_at and not record.told:
        desk.tell(say("cli.only_copy", sheet=record.sheet))
    return True


def _remove_copy(desk: Desk, run: int) -> None:
    """Remove the copy with the results of `run`, which the sheet has by now; one that somebody changed is theirs."""
    from sync.sheet.saved import owner_file
    from sync.state.copies import untouched_copy

    copy = untouched_copy(desk.store, run)
    if copy is None or owner_file(copy):
        return
    with suppress(OSError):
        copy.unlink()
        desk.say(say("cli.copy_gone", file=copy.name))


def _tell_fallback(desk: Desk, sheet: Path, written: Written, run: int) -> None:
    if written.owner:
        owner = written.owner.name
        desk.tell(say("cli.fallback.open", file=written.path, sheet=sheet.name, owner=owner, run=run))
    else:
        desk.tell(say("cli.fallback", file=written.path, sheet=sheet.name))


def _tell_beside(desk: Desk, sheet: Path, results: Path, moved: Sequence[str]) -> None:
    """Send staff on to the new file; `moved` are the codes whose 库存增减 still stands in the old one."""
    desk.say(say("cli.beside", file=results, sheet=sheet.name))
    if moved:
        desk.tell(say("cli.beside.changes", sheet=sheet.name, codes=", ".join(moved)))


def _check_guards(desk: Desk, plan: Plan, forced: Sequence[str]) -> None:
    from sync.plan.guards import refused

    if guards := refused(plan, forced):
        names = ",".join(guard.name for guard in guards)
        reasons = Joined(tuple(guard.message for guard in guards))
        # The preview, which JSON readers don't see, has just given the reasons one by one.
        told = (
            say("cli.guarded", reasons=reasons, names=names) if desk.json else say("cli.guarded.shown", names=names)
        )
        raise _not_applied(desk, plan, told, Exit.GUARD)


def _not_applied(desk: Desk, plan: Plan, message: Message, exit: Exit) -> Refusal:
    return Refusal(message, exit, plan_document(desk, plan) if desk.json else None)


@contextmanager
def workplace(desk: Desk, calls: int, stop: threading.Event) -> Iterator[Workplace]:
    """Yield what a run of about so many `calls` works with."""
    from sync.apply.executor import Pace
    from sync.apply.run import Workplace
    from sync.service.connection import calls_at_once

    profile = desk.profile
    settle_after = max(profile.settle, profile.timeout)
    pace = Pace(profile.connections, calls_at_once(profile), settle_after, profile.verify)
    with desk.progress(say("cli.applying"), calls) as progress:
        yield Workplace(desk.store, desk.channel, desk.clock, pace, progress, stop)


def _report(desk: Desk, folder: Path | None, plan: Plan, done: RunReport, sheet: str) -> None:
    """Write the report as a page and a workbook; the run is done, so a full disk is told and no more."""
    from sync.drafts import write_whole
    from sync.report.page import run_page
    from sync.report.workbook import write_report
    from sync.service.ownership import shop_words

    place, shop = folder or _beside_state(desk), shop_words(desk)
    page, workbook = (place / f"run-{done.run}{suffix}" for suffix in (".html", ".xlsx"))
    try:
        place.mkdir(parents=True, exist_ok=True)
        told = run_page(plan, done.results, desk.sheet_language, now(desk), sheet, workbook=workbook.name, shop=shop)
        write_whole(page, told.encode())
        write_report(workbook, plan, done.results, desk.sheet_language, at=now(desk), sheet=sheet, shop=shop)
    except OSError:
        desk.tell(say("cli.no_report", folder=place, run=done.run))
        return
    desk.say(say("cli.report", file=page.resolve().as_uri(), workbook=workbook.name))


def _beside_state(desk: Desk) -> Path:
    """A folder of its own for each state, because each counts its runs from 1."""
    from platformdirs import user_data_path

    state = desk.store.file or user_data_path("itemsync", appauthor=False) / desk.profile.profile
    return state.with_name(f"{state.stem}-reports")


def _document(desk: Desk, plan: Plan, done: RunReport) -> dict[str, object]:
    from sync.plan.document import run_document
    from sync.service.ownership import shop_document

    document = run_document(plan, done.run, done.results, desk.channel.spell, desk.language)
    return ended_document(desk, done, {"shop": shop_document(desk), **document})


def ended_document(desk: Desk, done: RunReport, document: dict[str, object]) -> dict[str, object]:
    """Return a run's JSON: where it stopped early, why, with the rest beside it (DESIGN section 9, exits 4 and 5)."""
    if done.finished and not done.refused:
        return document
    why = done.refused or say("cli.unfinished", run=done.run)
    return {"error": {"code": why.code, "message": why.words(desk.language)}, "plan": document}


def exit_code(done: RunReport, *, written: bool) -> int:
    """Return the exit code of a run (DESIGN section 9)."""
    if done.refused:
        return Exit.GATEWAY.number
    if not done.finished:
        return Exit.UNFINISHED.number
    return 1 if not written or any(r.result in TROUBLE for r in done.results) else 0
