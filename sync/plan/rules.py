"""Schedule, daily, campaign, price and stock rules → the status that a row should have
(docs/reference/rules.md#strength); and which campaign price holds (docs/reference/rules.md#campaign-price).

Pure: the moment is part of the rules, so that the same rules, row, facts and memory give the same ruling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import NamedTuple

from sync.fields import STATUS, Column
from sync.item import PriceWindow, Row, Status
from sync.remembered import LastRuling
from sync.rule import (
    Campaign,
    Daily,
    OpenWindow,
    PriceRange,
    Rule,
    RuleKind,
    RuleVote,
    Ruling,
    Terms,
    Thresholds,
)

_GATES = {RuleKind.SCHEDULE, RuleKind.DAILY}
"""A row that is listed and a shop that is closed don't contradict each other: the item waits for both."""


@dataclass(frozen=True)
class Facts:
    """What rules look at beside the clock: how the item will stand once its row is carried out."""

    stock: int | None = None
    """Units; None: nobody can know."""
    price: int | None = None
    """Fen; None: it has no price that could be read."""
    category: tuple[str, ...] = ()
    zeroed: bool = False
    """Whether the platform turned the item off by itself, because its stock was gone."""


class _Event(NamedTuple):
    """What a rule says, and since when."""

    at: datetime | None
    """The shop's time; None: no clock made it so."""
    status: Status


@dataclass(frozen=True)
class Rules:
    """All rules, and the moment at which they are asked."""

    listed: tuple[Rule, ...]
    """As they stand in the sheet, and then in the profile."""
    now: datetime
    """With its zone, whichever."""
    zone: tzinfo
    """The shop's."""

    def judge(self, row: Row, facts: Facts, memory: LastRuling | None) -> Ruling | None:
        """Return what the rules come to for `row`; None: none says anything, and the row's 目标状态 stands.

        `memory` is the last ruling on its item. The stronger rank wins; within one rank, off wins.
        """
        schedule = self._schedule(row)
        said = tuple(self._said(row, facts, memory))
        if schedule is None and not said:
            return None
        voices = [voice for voice in (_own_cell(row), schedule) if voice]
        voices += (RuleVote(event.status, rule.kind, rule.name, rule.address, event.at) for rule, event in said)
        asks, *others = sorted(voices, key=_strength)
        no_stock = asks.status is Status.ACTIVE and facts.stock == 0
        return Ruling(
            asks,
            no_stock=no_stock,
            said={rule.key: event.status for rule, event in said},
            overruled=tuple(voice for voice in others if _contradicts(voice, asks)),
            since=None if no_stock else _latest(voice for voice in voices if voice.status is asks.status),
        )

    def window(self, row: Row, category: tuple[str, ...]) -> OpenWindow | None:
        """Return the campaign price that holds now for `row`; None: none does.

        The row's own comes first; then the rule whose window opened last, and of several the highest price.
        """
        if row.window and self._open(row.window):
            return OpenWindow(row.window, address=row.addresses.get(Column.WINDOW_PRICE))
        opened = (
            OpenWindow(rule.terms, rule.name, rule.address)
            for rule in self.over(row, category)
            if isinstance(rule.terms, PriceWindow) and self._open(rule.terms)
        )
        return max(opened, key=lambda one: (one.window.start, one.window.price), default=None)

    def ended(self, window: PriceWindow) -> bool:
        """Whether a campaign's price should be over by now."""
        return self._passed(window.end)

    def over(self, row: Row, category: tuple[str, ...]) -> tuple[Rule, ...]:
        """Return the rules that are for `row`, in their order."""
        return tuple(rule for rule in self.listed if rule.scope.covers(row.outer_id, category))

    def may_concern(self, row: Row) -> bool:
        """Whether `row` has a schedule of its own, or there is any rule at all."""
        return _scheduled(row) or bool(self.listed)

    def concern(self, row: Row, category: tuple[str, ...]) -> bool:
        """Whether `row` has a schedule of its own, or any rule is for it."""
        return _scheduled(row) or bool(self.over(row, category))

    def look_at_platform(self, row: Row, category: tuple[str, ...]) -> bool:
        """Whether a rule for `row` looks at more than the clock: what it says, only a reading can tell."""
        return any(isinstance(rule.terms, PriceRange | Thresholds) for rule in self.over(row, category))

    def _said(self, row: Row, facts: Facts, memory: LastRuling | None) -> Iterator[tuple[Rule, _Event]]:
        rules = self.over(row, facts.category)
        for rule in rules:
            match rule.terms:
                case PriceRange() as prices:
                    event = _standing(_by_price(prices, facts.price))
                case Thresholds() as thresholds:
                    last = memory.said.get(rule.key) if memory else None
                    event = _standing(_by_stock(thresholds, facts, last))
                case PriceWindow():
                    continue
                case terms:
                    event = self._by_clock[terms]
            if event and not self._gives_way(rule, event, rules):
                yield rule, event

    def _gives_way(self, rule: Rule, event: _Event, rules: Iterable[Rule]) -> bool:
        """A campaign that is over takes nothing down while another one of the item is open."""
        if rule.kind is not RuleKind.CAMPAIGN or event.status is Status.ACTIVE:
            return False
        campaigns = (self._by_clock[other.terms] for other in rules if isinstance(other.terms, Campaign))
        return any(campaign and campaign.status is Status.ACTIVE for campaign in campaigns)

    @cached_property
    def _by_clock(self) -> Mapping[Terms, _Event | None]:
        """What those rules say that look at nothing else, and so say the same to every row."""
        said: dict[Terms, _Event | None] = {}
        for terms in (rule.terms for rule in self.listed):
            match terms:
                case Daily():
                    said[terms] = self._by_day(terms)
                case Campaign():
                    said[terms] = self._by_campaign(terms)
        return said

    def _schedule(self, row: Row) -> RuleVote | None:
        """The latest event that is past; before a first 上架时间, off."""
        if not _scheduled(row):
            return None
        times = ((row.list_at, Status.ACTIVE, Column.LIST_AT), (row.delist_at, Status.INACTIVE, Column.DELIST_AT))
        events = sorted((at, -status, status, column) for at, status, column in times if at is not None)
        if past := [event for event in events if self._passed(event[0])]:
            at, _, status, column = past[-1]
            return RuleVote(status, RuleKind.SCHEDULE, address=row.addresses.get(column), since=at)
        if events[0][2] is Status.ACTIVE:
            return RuleVote(Status.INACTIVE, RuleKind.SCHEDULE, address=row.addresses.get(Column.LIST_AT))
        return None

    def _by_day(self, daily: Daily) -> _Event | None:
        today = self._wall.date()
        # With one time alone, the rule holds from then until midnight, so yesterday's event doesn't count.
        days = (today,) if daily.on is None or daily.off is None else (today, today - timedelta(days=1))
        times = ((daily.on, Status.ACTIVE), (daily.off, Status.INACTIVE))
        events = [(datetime.combine(day, at), status) for day in days for at, status in times if at is not None]
        past = [event for event in events if self._passed(event[0])]
        return _Event(*max(past)) if past else None

    def _by_campaign(self, campaign: Campaign) -> _Event | None:
        """Before it begins it says nothing: to enter next month's takes nothing down today."""
        if not self._passed(campaign.start):
            return None
        if not self._passed(campaign.end):
            return _Event(campaign.start, Status.ACTIVE)
        return _Event(campaign.end, Status.INACTIVE)

    def _open(self, window: PriceWindow) -> bool:
        return self._passed(window.start) and not self._passed(window.end)

    def _passed(self, moment: datetime) -> bool:
        """Whether the shop's clock has shown `moment`.

        Where clocks are changed: a time that they skip has passed when they skip it, and one that they show twice
        when they show it first.
        """
        return self._wall >= moment or self.now.astimezone(UTC) >= moment.replace(tzinfo=self.zone)

    @cached_property
    def _wall(self) -> datetime:
        return self.now.astimezone(self.zone).replace(tzinfo=None)


