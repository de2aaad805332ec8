"""What is written down of each row of a run as it ends, and remembered of its item."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime

from sync.apply.changes_made import changes_made
from sync.apply.executor import Clock
from sync.apply.progress import Ending
from sync.apply.results import change_applied, of_ending
from sync.apply.row_run import Known, RowRun
from sync.call import Result, RowResult
from sync.item import Baseline
from sync.json_forms import JsonForm
from sync.plan.compact import ended as as_ended
from sync.plan.plan import RowPlan
from sync.plan.remember import remember
from sync.remembered import Hold
from sync.sheet_id import file_name
from sync.state.journal import Ended
from sync.state.unchanged import UnchangedRow

PLAN: JsonForm[RowPlan] = JsonForm(RowPlan)
RESULT: JsonForm[RowResult] = JsonForm(RowResult)


def keys_of(plan: RowPlan) -> Iterator[str]:
    """Yield the codes under which state may know a row's item, or its SKU."""
    return (key for key in (plan.row.key, plan.renames) if key)


def known_before(plan: RowPlan, known: Known) -> Baseline | None:
    """Return what was remembered of a row's item before its run, of all that is `known`."""
    return known.get(plan.renames or plan.row.key)


class Endings:
    """What is written down of each row of a run as it ends, and remembered of its item."""

    def __init__(
        self,
        sheet: str,
        place: str,
        clock: Clock,
        *,
        run: int = 0,
        on_row: Callable[[int, RowResult], object] = lambda *_: None,
    ) -> None:
        """`sheet`: the sheet's id; `place`: where it is; `run`: its number, once it has one."""
        self.run = run
        self._on_row = on_row
        self._sheet = sheet
        self._file = file_name(place)
        self._clock = clock

    def at_once(self, plan: RowPlan, result: RowResult, known: Known) -> Ended:
        """Return a row that needed no call; of an item that wasn't read, nothing new is remembered."""
        if plan.unread:
            return self._ended(plan, result, None, known)
        baseline = self.found_so(plan, known) if result.result is Result.NONE else _pending(plan, known)
        return self._ended(plan, result, baseline, known)

    def found_so(self, plan: RowPlan, known: Known) -> Baseline:
        """Return what is remembered of a row that was found to be as it should be."""
        return self._remember(plan, Ending(Result.NONE, plan.item_id), known)

    def end(self, row: RowRun) -> Ended:
        """Return a row that came to its end."""
        ending = row.ending or Ending(Result.UNKNOWN)
        result = of_ending(row.plan, ending)
        if row.plan.row.number > 0:
            # What is said of a listing is told with the row that says it.
            self._on_row(self.run, result)
        ended = self._ended(row.plan, result, self._remember(row.plan, ending, row.known), row.known)
        kept = PLAN.dump_json(as_ended(row.plan), exclude_defaults=True).decode()
        return replace(ended, changes=changes_made(row.plan, ending, row.written_at), plan=kept)

    def _ended(self, plan: RowPlan, result: RowResult, baseline: Baseline | None, known: Known) -> Ended:
        if baseline == known.get(plan.row.key):
            baseline = None
        key, item_id = plan.row.key, result.item_id
        if result == RowResult(result.row, result.outer_id, Result.NONE, item_id=item_id, sku=result.sku):
            row = UnchangedRow(result.row, key, item_id)
            return Ended(row.row, Result.NONE, "", key, baseline, plan.renames, unchanged=row)
        ended = RESULT.dump_json(replace(result, at=self._clock.now()), exclude_defaults=True).decode()
        return Ended(plan.row.number, result.result, ended, key, baseline, plan.renames)

    def _remember(self, plan: RowPlan, ending: Ending, known: Known) -> Baseline:
        now = self._clock.now()
        return remember(
            plan,
            known_before(plan, known),
            ending.result,
            ending.done,
            item_id=ending.item_id,
            file=self._file,
            sheet=self._sheet,
            at=now,
            hold=self._hold(plan, ending, now, known),
            kept=ending.kept,
            astray=ending.astray,
        )

    def _hold(self, plan: RowPlan, ending: Ending, now: datetime, known: Known) -> Hold | None:
        if lost := ending.lost_move:
            hold = Hold(lost.by, self.run, now, unknown=True, before=lost.before, seen=lost.seen, sheet=self._sheet)
            before = known.get(plan.row.key)
            return replace(hold, undo=True, under=before.hold if before else None) if plan.undoes else hold
        by = change_applied(plan, ending)
        count = ending.stock if plan.row.counted is not None else None
        return Hold(by, self.run, now, sheet=self._sheet, count=count) if by else None


def _pending(plan: RowPlan, known: Known) -> Baseline | None:
    """What was held back, or read as something odd, is read again next time."""
    before = known.get(plan.row.key)
    return replace(before, pending=True) if before else None
