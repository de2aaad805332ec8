"""Rows and memory → the item of the platform that each row means; then what must be known before a plan is made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sync.fields import STATUS
from sync.item import Baseline, Row, Status, said, same
from sync.messages import Problem, say
from sync.plan.as_remembered import as_remembered, rivals
from sync.plan.by_row import TOGETHER, ByRow
from sync.plan.desired import category_of, ruling_of, with_ruling
from sync.plan.holds import held_back
from sync.plan.identity import LookedUp, Memory, RowIdentity, identify, look_up, naming_cell
from sync.plan.listings import own_cells
from sync.plan.look_alikes import look_alikes
from sync.plan.options import Options
from sync.plan.plan import Action, RowPlan
from sync.plan.rules import Rules
from sync.plan.stamps import repeated
from sync.plan.windows import pricing_of
from sync.remembered import Made
from sync.rows import Rows
from sync.sku import listing_of


@dataclass(slots=True)
class ResolvedRow:
    """A row, and the item of the platform that it means. As `item.Row`, it is changed by nobody, and not frozen."""

    row: Row
    identity: RowIdentity
    unread: bool = False
    """The item needs no reading, see `_may_go_unread`."""
    repeats: Made | None = None
    """The 库存增减 that the row asks for once more."""

    @property
    def stopped(self) -> bool:
        """Whether it is known already that the row can't be carried out."""
        return self.row.invalid or self.identity.problem is not None


LookUps = Mapping[str, LookedUp]
"""By code; a code that wasn't looked up isn't in it."""


def resolve(
    rows: Iterable[Row], memory: Memory, options: Options, found: LookUps | None = None
) -> ByRow[ResolvedRow]:
    """Find out which item each row means, from the sheet and state: nothing has been read yet.

    `found`: what the shop has under the `codes_to_find`, where it can be searched.
    """
    rows = Rows.of(rows)
    idle = as_remembered(rows, memory, options)
    others = _Others(rows, idle, memory, options, found or {})
    if at_odds := rivals(rows, idle, others.item_ids, memory):
        idle = [is_idle and place not in at_odds for place, is_idle in enumerate(idle)]
        others = _Others(rows, idle, memory, options, found or {})
    meant = others.rows
    busy = meant if len(meant) > TOGETHER else [*meant]
    return ByRow(busy, idle, lambda places: (_idle(row, memory) for row in rows.at(places)))


def _idle(row: Row, memory: Memory) -> ResolvedRow:
    known = memory.baselines[row.outer_id]
    return ResolvedRow(row, RowIdentity(known.item_id, known), unread=True)


class _Others:
    """The rows that aren't idle: each is looked at by itself, when somebody asks for it."""

    def __init__(self, sheet: Rows, idle: Sequence[bool], memory: Memory, options: Options, found: LookUps) -> None:
        self._sheet, self._memory, self._options, self._found = sheet, memory, options, found
        self._places = [place for place, is_idle in enumerate(idle) if not is_idle] if idle else range(len(sheet))
        rows = Rows.of(sheet.at(self._places)) if any(idle) else sheet
        self._alike = look_alikes(rows, memory, options.choices.as_new, options.sheet or sheet)
        self.item_ids = self._meant(rows)
        """Which item each of them means, if nothing speaks against it."""
        self._rivals: Mapping[int, Problem] = {}
        self._rivals = dict(self._without_peace(rows))

    @property
    def rows(self) -> ByRow[ResolvedRow]:
        """All of them."""
        return ByRow((), [True] * len(self._places), self._at)

    def _at(self, indexes: Sequence[int]) -> Iterator[ResolvedRow]:
        rows = self._sheet.at([self._places[index] for index in indexes])
        for index, row in zip(indexes, rows, strict=True):
            one = _looked_at(row, self._alike.get(index), self._memory, self._options, self._found)
            yield _with_problem(one, self._rivals[index]) if index in self._rivals else one

    def _meant(self, rows: Rows) -> Sequence[str | None]:
        ids, codes = rows.item_ids, rows.codes
        if None not in ids:
            return ids
        known, spelling = dict(self._memory.kept.item_ids), self._memory.spelling
        by_code = {code: next(iter(found.item_ids), None) for code, found in self._found.items()}
        return [
            # A code that was looked up though a row of it has an id was so for an SKU's row.
            item_id or known.get(spelling(code)) or by_code.get(code)
            for code, item_id in zip(codes, ids, strict=True)
        ]

    def _without_peace(self, rows: Rows) -> Iterator[tuple[int, Problem]]:
        """Yield the rows that mean one item with another, by index: these would undo each other's work."""
        whole = [item_id if sku is None else None for item_id, sku in zip(self.item_ids, rows.skus, strict=True)]
        often = {item_id for item_id, times in Counter(whole).items() if item_id and times > 1}
        disputed = [index for index, item_id in enumerate(whole) if item_id in often] if often else []
        numbers: dict[str, list[int]] = defaultdict(list)
        meant = [*zip(disputed, self._at(disputed), strict=True)]
        for _, one in meant:
            if one.identity.item_id and not one.row.invalid:
                numbers[one.identity.item_id].append(one.row.number)
        for index, one in meant:
            others = [n for n in numbers.get(one.identity.item_id or "", ()) if n != one.row.number]
            if others:
                yield index, Problem(naming_cell(one.row), say("id.same_item", rows=", ".join(map(str, others))))


def _looked_at(row: Row, alike: Problem | None, memory: Memory, options: Options, found: LookUps) -> ResolvedRow:
    one = _held_back(ResolvedRow(row, _identity(row, alike, memory, options, found)), options)
    return _unread(one, memory, options.rules) if options.choices.changed_only else one