def _scheduled(row: Row) -> bool:
    return row.list_at is not None or row.delist_at is not None


def _own_cell(row: Row) -> RuleVote | None:
    """有效 is what stands where no rule says otherwise; 失效 and 删除 are the staff's own word."""
    cell = row.cells.get(STATUS)
    if cell not in (Status.INACTIVE, Status.DELETED):
        return None
    return RuleVote(Status(cell), RuleKind.CELL, address=row.addresses.get(STATUS))


def _strength(voice: RuleVote) -> tuple[bool, int, Status]:
    return _lets_others_speak(voice), voice.kind.rank, voice.status


def _contradicts(voice: RuleVote, stronger: RuleVote) -> bool:
    if _lets_others_speak(voice) or {voice.kind, stronger.kind} == _GATES:
        return False
    return voice.status is not stronger.status


def _latest(voices: Iterable[RuleVote]) -> datetime | None:
    return max((voice.since for voice in voices if voice.since), default=None)


def _lets_others_speak(voice: RuleVote) -> bool:
    """Opening hours only end a closing: they keep no item up that another rule takes down."""
    return voice.kind is RuleKind.DAILY and voice.status is Status.ACTIVE


def _standing(status: Status | None) -> _Event | None:
    return None if status is None else _Event(None, status)


def _by_price(prices: PriceRange, price: int | None) -> Status | None:
    if price is None:
        return None
    too_low = prices.lowest is not None and price < prices.lowest
    too_high = prices.highest is not None and price > prices.highest
    return Status.INACTIVE if too_low or too_high else Status.ACTIVE


def _by_stock(thresholds: Thresholds, facts: Facts, last: Status | None) -> Status | None:
    """Between the two thresholds it says what it said last; what it didn't turn off, it never puts up."""
    if facts.stock is None:
        return last
    if facts.stock <= thresholds.off_at:
        return Status.INACTIVE
    if facts.stock < thresholds.on_at:
        return last
    return Status.ACTIVE if last is not None or facts.zeroed else None
