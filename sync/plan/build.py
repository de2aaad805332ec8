"""Rows, memory and what the platform holds → the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sync.fields import CATEGORY, FIELDS, INVENTORY, STATUS, PathNames, Shown
from sync.item import CHANGE_CELL, Baseline, Cell, Hold, Item, Made, Row, Status, clock_text
from sync.messages import Level, Message, Problem, say
from sync.pasting import answering
from sync.plan import abilities, diff, guards, notes, order
from sync.plan.desired import notes_of, ruling_of, with_ruling
from sync.plan.identity import Found, Identity, LookedUp, Memory, check_found, identify, look_up, naming_cell
from sync.plan.likeness import look_alikes
from sync.plan.plan import Action, Change, Decision, Plan, RowPlan, Verdict
from sync.plan.rules import Rules
from sync.plan.stamps import behind, repeated, unseen
from sync.plan.unread import may_go_unread

_WITH_COUNT, _OLD_COUNT = "change.with_count", "change.old_count"
UNKNOWN_CATEGORY = "category.unknown"
"""The sheet's problem of a category outside the table; excused where the item has that category already."""


@dataclass(frozen=True)
class Options:
    """What a person chose on the command line, and the profile's numbers."""

    file: str
    """The sheet's name, to tell whose values state remembers."""
    path: str = ""
    """The sheet's whole path: next week's may have the same name, but not this week's cells."""
    skip_conflicts: bool = False
    skip_drift: bool = False
    other_state: bool = False
    """Another state wrote the sheet's stamps, so that nobody here knows what they tell."""
    rekey: bool = False
    republish: bool = False
    as_new: frozenset[str] = frozenset()
    """Codes that look like another's, and of which a person said that they are other items'."""
    sheet: Sequence[Row] = ()
    """All rows of the sheet, where a part of them is planned."""
    changed_only: bool = False
    """Read only items whose row changed since it was last carried out."""
    limits: guards.Limits = field(default_factory=guards.Limits)
    publish: Item = field(default_factory=dict)
    """What a new item gets where its row says nothing."""
    verified: bool = True
    """Whether runs read back what they wrote."""
    abilities: abilities.Abilities = abilities.OPEN
    """What the channel can do."""
    rules: Rules | None = None
    """None: nobody asks for rules, and rows with a schedule are taken without it."""


@dataclass(frozen=True)
class Meant:
    """A row, and the item of the platform that it means."""

    row: Row
    identity: Identity
    unread: bool = False
    """The item needs no reading, as `unread.may_go_unread` says."""
    repeats: Made | None = None
    """The 库存增减 that the row asks for once more."""


LookUps = Mapping[str, LookedUp]
"""By code; a code that wasn't looked up isn't in it."""


def resolve(rows: Iterable[Row], memory: Memory, options: Options, found: LookUps | None = None) -> tuple[Meant, ...]:
    """Find out which item each row means, from the sheet and state: nothing has been read yet.

    `found`: what the shop has under the `codes_to_find`, where it can be searched.
    """
    rows = tuple(rows)
    alike = look_alikes(rows, memory, options.as_new, options.sheet)
    meant = tuple(
        _meant(row, _identity(row, memory, options, found or {}, alike.get(place)), memory, options)
        for place, row in enumerate(rows)
    )
    numbers: dict[str, list[int]] = {}
    for one in meant:
        if one.identity.item_id and not one.row.invalid:
            numbers.setdefault(one.identity.item_id, []).append(one.row.number)
    return tuple(_alone(one, numbers.get(one.identity.item_id or "", [])) for one in meant)


def codes_to_find(meant: Iterable[Meant]) -> tuple[str, ...]:
    """Return the codes of rows that name no item which anybody knows."""
    new = (one for one in meant if not (one.row.invalid or one.identity.problem or one.identity.item_id))
    return tuple(dict.fromkeys(one.row.outer_id for one in new))


