"""Puts a run's results where staff find them: into their file, or beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sync.apply.results import still_to_clear
from sync.apply.run import RunReport
from sync.errors import Refusal
from sync.item import LastCell
from sync.messages import Joined, Message, Worded, say
from sync.service.context import Context
from sync.service.events import Delivered
from sync.service.sheets import file_of
from sync.sheet.beside import write_beside
from sync.sheet.columns import Layout
from sync.sheet.file_version import owner_file
from sync.sheet.headers import Vocabulary
from sync.sheet.state_mark import Mark
from sync.sheet.table import find_layout
from sync.sheet.writeback import Written, write_back
from sync.state.copies import remember_copy, untouched_copy
from sync.state.name import name_of


@dataclass(frozen=True)
class Delivery:
    """What became of a run's results."""

    reached: bool
    """Whether the staff's own file has them."""
    said: tuple[Message, ...] = ()
    """Where they are."""
    warnings: tuple[Worded, ...] = ()
    """What a person should know, or do, about them."""


def deliver_anew(context: Context, sheet: str, done: RunReport) -> Delivery:
    """Deliver into a sheet, by its id or path, that has to be read anew; see `deliver`."""
    file = file_of(sheet)
    if file is None:
        return _handed_over(context, done)
    try:
        vocabulary = Vocabulary.of(context.profile.columns)
        layout = find_layout(file, context.store.run(done.run).worksheet, vocabulary)
    except Refusal as refusal:
        return _told(context, _undelivered(refusal, done), done)
    return deliver(context, sheet, layout, done)


def deliver(context: Context, sheet: str, layout: Layout, done: RunReport, *, takes_over: bool = False) -> Delivery:
    """Write the results into the sheet, and remember which 库存增减 cells are surely cleared by that.

    `takes_over`: no stamped row of another state with a 库存增减 is left in it. A sheet that can't be written gets
    them beside it. A table in memory gets none: whoever made it has them from the run.
    """
    file = file_of(sheet)
    if file is None:
        return _handed_over(context, done)
    return _told(context, _into_file(context, file, layout, done, takes_over=takes_over), done)


def _told(context: Context, delivery: Delivery, done: RunReport) -> Delivery:
    context.emit(Delivered(done.run, delivery))
    return delivery


def _handed_over(context: Context, done: RunReport) -> Delivery:
    moved = [result.outer_id for result in done.results if result.change_applied is not None]
    context.store.confirm_cleared(done.run, moved)
    context.store.mark_delivered(done.run, context.clock.now())
    return _told(context, Delivery(reached=True), done)


def _into_file(context: Context, sheet: Path, layout: Layout, done: RunReport, *, takes_over: bool) -> Delivery:
    # A copy that `show --write` names may be as old as the run; the sheet itself has seen what came later.
    record = context.store.run(done.run)
    own = str(sheet.resolve()) == record.sheet
    results = still_to_clear(done.results, context.store.held_by(done.run)) if own else done.results
    write = write_back if layout.editable else write_beside
    try:
        mark = Mark(name_of(context.store), takes_over)
        written = write(sheet, layout, results, context.sheet_language, mark)
    except Refusal as refusal:
        return _undelivered(refusal, done)
    moved = [result.outer_id for result in results if result.change_applied is not None]
    if own and layout.editable and not written.fallback:
        # In a copy that `show --write` names, the cell is empty; in the sheet that was applied it may still stand.
        _confirm(context, sheet, done.run, written, moved)
    if own:
        # Last of all: what was delivered isn't written again, and so nobody would come back to confirm its cells. In
        # a copy, nobody who keeps the sheet would find it.
        context.store.mark_delivered(done.run, context.clock.now())
    if written.fallback and layout.editable:
        if own:
            with suppress(OSError):  # Whoever has taken it away needs nobody to remove it.
                remember_copy(context.store, done.run, written.path)
        return Delivery(
            reached=False, warnings=(*written.warnings, _instead(sheet, written, done.run), *_replaced(written))
        )
    gone = _remove_copy(context, done.run) if own and not written.unplaced else ()
    only = record.finished_at and not record.delivered and not own
    warnings = (*written.warnings, *_left(written))
    if not layout.editable:
        moves = (say("delivery.beside.changes", sheet=sheet.name, codes=", ".join(moved)),) if moved else ()
        beside = say("delivery.beside", file=written.path, sheet=sheet.name)
        return Delivery(reached=True, said=(*gone, beside, *_replaced(written)), warnings=(*warnings, *moves))
    there = say("delivery.written", sheet=written.path, backup=written.backup.name if written.backup else "-")
    copied = (say("delivery.only_copy", sheet=record.sheet),) if only else ()
    return Delivery(reached=True, said=(*gone, there), warnings=(*warnings, *copied))


def _undelivered(refusal: Refusal, done: RunReport) -> Delivery:
    return Delivery(reached=False, warnings=(Joined((refusal.message, say("delivery.kept", run=done.run))),))


def _confirm(context: Context, sheet: Path, run: int, written: Written, moved: Sequence[str]) -> None:
    """Remember which cells were cleared, and which new counts stand in the sheet."""
    kept = {one.outer_id for one in (*written.unplaced, *written.standing, *written.refilled)}
    counted = {
        one.outer_id: LastCell(one.count.now, sheet.name, one.at or context.clock.now())
        for one in written.counted
        if one.count is not None
    }
    context.store.confirm_cleared(run, [code for code in moved if code not in kept], counted)


def _remove_copy(context: Context, run: int) -> tuple[Message, ...]:
    """Remove the copy with the results of `run`, which the sheet has by now; one that somebody changed is theirs."""
    copy = untouched_copy(context.store, run)
    if copy is None or owner_file(copy):
        return ()
    with suppress(OSError):
        copy.unlink()
        return (say("delivery.copy_gone", file=copy.name),)
    return ()


def _left(written: Written) -> Iterator[Message]:
    if written.unplaced:
        yield say("delivery.unplaced", codes=", ".join(result.outer_id for result in written.unplaced))
    if written.standing:
        yield say("delivery.change_edited", codes=", ".join(result.outer_id for result in written.standing))


def _instead(sheet: Path, written: Written, run: int) -> Message:
    if written.owner:
        owner = written.owner.name
        return say("delivery.fallback.open", file=written.path, sheet=sheet.name, owner=owner, run=run)
    return say("delivery.fallback", file=written.path, sheet=sheet.name, run=run)


def _replaced(written: Written) -> tuple[Message, ...]:
    """Say where what stood in the file beside the sheet is now; staff may have gone on with it."""
    if written.backup is None:
        return ()
    return (say("delivery.replaced", file=written.path.name, backup=written.backup.name),)
