"""Rows and memory → the item of the platform that each row means; then what must be known before a plan is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.item import Made, Row
from sync.messages import Problem, say
from sync.plan.holds import held_back
from sync.plan.identity import LookedUp, Memory, RowIdentity, identify, look_up, naming_cell
from sync.plan.look_alikes import look_alikes
from sync.plan.options import Options
from sync.plan.stamps import repeated
from sync.plan.unread import may_go_unread


@dataclass(frozen=True)
class ResolvedRow:
    """A row, and the item of the platform that it means."""

    row: Row
    identity: RowIdentity
    unread: bool = False
    """The item needs no reading, as `unread.may_go_unread` says."""
    repeats: Made | None = None
    """The 库存增减 that the row asks for once more."""


LookUps = Mapping[str, LookedUp]
"""By code; a code that wasn't looked up isn't in it."""


def resolve(
    rows: Iterable[Row], memory: Memory, options: Options, found: LookUps | None = None
) -> tuple[ResolvedRow, ...]:
    """Find out which item each row means, from the sheet and state: nothing has been read yet.

    `found`: what the shop has under the `codes_to_find`, where it can be searched.
    """
    rows = tuple(rows)
    alike = look_alikes(rows, memory, options.as_new, options.sheet)
    resolved = tuple(
        _resolved(row, _identity(row, memory, options, found or {}, alike.get(place)), memory, options)
        for place, row in enumerate(rows)
    )
    numbers: dict[str, list[int]] = {}
    for one in resolved:
        if one.identity.item_id and not one.row.invalid:
            numbers.setdefault(one.identity.item_id, []).append(one.row.number)
    return tuple(_alone(one, numbers.get(one.identity.item_id or "", [])) for one in resolved)


def codes_to_find(rows: Iterable[ResolvedRow]) -> tuple[str, ...]:
    """Return the codes of rows that name no item which anybody knows."""
    new = (one for one in rows if not (one.row.invalid or one.identity.problem or one.identity.item_id))
    return tuple(dict.fromkeys(one.row.outer_id for one in new))


def ids_to_read(rows: Iterable[ResolvedRow]) -> tuple[str, ...]:
    """Return the item ids that the plan needs to be read, in the sheet's order; a row held back needs none."""
    readable = (one.identity for one in rows if not (one.unread or one.row.invalid or one.identity.problem))
    return tuple(identity.item_id for identity in readable if identity.item_id)


def moving_codes(rows: Iterable[ResolvedRow], memory: Memory) -> frozenset[str]:
    """Return the codes of which a plan must know what 库存增减 were made."""
    return frozenset(code for one in rows for code in _moving_codes(one, memory))


def with_repeats(
    rows: Iterable[ResolvedRow], moves: Mapping[str, Sequence[Made]], memory: Memory, options: Options
) -> tuple[ResolvedRow, ...]:
    """Find out which rows ask for a 库存增减 once more; `moves`: what was made, by the `moving_codes`."""

    def repeats(one: ResolvedRow) -> Made | None:
        made = {each for code in _moving_codes(one, memory) for each in moves.get(code, ())}
        return repeated(one.row, sorted(made, key=lambda each: each.at), options.path)

    return tuple(replace(one, repeats=repeats(one)) if one.row.stock_change is not None else one for one in rows)


def _moving_codes(one: ResolvedRow, memory: Memory) -> frozenset[str]:
    moves = one.row.stock_change is not None
    return memory.codes_of(one.row.outer_id, one.identity.item_id) if moves else frozenset()


def _resolved(row: Row, identity: RowIdentity, memory: Memory, options: Options) -> ResolvedRow:
    stopped = row.invalid or identity.problem is not None
    unread = options.changed_only and not stopped and may_go_unread(row, identity, memory, options.rules)
    return ResolvedRow(row, identity, unread)


def _identity(row: Row, memory: Memory, options: Options, found: LookUps, alike: Problem | None) -> RowIdentity:
    if alike:
        return RowIdentity(None, problem=alike)
    publishes = options.abilities.publishes
    identity = identify(row, memory, rekey=options.rekey, republish=options.republish, publishes=publishes)
    if identity.item_id is None and identity.problem is None and row.outer_id in found:
        identity = look_up(row, found[row.outer_id], memory, rekey=options.rekey)
    held = None if identity.problem else held_back(row, identity, options.path or options.file)
    return replace(identity, problem=held) if held else identity


def _alone(resolved: ResolvedRow, numbers: list[int]) -> ResolvedRow:
    """Two rows that mean one item would undo each other's work: neither is carried out."""
    others = [number for number in numbers if number != resolved.row.number]
    if not others:
        return resolved
    listed = ", ".join(map(str, others))
    problem = Problem(naming_cell(resolved.row), say("id.same_item", rows=listed))
    return replace(resolved, identity=replace(resolved.identity, problem=problem))
