"""Rows, memory and what the platform holds → the plan."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from sync.fields import STATUS
from sync.item import Row, Status
from sync.plan import guards, notes, out_of_reach
from sync.plan.by_row import ByRow
from sync.plan.identity import FoundItem, RowIdentity, check_found
from sync.plan.listings import plan_of_parts
from sync.plan.options import Options
from sync.plan.plan import Action, Plan, RowPlan
from sync.plan.problems import nothing_to_delete, stopped, without_category
from sync.plan.publish import plan_publish
from sync.plan.resolve import ResolvedRow
from sync.plan.settling import without_left_out
from sync.plan.skus import outlooks
from sync.plan.stamps import behind
from sync.plan.update import plan_update


def build(
    rows: Iterable[ResolvedRow],
    found: Mapping[str, FoundItem],
    options: Options,
    rest: Sequence[RowPlan] = (),
    *,
    reads: int = 0,
) -> Plan:
    """Make the plan: the same rows, memory and remote give the same plan, byte for byte.

    `found` holds an answer for each of `ids_to_read`, and for each SKU of these; `rest` are the sheet's other rows;
    `reads`: how many items were read.
    """
    planned = planned_together(ByRow.of(rows), found, options)
    return plan_of_rows(planned, options, rest, reads=reads or len(found))


def planned_together(meant: ByRow[ResolvedRow], found: Mapping[str, FoundItem], options: Options) -> ByRow[RowPlan]:
    """Return the plan of each row; see `build`."""
    return meant.map(tuple(plan_rows(meant, found, options)), unread)


def plan_of_rows(planned: ByRow[RowPlan], options: Options, rest: Sequence[RowPlan], *, reads: int) -> Plan:
    """Return the plan that its rows make; see `build`."""
    overview = Overview(options)
    overview.look(planned.busy)
    tripped = overview.guards.tripped(planned.busy, planned, rest)
    return plan_of_parts(planned, tripped, reads=reads, rest=rest, notes=overview.notes.told)


class Overview:
    """What only all of a plan's rows together tell."""

    def __init__(self, options: Options) -> None:
        self.guards = guards.GuardWatch(options.limits)
        self.notes = notes.OtherFiles(options.names | {options.file})

    def look(self, busy: Iterable[RowPlan]) -> None:
        """Look at the next rows of which something is to be said or done."""
        for row in busy:
            self.guards.look(row)
            self.notes.look(row)


def plan_rows(meant: ByRow[ResolvedRow], found: Mapping[str, FoundItem], options: Options) -> Iterator[RowPlan]:
    """Plan the busy rows; those of SKUs first, as what they come to tells how their listing will stand."""
    rows = meant.busy
    options = _with_leaders(rows, options)
    skus = {one.row.number: plan_row(one, found, options) for one in rows if one.row.sku is not None}
    seen = outlooks(skus.values(), found)
    for one in rows:
        if one.unread and not one.stopped and one.row.sku is None:
            yield unread(one)
            continue
        outlook = seen.get(one.identity.item_id or "")
        known = replace(one, identity=replace(one.identity, outlook=outlook)) if outlook else one
        yield skus.get(one.row.number) or plan_row(known, found, options)


def _with_leaders(rows: Sequence[ResolvedRow], options: Options) -> Options:
    """What a person decided of a row holds for what it says of its listing, too."""
    if not (settled := options.choices.settled):
        return options
    shown = {one.row.number: settled[one.row.key] for one in rows if one.row.key in settled}
    of_listings = {one.row.key: shown[-one.row.number] for one in rows if -one.row.number in shown}
    return replace(options, choices=replace(options.choices, settled={**settled, **of_listings}))


def plan_row(resolved: ResolvedRow, found: Mapping[str, FoundItem], options: Options) -> RowPlan:
    """Plan one row, as far as the channel can carry it out."""
    planned = out_of_reach.as_able(_planned(resolved, found, options), options.abilities)
    row, repeats = resolved.row, resolved.repeats
    late = planned.action is not Action.NONE and behind(row, resolved.identity.baseline)
    foreign = options.other_state and row.stamp is not None and row.stock_change is not None
    if repeats or late or foreign:
        planned = replace(planned, repeats=repeats, behind=late, foreign=foreign)
    return without_left_out(planned, options.choices.settled.get(row.key))


def _planned(resolved: ResolvedRow, found: Mapping[str, FoundItem], options: Options) -> RowPlan:
    """Take the row as far as it comes: wrong, held back, new, known well enough, gone, or there to be compared."""
    row, identity = resolved.row, resolved.identity
    if row.invalid:
        return RowPlan(row, Action.INVALID, row.item_id, problems=row.problems)
    if identity.problem:
        return stopped(row, identity.item_id, identity.problem)
    if identity.item_id is None:
        return plan_publish(row, identity, options)
    if resolved.unread:
        return unread(resolved)
    answer = found[identity.item_id]
    if answer.item is None and answer.failure is None and (gone := _gone(row, identity, options)):
        return gone
    if problem := check_found(row, identity, answer, options):
        return stopped(row, identity.item_id, problem)
    return plan_update(row, identity, answer.item or {}, options, resolved.repeats)


def _gone(row: Row, identity: RowIdentity, options: Options) -> RowPlan | None:
    """Plan a row whose item the platform doesn't find; None: a person has to look at it."""
    if row.cells.get(STATUS) == Status.DELETED:
        return nothing_to_delete(row, identity.item_id)
    if identity.baseline and options.choices.republish:
        return plan_publish(row, RowIdentity(None), options)
    if identity.baseline and identity.baseline.never_seen:
        # The same id again: should the lost publish still come through, it makes no second item.
        return plan_publish(row, identity, options)
    return None


def unread(one: ResolvedRow) -> RowPlan:
    """Plan a row whose item needs no reading."""
    last_seen = one.identity.baseline.remote if one.identity.baseline else {}
    problems = without_category(one.row)
    return RowPlan(one.row, Action.NONE, one.identity.item_id, problems=problems, remote=last_seen, unread=True)
