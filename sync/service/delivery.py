"""Puts a run's results into a file, or beside it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sync.apply.results import still_to_clear
from sync.codes import key_words
from sync.errors import Refusal
from sync.item import LastCell
from sync.messages import Joined, Message, say
from sync.rows import Rows
from sync.service.sheet_identity import is_sheet_of
from sync.service.sheet_port import Delivery, vocabulary_of
from sync.sheet.beside import write_beside
from sync.sheet.file_version import owner_file
from sync.sheet.state_mark import Mark
from sync.sheet.table import find_layout
from sync.sheet.writeback import Written, write_back
from sync.state.copies import remember_copy, untouched_copy
from sync.state.name import name_of

if TYPE_CHECKING:
    from sync.apply.run import RunReport
    from sync.service.sheet_port import SheetShop
    from sync.service.sheets import FileSheet
    from sync.sheet.read import Sheet
    from sync.state.store import RunRecord


def deliver(shop: SheetShop, source: FileSheet, done: RunReport, sheet: Sheet | None) -> Delivery:
    """Write the results into a file, and remember which 库存增减 cells are surely cleared by that.

    `sheet`: as it was read for this run; None: its columns are looked for anew. A file that can't be written gets the
    results beside it.
    """
    record = shop.store.run(done.run)
    # A copy that `show --write` names may be as old as the run; the sheet itself has seen what came later.
    file = source.path
    own = sheet is not None or is_sheet_of(shop, record, source)
    results = still_to_clear(done.results, shop.store.held_by(done.run)) if own else done.results
    try:
        layout = sheet.layout if sheet else find_layout(file, record.worksheet, vocabulary_of(shop))
        write = write_back if layout.editable else write_beside
        takes_over = sheet is not None and _takes_over(sheet, done)
        mark = Mark(name_of(shop.store), takes_over, record.sheet_id if own or not source.bears() else "")
        written = write(file, layout, results, shop.sheet_language, mark)
        source.keep(written)
    except Refusal as refusal:
        return Delivery(reached=False, warnings=(Joined((refusal.message, say("delivery.kept", run=done.run))),))
    moved = [result.key for result in results if result.change_applied is not None]
    gone = _remember(shop, file, done.run, written, moved, editable=layout.editable) if own else ()
    if not layout.editable:
        return _beside(file, written, moved, gone)
    if written.fallback:
        warnings = (*written.warnings, _instead(file, written, done.run), *_replaced(written))
        return Delivery(reached=False, warnings=warnings)
    return _inside(written, gone, None if own else record)


def _takes_over(sheet: Sheet, done: RunReport) -> bool:
    """Whether every row that another state stamped, and that has a 库存增减, bears this run's stamp from now on."""
    rows = Rows.of(sheet.rows)
    asking = rows.at([place for place, change in enumerate(rows.stock_changes) if change is not None])
    stamped = {row.number for row in asking if row.stamp}
    return stamped <= {result.row for result in done.results if result.row in stamped and not result.keeps_stamp}


def _remember(
    shop: SheetShop, file: Path, run: int, written: Written, moved: Sequence[str], *, editable: bool
) -> tuple[Message, ...]:
    """Remember that the staff's own file was served. In a copy, nobody who keeps the sheet would find the results."""
    if editable and not written.fallback:
        _confirm(shop, file, run, written, moved)
    # Last of all: what was delivered isn't written again, and so nobody would come back to confirm its cells.
    shop.store.mark_delivered(run, shop.clock.now())
    if editable and written.fallback:
        with suppress(OSError):  # Whoever has taken it away needs nobody to remove it.
            remember_copy(shop.store, run, written.path)
        return ()
    return () if written.unplaced else _remove_copy(shop, run)


def _beside(file: Path, written: Written, moved: Sequence[str], gone: tuple[Message, ...]) -> Delivery:
    beside = say("delivery.beside", file=written.path, sheet=file.name)
    moves = (
        (say("delivery.beside.changes", sheet=file.name, codes=", ".join(map(key_words, moved))),) if moved else ()
    )
    warnings = (*written.warnings, *_left(written), *moves)
    return Delivery(reached=True, said=(*gone, beside, *_replaced(written)), warnings=warnings)


def _inside(written: Written, gone: tuple[Message, ...], copied: RunRecord | None) -> Delivery:
    """`copied`: the run whose results went into a copy of its sheet; None: they went into the sheet itself."""
    there = say("delivery.written", sheet=written.path, backup=written.backup.name if written.backup else "-")
    only = copied and copied.finished_at and not copied.delivered
    waits = (say("delivery.only_copy", sheet=copied.sheet),) if copied and only else ()
    return Delivery(reached=True, said=(*gone, there), warnings=(*written.warnings, *_left(written), *waits))


def _confirm(shop: SheetShop, sheet: Path, run: int, written: Written, moved: Sequence[str]) -> None:
    """Remember which cells were cleared, and which new counts stand in the sheet."""
    kept = {one.key for one in (*written.unplaced, *written.standing, *written.refilled)}
    counted = {
        one.key: LastCell(one.count.now, sheet.name, one.at or shop.clock.now())
        for one in written.counted
        if one.count is not None
    }
    shop.store.confirm_cleared(run, [code for code in moved if code not in kept], counted)


def _remove_copy(shop: SheetShop, run: int) -> tuple[Message, ...]:
    """Remove the copy with the results of `run`, which the sheet has by now; one that somebody changed is theirs."""
    copy = untouched_copy(shop.store, run)
    if copy is None or owner_file(copy):
        return ()
    with suppress(OSError):
        copy.unlink()
        return (say("delivery.copy_gone", file=copy.name),)
    return ()


def _left(written: Written) -> Iterator[Message]:
    if written.unplaced:
        yield say("delivery.unplaced", codes=", ".join(key_words(result.key) for result in written.unplaced))
    if written.standing:
        yield say("delivery.change_edited", codes=", ".join(key_words(result.key) for result in written.standing))


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