def _meant(row: Row, identity: Identity, memory: Memory, options: Options) -> Meant:
    stopped = row.invalid or identity.problem is not None
    unread = options.changed_only and not stopped and may_go_unread(row, identity, memory, options.rules)
    return Meant(row, identity, unread)


def moving_codes(meant: Iterable[Meant], memory: Memory) -> frozenset[str]:
    """Return the codes of which a plan must know what 库存增减 were made."""
    return frozenset(code for one in meant for code in _moving_codes(one, memory))


def with_repeats(
    meant: Iterable[Meant], moves: Mapping[str, Sequence[Made]], memory: Memory, options: Options
) -> tuple[Meant, ...]:
    """Find out which rows ask for a 库存增减 once more; `moves`: what was made, by the `moving_codes`."""

    def repeats(one: Meant) -> Made | None:
        made = {each for code in _moving_codes(one, memory) for each in moves.get(code, ())}
        return repeated(one.row, sorted(made, key=lambda each: each.at), options.path)

    return tuple(replace(one, repeats=repeats(one)) if one.row.stock_change is not None else one for one in meant)


def _moving_codes(one: Meant, memory: Memory) -> frozenset[str]:
    moves = one.row.stock_change is not None
    return memory.codes_of(one.row.outer_id, one.identity.item_id) if moves else frozenset()


def ids_to_read(meant: Iterable[Meant]) -> tuple[str, ...]:
    """Return the item ids that the plan needs to be read, in the sheet's order; a row held back needs none."""
    readable = (one.identity for one in meant if not (one.unread or one.row.invalid or one.identity.problem))
    return tuple(identity.item_id for identity in readable if identity.item_id)


def build(
    meant: Iterable[Meant], found: Mapping[str, Found], options: Options, rest: tuple[RowPlan, ...] = ()
) -> Plan:
    """Make the plan: the same rows, memory and remote give the same plan, byte for byte.

    `found` holds an answer for each of `ids_to_read`; `rest` are the sheet's other rows.
    """
    planned = tuple(plan_row(one, found, options) for one in meant)
    told = tuple(notes.of_sheet(planned, options.file))
    return Plan(planned, guards.tripped(planned, options.limits, rest), reads=len(found), rest=rest, notes=told)


def plan_row(meant: Meant, found: Mapping[str, Found], options: Options) -> RowPlan:
    """Plan one row, as far as the channel can carry it out."""
    planned = abilities.as_able(_planned(meant, found, options), options.abilities)
    row, repeats = meant.row, meant.repeats
    if repeats:
        planned = replace(planned, problems=tuple(_of_old_copy(one, row, repeats) for one in planned.problems))
    late = planned.action is not Action.NONE and behind(row, meant.identity.baseline)
    foreign = options.other_state and row.stamp is not None and row.stock_change is not None
    return replace(planned, repeats=repeats, behind=late, foreign=foreign) if repeats or late or foreign else planned


def _planned(meant: Meant, found: Mapping[str, Found], options: Options) -> RowPlan:
    row, identity = meant.row, meant.identity
    if row.invalid:
        return RowPlan(row, Action.INVALID, row.item_id, problems=row.problems)
    if identity.problem:
        return _stopped(row, identity.item_id, identity.problem)
    if identity.item_id is None:
        return _new(row, identity, options)
    if meant.unread:
        return _unread(row, identity)
    return _known(row, identity, found[identity.item_id], options)


def _known(row: Row, identity: Identity, answer: Found, options: Options) -> RowPlan:
    gone = answer.item is None and answer.failure is None
    if gone and row.cells.get(STATUS) == Status.DELETED:
        return RowPlan(row, Action.NONE, identity.item_id, problems=_with(row, "delete.nothing"))
    if gone and identity.baseline and options.republish:
        return _new(row, Identity(None), options)
    if gone and identity.baseline and identity.baseline.never_seen:
        # The same id again: should the lost publish still come through, it makes no second item.
        return _new(row, identity, options)
    if problem := _check_found(row, identity, answer, options):
        return _stopped(row, identity.item_id, problem)
    return _existing(row, identity, answer.item or {}, options)


