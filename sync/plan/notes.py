"""What the preview tells of a row beside its changes: who set a value, what was presumably sold, what to do."""

from __future__ import annotations

from collections.abc import Iterator

from sync.fields import INVENTORY, STATUS, Name, Shown
from sync.item import CHANGE_CELL, Baseline, Item, Row, Status, clock_text
from sync.messages import Level, Message, Problem, say
from sync.plan.diff import planned_stock, untouchable
from sync.plan.plan import Decision, Verdict


def of_update(
    row: Row, baseline: Baseline | None, remote: Item, decisions: tuple[Decision, ...], file: str
) -> Iterator[Problem]:
    """Yield what a person should know of an item that the platform holds, in the sheet's order."""
    for path in row.cells:
        if untouchable(remote.get(path)):
            yield Problem(row.addresses.get(path), say("custom.object", field=Name(path)), Level.WARNING)
    for decision in decisions:
        for message in _of_decision(decision, file, sold_out=remote.get(INVENTORY) == 0):
            yield Problem(decision.address, message, Level.NOTE)
    if row.stock_change is not None and baseline is not None:
        yield from _moved_before_change(row, baseline, remote)
    if _restocked_but_off(row, baseline, remote):
        yield Problem(row.addresses.get(INVENTORY), say("status.still_off"), Level.NOTE)


def of_publish(row: Row) -> Iterator[Problem]:
    """Yield what the platform fills in by itself when it publishes (seed 002, section 1.3)."""
    if INVENTORY not in row.cells:
        yield Problem(None, say("publish.fills_stock"), Level.NOTE)
    if STATUS not in row.cells:
        yield Problem(None, say("publish.fills_status"), Level.NOTE)
    if row.cells.get(INVENTORY) == 0 and row.cells.get(STATUS) != Status.INACTIVE:
        yield Problem(row.addresses.get(INVENTORY), say("publish.sold_out"), Level.NOTE)


def _of_decision(decision: Decision, file: str, *, sold_out: bool) -> Iterator[Message]:
    match decision.verdict:
        case Verdict.STOCK_DRIFT:
            yield _stock_moved(decision.last_remote, decision.remote)
        case Verdict.SOLD_OUT:
            yield say("status.sold_out")
        case Verdict.KNOWN if decision.own_form:
            sent = Shown(decision.path, decision.last_remote)
            yield say(
                "readback.own_form", field=Name(decision.path), kept=Shown(decision.path, decision.remote), sent=sent
            )
        case Verdict.DRIFT if decision.path == STATUS and decision.cell == Status.ACTIVE and sold_out:
            # The platform turned it off by itself when the stock was gone: a restock is no quarrel with anybody.
            yield say("status.restocked")
        case Verdict.DRIFT:
            yield say("drift.overridden", field=Name(decision.path), **_values(decision), **_who(decision))
        case Verdict.CONFLICT if decision.last is None:
            yield say("conflict.new_cell", field=Name(decision.path), **_values(decision))
        case Verdict.CONFLICT:
            yield say("conflict.both", field=Name(decision.path), **_values(decision), **_who(decision))
        case Verdict.EDIT if decision.last and decision.last.file != file:
            yield say("edit.other_file", field=Name(decision.path), **_who(decision))


def _values(decision: Decision) -> dict[str, object]:
    return {
        "before": Shown(decision.path, decision.last_remote),
        "now": Shown(decision.path, decision.remote),
    }


def _who(decision: Decision) -> dict[str, object]:
    last = decision.last
    return {"file": last.file, "at": clock_text(last.at)} if last else {}


def _stock_moved(before: object, now: object) -> Message:
    if isinstance(before, int) and isinstance(now, int) and now < before:
        return say("stock.presumably_sold", before=before, now=now, sold=before - now)
    return say("stock.raised_elsewhere", before=before, now=now)


def _moved_before_change(row: Row, baseline: Baseline, remote: Item) -> Iterator[Problem]:
    before, now = baseline.remote.get(INVENTORY), remote.get(INVENTORY)
    if isinstance(before, int) and isinstance(now, int) and now < before:
        sold = say("stock.sold_before_change", before=before, now=now, sold=before - now)
        yield Problem(row.addresses.get(CHANGE_CELL), sold, Level.NOTE)


def _restocked_but_off(row: Row, baseline: Baseline | None, remote: Item) -> bool:
    stock = planned_stock(row, baseline, remote)
    off = remote.get(STATUS) == Status.INACTIVE and STATUS not in row.cells
    return off and remote.get(INVENTORY) == 0 and bool(stock)
