"""A row whose item there is none of yet → its publish."""

from __future__ import annotations

from dataclasses import replace

from sync.fields import INVENTORY, STATUS, missing_to_publish, path_names
from sync.item import CHANGE_CELL, Row, Status
from sync.messages import Problem, say
from sync.plan import diff, notes, order, out_of_reach
from sync.plan.desired import category_of, notes_of, ruling_of, with_ruling
from sync.plan.identity import RowIdentity
from sync.plan.options import Options
from sync.plan.plan import Action, Decision, RowPlan, Verdict
from sync.plan.problems import category_errors, nothing_to_delete, stopped, without_category
from sync.plan.windows import pricing_of


def plan_publish(row: Row, identity: RowIdentity, options: Options) -> RowPlan:
    """Plan a row of which no item is known. Its id, if it has one, is that of a publish that may have been lost."""
    if row.cells.get(STATUS) == Status.DELETED:
        return nothing_to_delete(row, identity.baseline.item_id if identity.baseline else None)
    if not options.abilities.publishes:
        return stopped(row, None, out_of_reach.held_back(row))
    errors = (*_missing(row), *category_errors(row))
    if row.stock_change is not None:
        errors = (*errors, Problem(row.addresses.get(CHANGE_CELL), say("stock.change_on_new")))
    if errors:
        return RowPlan(row, Action.INVALID, problems=(*without_category(row), *errors))
    pricing = pricing_of(row, None, options.rules, category_of(row, {}))
    priced, _ = pricing.as_compared
    ruling = ruling_of(priced, None, {}, options.rules)
    desired = with_ruling(priced, ruling)
    filled = replace(desired, cells={**desired.cells, **options.publish, **desired.cells})
    decisions = tuple(
        Decision(path, _verdict(filled, path), cell, None, address=filled.addresses.get(path))
        for path, cell in filled.cells.items()
        if diff.wanted(cell) is not None
    )
    return RowPlan(
        row,
        Action.PUBLISH,
        identity.item_id,
        changes=diff.changes(filled, decisions, {}),
        calls=order.to_publish(filled, identity.item_id),
        problems=(
            *row.problems,
            *notes.of_publish(desired),
            *notes_of(row, ruling, decisions),
            *pricing.notes(decisions),
        ),
        # A default is no cell: what staff type there one day is their first word on it.
        decisions=tuple(decision for decision in decisions if decision.path in desired.cells),
        ruling=ruling,
        priced=pricing.applies,
        window=pricing.window,
    )


def _verdict(row: Row, path: str) -> Verdict:
    sold_out = path == STATUS and row.cells[path] == Status.ACTIVE and row.cells.get(INVENTORY) == 0
    return Verdict.SOLD_OUT if sold_out else Verdict.EDIT


def _missing(row: Row) -> tuple[Problem, ...]:
    lacking = missing_to_publish(row.cells)
    cell = next((address for path in lacking if (address := row.address(path))), None)
    return (Problem(cell, say("publish.missing", fields=path_names(lacking))),) if lacking else ()
