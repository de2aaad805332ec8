"""What `itemsync watch` does at one tick: only statuses and campaign prices, only by rules, only where these changed.

Every other cell waits for a person's `apply`, and so does the row that says 失效 or 删除 itself
(docs/reference/rules.md#watching).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TypeVar

from sync.fields import ITEM_ID, OUTER_ID, PRICE, STATUS, Column
from sync.item import PriceWindow, Row, Status
from sync.limits import Limits
from sync.messages import Level, Problem, say
from sync.plan import diff, guards, notes, order
from sync.plan.by_row import TOGETHER
from sync.plan.desired import category_of, facts_of, notes_of, with_ruling
from sync.plan.identity import FoundItem, Memory, RowIdentity, check_found
from sync.plan.listings import of_sheet, parted, plan_of_parts
from sync.plan.options import Options
from sync.plan.out_of_reach import as_able
from sync.plan.plan import Action, Guard, Plan, RowPlan, Verdict
from sync.plan.resolve import ResolvedRow, resolve, rest_of
from sync.plan.rules import Facts, Rules
from sync.plan.windows import Pricing, pricing_of
from sync.remembered import LastRuling
from sync.rows import Rows
from sync.rule import Campaign, Daily, RuleKind, Ruling

T = TypeVar("T")
_TIMES = (Column.LIST_AT, Column.DELIST_AT, Column.WINDOW_START, Column.WINDOW_END)
READ = (OUTER_ID, ITEM_ID, STATUS, Column.WINDOW_PRICE, *_TIMES)
"""The columns that matter here: a mistake anywhere else keeps no item on sale past its time."""


@dataclass(frozen=True)
class WatchedRow:
    """A row under a rule, and the item of the platform that it means."""

    row: Row
    """Without its cells."""
    identity: RowIdentity
    category: tuple[str, ...]
    pricing: Pricing
    """With its price cell, of which an end of a campaign's price makes the price again."""

    @property
    def item_id(self) -> str:
        """The platform's id."""
        return self.identity.item_id or ""

    @property
    def ruled(self) -> LastRuling | None:
        """The last ruling."""
        return self.identity.baseline.ruled if self.identity.baseline else None


@dataclass(frozen=True)
class HeldRow:
    """A row under a rule that can't be watched, and why."""

    row: Row
    problem: Problem


@dataclass(frozen=True)
class ReadRow:
    """A watched row once its item was read."""

    plan: RowPlan
    changed: bool
    """Whether the ruling isn't the one that is remembered, in any part."""
    by_hand: RowPlan | None = None
    """The row as somebody left it, who set a status or a price that the rules don't ask for: it stays."""


def under_rules(
    rows: Sequence[Row], memory: Memory, rules: Rules, options: Options
) -> Iterator[WatchedRow | HeldRow]:
    """Yield the rows that a rule decides about; what isn't on the platform yet waits for a person's `apply`.

    Where nothing is published, a row without an id means a listing all the same; which one, only `apply` looks up.
    They are made some at a time: most sheets have a rule for every row, and hardly ever anything to do.
    """
    sheet = _BareRows(Rows.of(parted(rows)))
    meant, concerned = resolve(sheet, memory, options), sheet.concerned(memory, rules)
    for start in range(0, len(concerned), TOGETHER):
        part = concerned[start : start + TOGETHER]
        for whole, one in zip(sheet.whole(part), meant.at(part), strict=True):
            if found := _under_rule(whole, _known_sku(one), rules, options):
                yield found


class _BareRows(Rows):
    """The rows that rules may decide about, without their cells."""

    def __init__(self, sheet: Rows) -> None:
        self._sheet = sheet
        off = (Status.INACTIVE, Status.DELETED)
        self._places = [place for place, status in enumerate(sheet.column(STATUS)) if status not in off]

    def concerned(self, memory: Memory, rules: Rules) -> Sequence[int]:
        """Return the indexes of rows that a rule, a time of theirs, or an earlier ruling may concern."""
        every = range(len(self))
        if rules.listed or any(sku is not None for sku in self.skus):
            return every
        told, ruled = {*self._sheet.told, *self._sheet.timed}, memory.kept.marked
        codes = self.codes
        return [index for index in every if self._places[index] in told or memory.spelling(codes[index]) in ruled]

    def whole(self, indexes: Sequence[int]) -> Sequence[Row]:
        """Return the rows at some indexes with their cells."""
        return self._sheet.at([self._places[index] for index in indexes])

    @property
    def every(self) -> tuple[Row, ...]:
        """See `Rows.every`."""
        return tuple(self.at(range(len(self))))

    def __len__(self) -> int:
        """See `Rows`."""
        return len(self._places)

    def at(self, places: Sequence[int]) -> Sequence[Row]:
        """See `Rows.at`."""
        return [*map(_bare, self.whole(places))]

    @property
    def numbers(self) -> Sequence[int]:
        """See `Rows.numbers`."""
        return self._of(self._sheet.numbers)

    @cached_property
    def codes(self) -> Sequence[str]:
        """See `Rows.codes`."""
        return self._of(self._sheet.codes)

    @property
    def item_ids(self) -> Sequence[str | None]:
        """See `Rows.item_ids`."""
        return self._of(self._sheet.item_ids)

    @property
    def skus(self) -> Sequence[str | None]:
        """See `Rows.skus`."""
        return self._of(self._sheet.skus)

    def _of(self, column: Sequence[T]) -> Sequence[T]:
        return [column[place] for place in self._places]


