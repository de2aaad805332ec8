"""A row and its item, as the platform holds it → its update or deletion."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from sync.fields import CATEGORY, INVENTORY, STATUS
from sync.item import CHANGE_CELL, Item, Row, Status, number
from sync.messages import Level, Problem, say
from sync.plan import diff, notes, order, out_of_reach, settling
from sync.plan.desired import category_of, notes_of, ruling_of, with_ruling
from sync.plan.identity import RowIdentity
from sync.plan.listings import OF_SKU
from sync.plan.options import Options
from sync.plan.plan import Action, Change, Decision, RowPlan, Verdict
from sync.plan.problems import category_errors, stopped, without_category
from sync.plan.skus import of_listing
from sync.plan.stock_cells import which_count
from sync.plan.windows import pricing_of
from sync.remembered import Made
from sync.values import Shown


def plan_update(row: Row, identity: RowIdentity, remote: Item, options: Options, repeats: Made | None) -> RowPlan:
    """Plan a row of an item that the platform holds as `remote`; `repeats`: the change that it asks for once more."""
    item_id = identity.item_id or ""
    if row.cells.get(STATUS) == Status.DELETED:
        # Its listing is deleted whole, by a part of its own.
        whole = row.sku is None
        return _deletion(row, item_id, remote) if whole else RowPlan(row, Action.NONE, item_id, remote=remote)
    told: tuple[Problem, ...] = ()
    if identity.outlook:
        row, told = of_listing(row, remote, options.rules)
    if row.stock_change is not None and INVENTORY in row.cells:
        if not diff.old_count(row, identity.baseline, remote):
            return stopped(row, item_id, which_count(row, identity.baseline, repeats))
        row = _without_count(row)
    compared = _compare(row, identity, remote, options)
    if told:
        nothing = Action.NONE if compared.changes else Action.BLOCKED
        compared = replace(compared, action=nothing, problems=(*compared.problems, *told))
    if errors := _errors(compared):
        problems = (*without_category(row), *errors)
        return RowPlan(row, Action.INVALID, item_id, problems=problems, remote=remote)
    return _with_calls(compared) if not _left(compared, options) else _left_alone(compared)


def _compare(row: Row, identity: RowIdentity, remote: Item, options: Options) -> RowPlan:
    """Compare `row` with its item, path by path; what has to be called isn't worked out yet."""
    baseline, able = identity.baseline, options.abilities
    outlook = identity.outlook
    if outlook and baseline:
        # A listing's prices are its SKUs', also where a campaign's began before it had any.
        baseline = replace(baseline, window=None)
    pricing = pricing_of(row, baseline, None if outlook else options.rules, category_of(row, remote))
    priced, known = pricing.as_compared
    ruling = ruling_of(priced, known, remote, options.rules, able, outlook=outlook)
    desired = with_ruling(priced, ruling)
    stock = outlook.stock if outlook else None
    chosen = options.choices.settled.get(row.key)
    compared = settling.decide(desired, known, remote, chosen, verified=options.verified, stock=stock)
    decided = pricing.settled(compared)
    own = decided if row.sku is None else (one for one in decided if one.path in OF_SKU)
    decisions = tuple(out_of_reach.within_reach(own, able))
    return RowPlan(
        row,
        Action.NONE,
        identity.item_id,
        problems=(
            *(row.problems if _sets_category(decisions) else without_category(row)),
            *notes.of_update(desired, known, remote, decisions),
            *out_of_reach.notes(decisions, able),
            *notes_of(row, ruling, decisions),
            *pricing.notes(decisions),
            *settling.notes(decisions, chosen),
        ),
        changes=pricing.measured(diff.changes(row, decisions, remote)),
        decisions=decisions,
        remote=remote,
        drifted=any(_drifted(decision, remote) for decision in decisions),
        renames=identity.renames,
        last_stock=number(baseline.remote.get(INVENTORY)) or 0 if baseline else 0,
        ruling=ruling,
        priced=pricing.applies,
        window=pricing.window,
        sku_stock=stock,
    )


def _sets_category(decisions: Iterable[Decision]) -> bool:
    """Whether the category changes; one that the item has already is excused, whatever the table says."""
    return any(decision.path == CATEGORY and decision.verdict.changes for decision in decisions)


def _errors(compared: RowPlan) -> tuple[Problem, ...]:
    category = category_errors(compared.row) if _sets_category(compared.decisions) else ()
    return (*category, *_below_zero(compared.row, compared.remote))


def _left_alone(compared: RowPlan) -> RowPlan:
    left = tuple(map(notes.of_left, compared.problems))
    return replace(compared, action=Action.BLOCKED, changes=(), problems=left, skipped=True)


def _with_calls(compared: RowPlan) -> RowPlan:
    changes = compared.changes
    if not changes:
        keep_off = order.of_plan(compared, ()) if compared.sku_stock is not None else ()
        return replace(compared, action=Action.UPDATE, calls=keep_off) if keep_off else compared
    if problem := _unreadable_stock(changes):
        return replace(compared, action=Action.BLOCKED, changes=(), problems=(*compared.problems, problem))
    return replace(compared, action=Action.UPDATE, calls=order.of_plan(compared, changes))


def _without_count(row: Row) -> Row:
    """An old count asks for nothing beside the change that is to be made of it."""
    others = {path: cell for path, cell in row.cells.items() if path != INVENTORY}
    return replace(row, cells=others, counted=number(row.cells[INVENTORY]))


def _deletion(row: Row, item_id: str, remote: Item) -> RowPlan:
    decision = Decision(STATUS, Verdict.EDIT, Status.DELETED, remote.get(STATUS), address=row.addresses.get(STATUS))
    return RowPlan(
        row,
        Action.DELETE,
        item_id,
        changes=diff.changes(replace(row, stock_change=None), (decision,), remote),
        calls=order.to_delete(item_id),
        problems=without_category(row),
        decisions=(decision,),
        remote=remote,
    )


def _below_zero(row: Row, remote: Item) -> tuple[Problem, ...]:
    held = remote.get(INVENTORY, 0)
    if row.stock_change is None or not isinstance(held, int) or held + row.stock_change >= 0:
        return ()
    message = say("stock.below_zero", by=f"{row.stock_change:+d}", held=held)
    return (Problem(row.addresses.get(CHANGE_CELL), message),)


def _unreadable_stock(changes: Iterable[Change]) -> Problem | None:
    """Stock is only ever moved (docs/explanation/platform.md#stock), and what is no number can't be moved to one."""
    for change in changes:
        if change.path == INVENTORY and not isinstance(change.before, int | None):
            message = say("stock.unreadable", shown=Shown(INVENTORY, change.before))
            return Problem(change.address, message, Level.WARNING)
    return None


def _left(planned: RowPlan, options: Options) -> bool:
    """Whether the row is one of those that are to be left for a person."""
    if options.choices.skip_conflicts and (planned.conflicting or planned.stale):
        return True
    overridden = (_drifted(each, planned.remote) for each in planned.decisions if each.verdict is Verdict.DRIFT)
    return options.choices.skip_drift and any(overridden)


def _drifted(decision: Decision, remote: Item) -> bool:
    """Whether somebody changed the platform; that customers bought is no drift, nor what the platform did for it."""
    match decision.verdict:
        case Verdict.DRIFT:
            return not notes.restocked(decision, remote)
        case Verdict.STOCK_DRIFT:
            return not notes.presumably_sold(decision)
    return decision.verdict in (Verdict.OUT_OF_REACH, Verdict.WINDOW_DRIFT)
