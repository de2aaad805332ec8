"""What `itemsync watch` does at one tick: only statuses and campaign prices, only by rules, only where these changed.

Every other cell waits for a person's `apply`, and so does the row that says 失效 or 删除 itself
(docs/reference/rules.md#watching).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sync.fields import ITEM_ID, OUTER_ID, PRICE, STATUS, Column
from sync.item import LastRuling, PriceWindow, Row, Status
from sync.limits import Limits
from sync.messages import Level, Problem, say
from sync.plan import diff, guards, notes, order
from sync.plan.desired import category_of, facts_of, notes_of, with_ruling
from sync.plan.identity import FoundItem, Memory, RowIdentity, check_found
from sync.plan.listings import of_sheet, parted, plan_of_parts
from sync.plan.options import Options
from sync.plan.out_of_reach import as_able
from sync.plan.plan import Action, Guard, Plan, RowPlan, Verdict
from sync.plan.resolve import ResolvedRow, resolve, rest_of
from sync.plan.rules import Facts, Rules
from sync.plan.windows import Pricing, pricing_of
from sync.rule import Campaign, Daily, RuleKind, Ruling

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
) -> tuple[WatchedRow | HeldRow, ...]:
    """Return the rows that a rule decides about; what isn't on the platform yet waits for a person's `apply`.

    Where nothing is published, a row without an id means a listing all the same; which one, only `apply` looks up.
    """
    ours = {row.number: row for row in parted(rows) if _by_rule(row)}
    found: list[WatchedRow | HeldRow] = []
    for meant in map(_known_sku, resolve(map(_bare, ours.values()), memory, options)):
        row, baseline = meant.row, meant.identity.baseline
        category = category_of(ours[row.number], baseline.remote if baseline else {})
        errors = [problem for problem in row.problems if problem.level is Level.ERROR]
        pricing = pricing_of(_priced(row, ours[row.number]), baseline, rules, category)
        remembered = baseline and (baseline.ruled or baseline.window)
        # Of an SKU no rule says a status, but one may say its price.
        concerned = rules.concern(row, category) if row.sku is None else bool(pricing.opened)
        if not (concerned or row.window or remembered or _mistimed(row, errors)):
            continue
        if problem := next(iter(errors), meant.identity.problem):
            found.append(HeldRow(of_sheet(row), problem))
        elif meant.identity.item_id:
            found.append(WatchedRow(row, meant.identity, category, pricing))
        elif not options.abilities.publishes:
            unknown = Problem(row.addresses.get(OUTER_ID), say("watch.no_listing"), Level.WARNING)
            found.append(HeldRow(of_sheet(row), unknown))
    return tuple(found)


def _known_sku(meant: ResolvedRow) -> ResolvedRow:
    """An SKU is the one that state knows: only `apply` looks up which one a new row means."""
    if meant.row.sku is None:
        return meant
    known = meant.identity.baseline
    return replace(meant, identity=replace(meant.identity, item_id=known.item_id if known else None))


def _by_rule(row: Row) -> bool:
    return row.cells.get(STATUS) not in (Status.INACTIVE, Status.DELETED)


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
    now = rules.now
    walls = {wall for row in rows for wall in (row.list_at, row.delist_at) if wall is not None}
    walls.update(wall for row in rows if row.window for wall in (row.window.start, row.window.end))
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