def _under_rule(whole: Row, meant: ResolvedRow, rules: Rules, options: Options) -> WatchedRow | HeldRow | None:
    """Return a row that a rule decides about; None: none does. `whole`: with its cells."""
    row, baseline = meant.row, meant.identity.baseline
    category = category_of(whole, baseline.remote if baseline else {})
    errors = [problem for problem in row.problems if problem.level is Level.ERROR]
    pricing = pricing_of(_priced(row, whole), baseline, rules, category)
    remembered = baseline and (baseline.ruled or baseline.window)
    # Of an SKU no rule says a status, but one may say its price.
    concerned = rules.concern(row, category) if row.sku is None else bool(pricing.opened)
    if not (concerned or row.window or remembered or _mistimed(row, errors)):
        return None
    if problem := next(iter(errors), meant.identity.problem):
        return HeldRow(of_sheet(row), problem)
    if meant.identity.item_id:
        return WatchedRow(row, meant.identity, category, pricing)
    if options.abilities.publishes:
        return None
    unknown = Problem(row.addresses.get(OUTER_ID), say("watch.no_listing"), Level.WARNING)
    return HeldRow(of_sheet(row), unknown)


def _known_sku(meant: ResolvedRow) -> ResolvedRow:
    """An SKU is the one that state knows: only `apply` looks up which one a new row means."""
    if meant.row.sku is None:
        return meant
    known = meant.identity.baseline
    return replace(meant, identity=replace(meant.identity, item_id=known.item_id if known else None))


def _mistimed(row: Row, errors: Iterable[Problem]) -> bool:
    """Whether a time of the row's own can't be read, or a campaign's price: it was meant to be under a rule."""
    times = {row.addresses.get(column) for column in (Column.WINDOW_PRICE, *_TIMES)}
    return any(problem.cell in times - {None} for problem in errors)


def _bare(row: Row) -> Row:
    addresses = {path: address for path, address in row.addresses.items() if path in READ}
    problems = tuple(problem for problem in row.problems if problem.cell in (None, *addresses.values()))
    return replace(row, cells={}, stock_change=None, addresses=addresses, problems=problems)


def _priced(row: Row, whole: Row) -> Row:
    return replace(row, cells={path: cell for path, cell in whole.cells.items() if path == PRICE})


def needs_look(one: WatchedRow, rules: Rules) -> bool:
    """Whether only a reading can tell what the rules say now."""
    if one.row.sku is not None:
        return False
    waits_for_stock = one.ruled is not None and one.ruled.by == RuleKind.NO_STOCK
    return waits_for_stock or rules.look_at_platform(one.row, one.category)


def changed_by_clock(one: WatchedRow, rules: Rules) -> bool:
    """Whether the clock alone made the ruling another than the remembered one; for rows that need no look."""
    ruling = rules.judge(one.row, Facts(category=one.category), one.ruled) if one.row.sku is None else None
    return one.pricing.differs or _differs(ruling, one.ruled)


def look_at(one: WatchedRow, answer: FoundItem, rules: Rules, options: Options) -> ReadRow:
    """Say what is to be done about a row now that its item was read."""
    if problem := check_found(one.row, one.identity, answer, options):
        action = Action.INVALID if problem.level is Level.ERROR else Action.BLOCKED
        return ReadRow(RowPlan(one.row, action, one.item_id, problems=(problem,)), changed=True)
    remote = answer.item or {}
    baseline = one.identity.baseline
    facts = replace(facts_of(one.row, baseline, remote), category=one.category)
    ruling = rules.judge(one.row, facts, one.ruled) if one.row.sku is None else None
    # Where there are SKUs, the prices are theirs.
    prices = one.pricing.differs and not answer.skus
    acts = ruling is not None and _acts(ruling, one.ruled)
    left = RowPlan(one.row, Action.NONE, one.item_id, remote=remote, ruling=ruling, window=one.pricing.last)
    quiet = _planned(one, left, None if acts else ruling, asks_price=not one.pricing.differs and not answer.skus)
    asked = _planned(one, left, ruling if acts else None, asks_price=prices)
    return ReadRow(
        as_able(asked, options.abilities),
        changed=_differs(ruling, one.ruled) or prices,
        by_hand=next((each for each, verdicts in ((quiet, _MOVED), (asked, _KEPT)) if _any(each, verdicts)), None),
    )


