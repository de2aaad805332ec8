"""What the preview tells of a row beside its changes: who set a value, what was presumably sold, what to do."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from sync.fields import INVENTORY, STATUS, Name
from sync.item import CHANGE_CELL, Baseline, Item, LastCell, Row, Status, Value, clock_text
from sync.messages import Level, Message, Problem, say
from sync.plan.diff import planned_stock, untouchable, wanted
from sync.plan.normal import own_forms
from sync.plan.plan import Decision, RowPlan, Verdict
from sync.values import Shown


def of_update(
    row: Row, baseline: Baseline | None, remote: Item, decisions: tuple[Decision, ...]
) -> Iterator[Problem]:
    """Yield what a person should know of an item that the platform holds, in the sheet's order."""
    for path in row.cells:
        if untouchable(remote.get(path)):
            yield Problem(row.addresses.get(path), say("custom.object", field=Name(path)), Level.WARNING)
    for decision in decisions:
        for message in _of_decision(decision, remote):
            yield Problem(decision.address, message, Level.NOTE)
    if forms := [one for one in decisions if one.verdict is Verdict.KNOWN and one.own_form]:
        told = own_forms((one.path, one.last_remote, one.remote) for one in forms)
        yield Problem(forms[0].address if len(forms) == 1 else None, told, Level.NOTE)
    if row.stock_change is not None and baseline is not None:
        yield from _moved_before_change(row, baseline, remote)
    if _restocked_but_off(row, baseline, remote):
        yield Problem(row.addresses.get(INVENTORY), say("status.still_off"), Level.NOTE)


def of_publish(row: Row) -> Iterator[Problem]:
    """Yield what the platform fills in by itself when it publishes (docs/explanation/platform.md#publishing)."""
    if INVENTORY not in row.cells:
        yield Problem(None, say("publish.fills_stock"), Level.NOTE)
    if STATUS not in row.cells:
        yield Problem(None, say("publish.fills_status"), Level.NOTE)
    if row.cells.get(INVENTORY) == 0 and row.cells.get(STATUS) != Status.INACTIVE:
        yield Problem(row.addresses.get(INVENTORY), say("publish.sold_out"), Level.NOTE)


class OtherFiles:
    """What is said once of a whole sheet: that values which it edits were last set by another."""

    def __init__(self, names: Collection[str]) -> None:
        """`names`: what the sheet is called, and was."""
        self._names, self._rows = names, 0
        self._newest: LastCell | None = None

    def look(self, row: RowPlan) -> None:
        """Look at the next row of which something is to be said or done."""
        if others := [last for one in row.decisions if (last := _of_another(one, self._names))]:
            self._rows += 1
            self._newest = max([self._newest, *others] if self._newest else others, key=lambda last: last.at)

    @property
    def told(self) -> tuple[Message, ...]:
        """What is said."""
        if (last := self._newest) is None:
            return ()
        return (say("edit.other_file", count=self._rows, file=last.file, at=clock_text(last.at)),)


def _of_another(decision: Decision, names: Collection[str]) -> LastCell | None:
    last = decision.last if decision.verdict is Verdict.EDIT else None
    return last if last and last.file not in names else None


_LEFT = {"drift.overridden": "drift.left", "stale.cell": "stale.left"}


def of_left(problem: Problem) -> Problem:
    """Say of a row that is left for a person that its values are, too."""
    code = _LEFT.get(problem.code)
    return replace(problem, message=replace(problem.message, code=code)) if code else problem


def restocked(decision: Decision, remote: Item) -> bool:
    """Tell whether an item goes up again that the platform turned off by itself, when its stock was gone."""
    return decision.path == STATUS and decision.cell == Status.ACTIVE and remote.get(INVENTORY) == 0


def presumably_sold(decision: Decision) -> bool:
    """Tell whether a stock fell since it was last seen."""
    return _sold(decision.last_remote, decision.remote) > 0


def _sold(before: Value | None, now: Value | None) -> int:
    """Return the units that were presumably sold; none where either value is no number."""
    return before - now if isinstance(before, int) and isinstance(now, int) and now < before else 0


def _of_decision(decision: Decision, remote: Item) -> Iterator[Message]:
    match decision.verdict:
        case Verdict.STOCK_DRIFT:
            yield _stock_moved(decision)
        case Verdict.SOLD_OUT:
            yield say("status.sold_out")
        case Verdict.DRIFT if restocked(decision, remote):
            # A restock overrides nobody's change.
            yield say("status.restocked")
        case Verdict.DRIFT:
            yield say("drift.overridden", field=Name(decision.path), **_values(decision), **_who(decision))
        case Verdict.CONFLICT if decision.last is None:
            yield say("conflict.new_cell", field=Name(decision.path), **_values(decision))
        case Verdict.CONFLICT:
            yield say("conflict.both", field=Name(decision.path), **_values(decision), **_who(decision))
        case Verdict.STALE:
            ours, theirs = Shown(decision.path, wanted(decision.cell)), Shown(decision.path, decision.remote)
            yield say("stale.cell", field=Name(decision.path), ours=ours, theirs=theirs, **_who(decision))


def _values(decision: Decision) -> dict[str, object]:
    return {
        "before": Shown(decision.path, decision.last_remote),
        "now": Shown(decision.path, decision.remote),
    }


def _who(decision: Decision) -> dict[str, object]:
    last = decision.last
    return {"file": last.file, "at": clock_text(last.at)} if last else {}


def _stock_moved(decision: Decision) -> Message:
    before, now = decision.last_remote, decision.remote
    if sold := _sold(before, now):
        return say("stock.presumably_sold", before=before, now=now, sold=sold)
    return say("stock.raised_elsewhere", before=before, now=now)


def _moved_before_change(row: Row, baseline: Baseline, remote: Item) -> Iterator[Problem]:
    before, now = baseline.remote.get(INVENTORY), remote.get(INVENTORY)
    if sold := _sold(before, now):
        message = say("stock.sold_before_change", before=before, now=now, sold=sold)
        yield Problem(row.addresses.get(CHANGE_CELL), message, Level.NOTE)


def _restocked_but_off(row: Row, baseline: Baseline | None, remote: Item) -> bool:
    stock = planned_stock(row, baseline, remote)
    off = remote.get(STATUS) == Status.INACTIVE and STATUS not in row.cells
    return off and remote.get(INVENTORY) == 0 and bool(stock)