def codes_to_find(rows: Iterable[ResolvedRow]) -> tuple[str, ...]:
    """Return the codes of rows whose item neither the sheet nor state knows: they are looked up at the shop."""
    return tuple(
        dict.fromkeys(one.row.outer_id for one in ByRow.of(rows).busy if not one.stopped and not one.identity.item_id)
    )


def ids_to_read(rows: Iterable[ResolvedRow]) -> tuple[str, ...]:
    """Return the item ids that the plan needs to be read, in the sheet's order; a row held back needs none."""
    read = (one.identity.item_id for one in ByRow.of(rows).busy if not (one.unread or one.stopped))
    # Rows of one listing are read together.
    return tuple(dict.fromkeys(filter(None, read)))


def moving_codes(rows: Iterable[ResolvedRow], memory: Memory) -> frozenset[str]:
    """Return the codes of which a plan must know what 库存增减 were made."""
    return frozenset(code for one in ByRow.of(rows).busy for code in _moving_codes(one, memory))


def with_repeats(
    rows: Iterable[ResolvedRow], moves: Mapping[str, Sequence[Made]], memory: Memory, options: Options
) -> ByRow[ResolvedRow]:
    """Find out which rows ask for a 库存增减 once more; `moves`: what was made, by the `moving_codes`."""

    def repeats(one: ResolvedRow) -> Made | None:
        made = {each for code in _moving_codes(one, memory) for each in moves.get(code, ())}
        return repeated(one.row, sorted(made, key=lambda each: each.at), options.sheet_id)

    rows = ByRow.of(rows)
    return rows.with_busy(
        [replace(one, repeats=repeats(one)) if one.row.stock_change is not None else one for one in rows.busy]
    )


def rest_of(sheet: Sequence[Row], part: Iterable[Row], memory: Memory) -> ByRow[RowPlan]:
    """Return the rows of `sheet` that aren't of the `part`, as state last saw their items: nothing is read.

    Guards measure what is unusual by the whole sheet (docs/reference/guards.md).
    """
    sheet, ours = Rows.of(sheet), {*Rows.of(part).numbers}
    others = [place for place, number in enumerate(sheet.numbers) if number not in ours]

    def last_seen(indexes: Sequence[int]) -> Iterator[RowPlan]:
        return (_last_seen(row, memory) for row in sheet.at([others[index] for index in indexes]))

    return ByRow((), [True] * len(others), last_seen)


def _last_seen(row: Row, memory: Memory) -> RowPlan:
    owner = memory.owner(row.item_id) if row.item_id else None
    known = memory.baselines.get(row.key) or memory.baselines.get(owner or "")
    if known is None or known.deleted:
        return RowPlan(row, Action.NONE, row.item_id, unread=True)
    return RowPlan(row, Action.NONE, known.item_id, remote=known.remote, unread=True)


def _moving_codes(one: ResolvedRow, memory: Memory) -> frozenset[str]:
    moves = one.row.stock_change is not None
    return memory.codes_of(one.row.key, one.identity.item_id) if moves else frozenset()


def _identity(row: Row, alike: Problem | None, memory: Memory, options: Options, found: LookUps) -> RowIdentity:
    if alike:
        return RowIdentity(None, problem=alike)
    identity = identify(row, memory, options)
    if identity.item_id is None and identity.problem is None and row.outer_id in found:
        identity = look_up(row, found[row.outer_id], memory, options)
    if row.sku is None:
        return identity
    # Which SKU it is only a reading of its listing tells (`skus.with_skus`): the one that state knows may be another
    # listing's, if the code has come to another one since.
    known = memory.baselines.get(row.key)
    ours = known and known.item_id and identity.item_id in (None, listing_of(known.item_id))
    return replace(identity, baseline=known if ours else None, renames=None)


def _held_back(one: ResolvedRow, options: Options) -> ResolvedRow:
    """A stock move that may have been made holds its row back."""
    settled = one.identity.problem or one.row.sku is not None
    held = None if settled else held_back(one.row, one.identity, options.sheet_id or options.file)
    return _with_problem(one, held) if held else one


def _with_problem(one: ResolvedRow, problem: Problem) -> ResolvedRow:
    return replace(one, identity=replace(one.identity, problem=problem))


def _unread(one: ResolvedRow, memory: Memory, rules: Rules | None) -> ResolvedRow:
    may = not one.stopped and _may_go_unread(one.row, one.identity, memory, rules)
    return replace(one, unread=True) if may else one


def _may_go_unread(row: Row, identity: RowIdentity, memory: Memory, rules: Rules | None) -> bool:
    """Whether `row` needs nothing as long as the platform is as it was last seen (`--refresh changed`).

    By the table in `diff` that is so where every cell is as it was when it was carried out (v = c): with r = r₀ too,
    nothing is to be done. What stock and price rules say, only a reading can tell; the others look at what was last
    seen.
    """
    last = identity.baseline
    if last is None or last.pending or last.hold or identity.renames is not None:
        return False
    if row.stock_change is not None or row.cells.get(STATUS) == Status.DELETED:
        return False
    if pricing_of(row, last, rules, category_of(row, last.remote)).differs:
        return False
    if rules is None or row.sku is not None or not rules.may_concern(row):
        return _as_last_time(row, last, memory)
    if rules.look_at_platform(row, category_of(row, last.remote)):
        return False
    return _as_last_time(with_ruling(row, ruling_of(row, last, last.remote, rules)), last, memory)


def _as_last_time(row: Row, last: Baseline, memory: Memory) -> bool:
    # Mostly the sheet has the same columns as last time. Then one comparison tells, and no cell is looked into.
    cells = row.cells if row.sku is None else own_cells(row)
    if row.key in memory.kept.kept and memory.kept.kept[row.key].said == said(cells):
        return True
    return all(path in last.cells and same(cell, last.cells[path].value) for path, cell in cells.items())
