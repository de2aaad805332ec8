"""What a row asks for once the rules have spoken: their status stands where its 目标状态 would.

From there on it is the ordinary comparison (`diff`): a rule is one more way to say what the status should be.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sync.abilities import OPEN, Abilities
from sync.fields import CATEGORY, INVENTORY, PRICE, STATUS
from sync.item import Baseline, Item, Row, Status
from sync.messages import Level, Problem, say
from sync.plan.diff import planned_price, planned_stock
from sync.plan.identity import Outlook
from sync.plan.plan import Decision
from sync.plan.rules import Facts, Rules
from sync.rule import RuleKind, Ruling


def ruling_of(
    row: Row,
    baseline: Baseline | None,
    remote: Item,
    rules: Rules | None,
    abilities: Abilities = OPEN,
    *,
    outlook: Outlook | None = None,
) -> Ruling | None:
    """Return what the rules come to for `row`, with the platform as it is in `remote` (empty for a new item).

    `outlook`: of a listing that has SKUs. An SKU has no status, and so none of its own.
    """
    if rules is None or row.sku is not None or not rules.may_concern(row):
        return None
    facts = facts_of(row, baseline, remote, abilities)
    known = replace(facts, stock=outlook.stock, price=outlook.price) if outlook else facts
    return rules.judge(row, known, baseline.ruled if baseline else None)


def facts_of(row: Row, baseline: Baseline | None, remote: Item, abilities: Abilities = OPEN) -> Facts:
    """Return how the item will stand once `row` is carried out, as far as rules look at it."""
    return Facts(
        stock=planned_stock(row, baseline, remote),
        # Where prices are out of reach, the cell only says what somebody would like.
        price=planned_price(row if abilities.writes(PRICE) else _without_cells(row), baseline, remote),
        category=category_of(row, remote),
        zeroed=_zeroed(baseline, remote),
    )


def _without_cells(row: Row) -> Row:
    return replace(row, cells={})


def category_of(row: Row, remote: Item) -> tuple[str, ...]:
    """Return the category by which rules may mean this row: the sheet's, else the platform's."""
    category = row.cells.get(CATEGORY, remote.get(CATEGORY))
    return category if isinstance(category, tuple) else ()


def _zeroed(baseline: Baseline | None, remote: Item) -> bool:
    """An item that is off, and had nothing to sell when it was last seen, unless it was to be off."""
    if remote.get(STATUS) != Status.INACTIVE:
        return False
    if baseline is None:
        return remote.get(INVENTORY) == 0
    last = baseline.cells.get(STATUS)
    empty = 0 in (remote.get(INVENTORY), baseline.remote.get(INVENTORY))
    return empty and (last is None or last.value != Status.INACTIVE)


def with_ruling(row: Row, ruling: Ruling | None) -> Row:
    """Return `row` as if its 目标状态 said what the rules say."""
    if ruling is None:
        return row
    voice = ruling.asks
    addresses = {**row.addresses, STATUS: voice.address} if voice.address else row.addresses
    return replace(row, cells={**row.cells, STATUS: voice.status}, addresses=addresses)


def notes_of(row: Row, ruling: Ruling | None, decisions: tuple[Decision, ...]) -> Iterator[Problem]:
    """Yield what a person should know of a ruling: who decides, where that isn't plain, and who was overruled."""
    if ruling is None:
        return
    verdict = next((decision.verdict for decision in decisions if decision.path == STATUS), None)
    typed = row.cells.get(STATUS, ruling.asks.status)
    if ruling.asks.kind is not RuleKind.CELL and (typed != ruling.asks.status or (verdict and verdict.changes)):
        yield _note("rule.decides", by=ruling.asks, status=ruling.asks.status)
    for voice in ruling.overruled:
        yield _note("rule.overruled", by=ruling.asks, status=ruling.asks.status, other=voice, otherwise=voice.status)


def _note(code: str, **blanks: object) -> Problem:
    return Problem(None, say(code, **blanks), Level.NOTE)
