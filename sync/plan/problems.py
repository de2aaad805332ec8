"""What a row has against it: the sheet's own problems, and what they come to for its item."""

from __future__ import annotations

from dataclasses import replace

from sync.fields import STATUS
from sync.item import Row
from sync.messages import Level, Problem, say
from sync.plan.plan import Action, RowPlan

_UNKNOWN_CATEGORY = "category.unknown"
"""The sheet's problem of a category outside the table; excused where the item has that category already."""


def stopped(row: Row, item_id: str | None, problem: Problem) -> RowPlan:
    """Return the plan of a row that isn't carried out: of an error the sheet is wrong, else a person must decide."""
    action = Action.INVALID if problem.level is Level.ERROR else Action.BLOCKED
    return RowPlan(row, action, item_id, problems=(*row.problems, problem))


def category_errors(row: Row) -> tuple[Problem, ...]:
    """Return what is wrong with the row's category, where nothing excuses it."""
    return tuple(replace(p, level=Level.ERROR) for p in row.problems if p.code == _UNKNOWN_CATEGORY)


def without_category(row: Row) -> tuple[Problem, ...]:
    """Return the row's problems but for those of its category."""
    return row.problems and tuple(p for p in row.problems if p.code != _UNKNOWN_CATEGORY)


def nothing_to_delete(row: Row, item_id: str | None) -> RowPlan:
    """Return the plan of a row that asks for the deletion of what isn't there."""
    note = Problem(row.addresses.get(STATUS), say("delete.nothing"), Level.NOTE)
    return RowPlan(row, Action.NONE, item_id, problems=(*without_category(row), note))