def _check_found(row: Row, identity: Identity, answer: Found, options: Options) -> Problem | None:
    return check_found(
        row,
        identity,
        answer,
        rekey=options.rekey,
        publishes=options.abilities.publishes,
        as_new=row.outer_id in options.as_new,
    )


def _identity(row: Row, memory: Memory, options: Options, found: LookUps, alike: Problem | None) -> Identity:
    if alike:
        return Identity(None, problem=alike)
    publishes = options.abilities.publishes
    identity = identify(row, memory, rekey=options.rekey, republish=options.republish, publishes=publishes)
    if identity.item_id is None and identity.problem is None and row.outer_id in found:
        identity = look_up(row, found[row.outer_id], memory, rekey=options.rekey)
    held = None if identity.problem else _held(row, identity.baseline, options.path or options.file)
    return replace(identity, problem=held) if held else identity


def _alone(meant: Meant, numbers: list[int]) -> Meant:
    """Two rows that mean one item would undo each other's work: neither is carried out."""
    others = [number for number in numbers if number != meant.row.number]
    if not others:
        return meant
    listed = ", ".join(map(str, others))
    problem = Problem(naming_cell(meant.row), say("id.same_item", rows=listed))
    return replace(meant, identity=replace(meant.identity, problem=problem))


def _stopped(row: Row, item_id: str | None, problem: Problem) -> RowPlan:
    action = Action.INVALID if problem.level is Level.ERROR else Action.BLOCKED
    return RowPlan(row, action, item_id, problems=(*row.problems, problem))


def _held(row: Row, baseline: Baseline | None, sheet: str) -> Problem | None:
    """A stock move that must not happen twice holds its row back (DESIGN section 6)."""
    hold = baseline.hold if baseline else None
    if hold is None:
        return None
    cell = row.addresses.get(CHANGE_CELL)
    if hold.unknown:
        return Problem(cell, unanswered(hold, row.outer_id), Level.WARNING)
    if row.stock_change is None or sheet in hold.cleared_in:
        return None
    return Problem(cell, say("hold.applied", by=f"{hold.by:+d}", at=clock_text(hold.at)), Level.WARNING)


def unanswered(hold: Hold, code: str) -> Message:
    """Say what is known of a stock move that got no answer, with both values, and what to do."""
    before, seen = ("?" if units is None else units for units in (hold.before, hold.seen))
    return say("hold.unknown", by=f"{hold.by:+d}", before=before, seen=seen, run=hold.run, command=answering(code))


def _new(row: Row, identity: Identity, options: Options) -> RowPlan:
    if row.cells.get(STATUS) == Status.DELETED:
        item_id = identity.baseline.item_id if identity.baseline else None
        return RowPlan(row, Action.NONE, item_id, problems=_with(row, "delete.nothing"))
    if not options.abilities.publishes:
        return _stopped(row, None, abilities.held_back(row))
    errors = (*_missing(row), *_category_errors(row))
    if row.stock_change is not None:
        errors = (*errors, Problem(row.addresses.get(CHANGE_CELL), say("stock.change_on_new")))
    if errors:
        return RowPlan(row, Action.INVALID, problems=(*_without_category(row), *errors))
    ruling = ruling_of(row, None, {}, options.rules)
    desired = with_ruling(row, ruling)
    filled = replace(desired, cells={**desired.cells, **options.publish, **desired.cells})
    decisions = tuple(
        Decision(path, _new_verdict(filled, path), cell, None, address=filled.addresses.get(path))
        for path, cell in filled.cells.items()
        if diff.wanted(cell) is not None
    )
    return RowPlan(
        row,
        Action.PUBLISH,
        identity.item_id,
        changes=diff.changes(filled, decisions, {}),
        calls=order.to_publish(filled, identity.item_id),
        problems=(*row.problems, *notes.of_publish(desired), *notes_of(row, ruling, decisions)),
        # A default is no cell: what staff type there one day is their first word on it.
        decisions=tuple(decision for decision in decisions if decision.path in desired.cells),
        ruling=ruling,
    )


