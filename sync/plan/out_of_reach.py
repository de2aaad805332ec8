"""What a channel's calls can change, and what becomes of a row that asks for more (docs/explanation/platform.md).

Such a path is held back, and said so; the rest of its row goes on. What the platform itself changed, out of our
reach, is told.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from sync.abilities import Abilities
from sync.codes import likeness
from sync.fields import CATEGORY, INVENTORY, OFF_SALE, OUTER_ID, STATUS, VIOLATION, Name
from sync.item import Row, Status, Value
from sync.messages import Level, Problem, say
from sync.plan import order
from sync.plan.plan import Action, Change, Decision, RowPlan, Verdict
from sync.values import Shown


def within_reach(decisions: Iterable[Decision], abilities: Abilities) -> Iterator[Decision]:
    """Yield the decisions as the channel can take them: of what it can't change, only what staff edited matters."""
    for decision in decisions:
        if abilities.writes(decision.path) or not decision.verdict.changes:
            yield decision
        elif _not_held(decision):
            yield replace(decision, verdict=Verdict.IN_SYNC)
        elif decision.verdict is Verdict.DRIFT:
            yield replace(decision, verdict=Verdict.OUT_OF_REACH)
        else:
            yield decision


def notes(decisions: Iterable[Decision], abilities: Abilities) -> Iterator[Problem]:
    """Yield what a person should know of cells that the channel leaves alone; of each once."""
    for decision in decisions:
        if decision.verdict is Verdict.OUT_OF_REACH:
            values = {
                "before": Shown(decision.path, decision.last_remote),
                "now": Shown(decision.path, decision.remote),
            }
            yield Problem(decision.address, say("shop.drift", field=Name(decision.path), **values), Level.NOTE)
        elif decision.path == CATEGORY and not abilities.writes(CATEGORY) and decision.last is None:
            yield Problem(decision.address, say("shop.category"), Level.NOTE)


def held_back(row: Row) -> Problem:
    """Return why a row that means no item of the shop can't be carried out where nothing is published."""
    return Problem(row.addresses.get(OUTER_ID), say("shop.no_publish"), Level.WARNING)


def as_able(planned: RowPlan, abilities: Abilities) -> RowPlan:
    """Return the row's plan as the channel can carry it out; what it can't is left out of it, with every reason.

    A row of which nothing is left is held back.
    """
    if planned.action is Action.DELETE and not abilities.deletes:
        reasons = [Problem(planned.row.addresses.get(STATUS), say("shop.no_delete"), Level.WARNING)]
        return replace(planned, action=Action.BLOCKED, changes=(), calls=(), problems=(*planned.problems, *reasons))
    judged = [(change, _impossible(planned, change, abilities)) for change in planned.changes]
    reasons = [reason for _, reason in judged if reason]
    if not reasons:
        return planned
    changes = tuple(change for change, reason in judged if not reason)
    calls = order.of_plan(planned, changes) if changes else ()
    action = planned.action if calls else Action.BLOCKED
    return replace(planned, action=action, changes=changes, calls=calls, problems=(*planned.problems, *reasons))


def _not_held(decision: Decision) -> bool:
    """Whether a listing has no such field, or none yet. A category only groups rows; a code is adopted."""
    if decision.path == OUTER_ID and decision.remote and isinstance(decision.remote, str):
        # The row was found to be this item's all the same (`identity.check_found`).
        return likeness(decision.remote) == likeness(str(decision.cell))
    return decision.path in (CATEGORY, OUTER_ID) and decision.remote in (None, "")


def _impossible(planned: RowPlan, change: Change, abilities: Abilities) -> Problem | None:
    """Return why the channel can't make a change; None: it can."""
    if not abilities.writes(change.path):
        now = Shown(change.path, change.before)
        return Problem(change.address, say("shop.no_edit", field=Name(change.path), now=now), Level.WARNING)
    if change.path == STATUS and change.after == Status.ACTIVE and abilities.lists_stock:
        return _unlistable(planned)
    return None


def _unlistable(planned: RowPlan) -> Problem | None:
    cell = planned.row.addresses.get(STATUS)
    if planned.remote.get(OFF_SALE) == VIOLATION:
        return Problem(cell, say("shop.violation"), Level.WARNING)
    stock = _stock(planned)
    if not isinstance(stock, int) or stock < 1:
        return Problem(cell, say("stock.unreadable", shown=Shown(INVENTORY, stock)), Level.WARNING)
    return None


def _stock(planned: RowPlan) -> Value | None:
    if planned.sku_stock is not None:
        return planned.sku_stock
    changed = (change.after for change in planned.changes if change.path == INVENTORY)
    return next(changed, planned.remote.get(INVENTORY))