_KEPT = frozenset({Verdict.WINDOW_DRIFT})
_MOVED = _KEPT | {Verdict.DRIFT, Verdict.CONFLICT}


def _any(plan: RowPlan, verdicts: frozenset[Verdict]) -> bool:
    return any(decision.verdict in verdicts for decision in plan.decisions)


def _planned(one: WatchedRow, left: RowPlan, ruling: Ruling | None, *, asks_price: bool) -> RowPlan:
    """Compare the ruling as if it stood in the row's 目标状态, and the campaign's price as if it did in its 价格."""
    pricing = one.pricing if asks_price and one.pricing.applies else None
    priced, baseline = pricing.as_compared if pricing else (one.row, one.identity.baseline)
    asking = with_ruling(priced, ruling)
    decided = diff.decide(asking, baseline, left.remote)
    decisions = tuple(pricing.settled(decided) if pricing else decided)
    changes = diff.changes(asking, decisions, left.remote)
    return replace(
        left,
        row=replace(one.row, cells=pricing.row.cells) if pricing else one.row,
        priced=pricing is not None,
        window=pricing.window if pricing else left.window,
        action=Action.UPDATE if changes else Action.NONE,
        changes=pricing.measured(changes) if pricing else changes,
        calls=order.to_update(one.item_id, changes, left.remote, moved=False),
        problems=(
            *notes.of_update(asking, baseline, left.remote, decisions),
            *notes_of(one.row, ruling, decisions),
            *(pricing.notes(decisions) if pricing else ()),
        ),
        decisions=decisions,
        drifted=any(decision.verdict is Verdict.DRIFT for decision in decisions),
    )


def _acts(ruling: Ruling, last: LastRuling | None) -> bool:
    """Whether a ruling is a new one. Tonight's 23:00 is, though nobody asked at 08:00: each event acts once."""
    if last is None or ruling.status is not last.status:
        return True
    return ruling.since is not None and (last.since is None or ruling.since > last.since)


def _differs(ruling: Ruling | None, last: LastRuling | None) -> bool:
    return (ruling.remembered() if ruling else None) != last


def plan_of(changed: Sequence[RowPlan], sheet: Sequence[Row], memory: Memory, limits: Limits) -> Plan:
    """Return the plan of the rows that changed, held to the guards as a part of their whole `sheet`."""
    rest = rest_of(parted(sheet), (plan.row for plan in changed), memory)
    return plan_of_parts(tuple(changed), guards.tripped(changed, limits, rest), reads=len(changed), rest=rest)


def consented(plan: Plan, refused: Iterable[Guard]) -> tuple[RowPlan, ...]:
    """Return the rows that do no more than end a campaign's price, and that none of the `refused` guards names.

    The consent to its start covers that, whatever else waits for a person.
    """
    held = {row.number for guard in refused for row in guard.rows}
    return tuple(row for row in plan.carried_out if _only_ends(row) and row.row.number not in held)


def _only_ends(row: RowPlan) -> bool:
    return row.priced and row.window is None and [change.path for change in row.changes] == [PRICE]


def next_flip(rows: Iterable[Row], rules: Rules) -> datetime | None:
    """Return the next moment at which the clock alone can change a ruling; None: there is none."""
    now, sheet = rules.now, Rows.of(rows)
    timed = sheet.at(sorted(sheet.timed))
    walls = {wall for row in timed for wall in (row.list_at, row.delist_at) if wall is not None}
    walls.update(wall for row in timed if row.window for wall in (row.window.start, row.window.end))
    walls.update(_flips(rules))
    moments = (wall.replace(tzinfo=rules.zone) for wall in walls)
    return min((moment.astimezone(now.tzinfo) for moment in moments if moment > now), default=None)


def _flips(rules: Rules) -> Iterator[datetime]:
    today = datetime.combine(rules.now.astimezone(rules.zone), datetime.min.time())
    tomorrow = today + timedelta(days=1)
    for rule in rules.listed:
        match rule.terms:
            case Daily(on=on, off=off):
                # With one time alone, it falls silent at midnight.
                times = [time or datetime.min.time() for time in (on, off)]
                yield from (datetime.combine(day, time) for day in (today, tomorrow) for time in times)
            case Campaign(start=start, end=end) | PriceWindow(start=start, end=end):
                yield from (start, end)