def _new_verdict(row: Row, path: str) -> Verdict:
    sold_out = path == STATUS and row.cells[path] == Status.ACTIVE and row.cells.get(INVENTORY) == 0
    return Verdict.SOLD_OUT if sold_out else Verdict.EDIT


def missing(row: Row) -> tuple[str, ...]:
    """Return the paths that an item needs before it can be published, and that `row` leaves empty."""
    return tuple(f.path for f in FIELDS if f.required_to_publish and f.path and row.cells.get(f.path) is None)


def _missing(row: Row) -> tuple[Problem, ...]:
    lacking = missing(row)
    place = next((address for path in lacking if (address := row.address(path))), None)
    return (Problem(place, say("publish.missing", fields=PathNames(lacking))),) if lacking else ()


def _category_errors(row: Row) -> tuple[Problem, ...]:
    return tuple(replace(p, level=Level.ERROR) for p in row.problems if p.code == UNKNOWN_CATEGORY)


def _without_category(row: Row) -> tuple[Problem, ...]:
    return row.problems and tuple(p for p in row.problems if p.code != UNKNOWN_CATEGORY)


def _unread(row: Row, identity: Identity) -> RowPlan:
    last_seen = identity.baseline.remote if identity.baseline else {}
    problems = _without_category(row)
    return RowPlan(row, Action.NONE, identity.item_id, problems=problems, remote=last_seen, unread=True)


def _existing(row: Row, identity: Identity, remote: Item, options: Options) -> RowPlan:
    item_id = identity.item_id or ""
    if row.cells.get(STATUS) == Status.DELETED:
        return _deletion(row, item_id, remote)
    baseline = identity.baseline
    if row.stock_change is not None and INVENTORY in row.cells:
        if not diff.old_count(row, baseline, remote):
            return _stopped(row, item_id, _two_counts(row, baseline))
        # The old count asks for nothing beside the change that is to be made of it.
        others = {path: cell for path, cell in row.cells.items() if path != INVENTORY}
        row = replace(row, cells=others, counted=_units(row.cells[INVENTORY]))
    ruling = ruling_of(row, baseline, remote, options.rules, options.abilities)
    desired = with_ruling(row, ruling)
    decisions = tuple(
        abilities.within_reach(diff.decide(desired, baseline, remote, verified=options.verified), options.abilities)
    )
    verdicts = {decision.path: decision.verdict for decision in decisions}
    excused = not verdicts.get(CATEGORY, Verdict.IN_SYNC).changes
    problems = (
        *(_without_category(row) if excused else row.problems),
        *notes.of_update(desired, baseline, remote, decisions),
        *abilities.notes(decisions, options.abilities),
        *notes_of(row, ruling, decisions),
    )
    errors = (*(() if excused else _category_errors(row)), *_below_zero(row, remote))
    if errors:
        return RowPlan(row, Action.INVALID, item_id, problems=(*_without_category(row), *errors), remote=remote)
    planned = RowPlan(
        row,
        Action.NONE,
        item_id,
        problems=problems,
        decisions=decisions,
        remote=remote,
        drifted=any(_drifted(decision, remote) for decision in decisions),
        renames=identity.renames,
        last_stock=_last_stock(baseline),
        ruling=ruling,
    )
    if _left(planned, options):
        left = tuple(map(notes.of_left, planned.problems))
        return replace(planned, action=Action.BLOCKED, problems=left, skipped=True)
    changes = diff.changes(row, decisions, remote)
    if not changes:
        return planned
    if problem := _unreadable_stock(changes):
        return replace(planned, action=Action.BLOCKED, problems=(*problems, problem))
    calls = order.to_update(item_id, changes, remote, moved=row.stock_change is not None)
    return replace(planned, action=Action.UPDATE, changes=changes, calls=calls)


