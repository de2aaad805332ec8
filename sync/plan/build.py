"""Rows, memory and what the platform holds → the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sync.fields import STATUS
from sync.item import Row, Status
from sync.messages import Problem
from sync.plan import abilities, guards, notes
from sync.plan.identity import FoundItem, RowIdentity, check_found
from sync.plan.options import Options
from sync.plan.plan import Action, Plan, RowPlan
from sync.plan.problems import nothing_to_delete, stopped, without_category
from sync.plan.publish import plan_publish
from sync.plan.resolve import ResolvedRow
from sync.plan.stamps import behind
from sync.plan.update import plan_update


def build(
    rows: Iterable[ResolvedRow], found: Mapping[str, FoundItem], options: Options, rest: tuple[RowPlan, ...] = ()
) -> Plan:
    """Make the plan: the same rows, memory and remote give the same plan, byte for byte.

    `found` holds an answer for each of `ids_to_read`; `rest` are the sheet's other rows.
    """
    planned = tuple(plan_row(one, found, options) for one in rows)
    told = tuple(notes.of_sheet(planned, options.file))
    return Plan(planned, guards.tripped(planned, options.limits, rest), reads=len(found), rest=rest, notes=told)


def plan_row(resolved: ResolvedRow, found: Mapping[str, FoundItem], options: Options) -> RowPlan:
    """Plan one row, as far as the channel can carry it out."""
    planned = abilities.as_able(_planned(resolved, found, options), options.abilities)
    row, repeats = resolved.row, resolved.repeats
    late = planned.action is not Action.NONE and behind(row, resolved.identity.baseline)
    foreign = options.other_state and row.stamp is not None and row.stock_change is not None
    return replace(planned, repeats=repeats, behind=late, foreign=foreign) if repeats or late or foreign else planned


def _planned(resolved: ResolvedRow, found: Mapping[str, FoundItem], options: Options) -> RowPlan:
    row, identity = resolved.row, resolved.identity
    if row.invalid:
        return RowPlan(row, Action.INVALID, row.item_id, problems=row.problems)
    if identity.problem:
        return stopped(row, identity.item_id, identity.problem)
    if identity.item_id is None:
        return plan_publish(row, identity, options)
    if resolved.unread:
        return _unread(row, identity)
    return _known(resolved, found[identity.item_id], options)


def _known(resolved: ResolvedRow, answer: FoundItem, options: Options) -> RowPlan:
    row, identity = resolved.row, resolved.identity
    gone = answer.item is None and answer.failure is None
    if gone and row.cells.get(STATUS) == Status.DELETED:
        return nothing_to_delete(row, identity.item_id)
    if gone and identity.baseline and options.republish:
        return plan_publish(row, RowIdentity(None), options)
    if gone and identity.baseline and identity.baseline.never_seen:
        # The same id again: should the lost publish still come through, it makes no second item.
        return plan_publish(row, identity, options)
    if problem := _check_found(row, identity, answer, options):
        return stopped(row, identity.item_id, problem)
    return plan_update(row, identity, answer.item or {}, options, resolved.repeats)


def _check_found(row: Row, identity: RowIdentity, answer: FoundItem, options: Options) -> Problem | None:
    return check_found(
        row,
        identity,
        answer,
        rekey=options.rekey,
        publishes=options.abilities.publishes,
        as_new=row.outer_id in options.as_new,
    )


def _unread(row: Row, identity: RowIdentity) -> RowPlan:
    last_seen = identity.baseline.remote if identity.baseline else {}
    problems = without_category(row)
    return RowPlan(row, Action.NONE, identity.item_id, problems=problems, remote=last_seen, unread=True)