def _deletion(row: Row, item_id: str, remote: Item) -> RowPlan:
    decision = Decision(STATUS, Verdict.EDIT, Status.DELETED, remote.get(STATUS), address=row.addresses.get(STATUS))
    return RowPlan(
        row,
        Action.DELETE,
        item_id,
        changes=diff.changes(replace(row, stock_change=None), (decision,), remote),
        calls=order.to_delete(item_id),
        problems=_without_category(row),
        decisions=(decision,),
        remote=remote,
    )


def _units(cell: Cell) -> int | None:
    return cell if isinstance(cell, int) else None


def two_counts(row: Row, baseline: Baseline | None, repeats: Made | None) -> Problem | None:
    """Return what is wrong where a row has a 库存增减 beside a 库存 that was edited, as far as state can tell."""
    if row.stock_change is None or INVENTORY not in row.cells or baseline is None:
        return None
    if diff.old_count(row, baseline, baseline.remote):
        return None
    problem = _two_counts(row, baseline)
    return _of_old_copy(problem, row, repeats) if repeats else problem


def _two_counts(row: Row, baseline: Baseline | None) -> Problem:
    cell, other = row.addresses.get(CHANGE_CELL), row.address(INVENTORY)
    last = baseline.cells.get(INVENTORY) if baseline else None
    if last and unseen(row, last):
        theirs = Shown(INVENTORY, diff.wanted(last.value))
        return Problem(cell, say(_OLD_COUNT, other=other, file=last.file, at=clock_text(last.at), theirs=theirs))
    return Problem(cell, say(_WITH_COUNT, other=other))


def _of_old_copy(problem: Problem, row: Row, made: Made) -> Problem:
    """Tell the cause where a row says an old count beside a change that was made already."""
    if problem.code not in (_WITH_COUNT, _OLD_COUNT):
        return problem
    by, other = f"{made.by:+d}", row.address(INVENTORY)
    return replace(problem, message=say("change.old_copy", by=by, run=made.run, at=clock_text(made.at), other=other))


def _below_zero(row: Row, remote: Item) -> tuple[Problem, ...]:
    held = remote.get(INVENTORY, 0)
    if row.stock_change is None or not isinstance(held, int) or held + row.stock_change >= 0:
        return ()
    message = say("stock.below_zero", by=f"{row.stock_change:+d}", held=held)
    return (Problem(row.addresses.get(CHANGE_CELL), message),)


def _unreadable_stock(changes: Iterable[Change]) -> Problem | None:
    """Stock is only ever moved (seed 002, section 2), and what is no number can't be moved to one."""
    for change in changes:
        if change.path == INVENTORY and not isinstance(change.before, int | None):
            message = say("stock.unreadable", shown=Shown(INVENTORY, change.before))
            return Problem(change.address, message, Level.WARNING)
    return None


def _last_stock(baseline: Baseline | None) -> int:
    seen = baseline.remote.get(INVENTORY) if baseline else None
    return seen if isinstance(seen, int) else 0


def _left(planned: RowPlan, options: Options) -> bool:
    """Whether the row is one of those that are to be left for a person."""
    if options.skip_conflicts and (planned.conflicting or planned.stale):
        return True
    overridden = (_drifted(each, planned.remote) for each in planned.decisions if each.verdict is Verdict.DRIFT)
    return options.skip_drift and any(overridden)


def _drifted(decision: Decision, remote: Item) -> bool:
    """Whether somebody changed the platform; that customers bought is no drift, nor what the platform did for it."""
    match decision.verdict:
        case Verdict.DRIFT:
            return not notes.restocked(decision, remote)
        case Verdict.STOCK_DRIFT:
            return not notes.presumably_sold(decision)
    return decision.verdict is Verdict.OUT_OF_REACH


def _with(row: Row, code: str) -> tuple[Problem, ...]:
    note = Problem(row.addresses.get(STATUS), say(code), Level.NOTE)
    return (*_without_category(row), note)
