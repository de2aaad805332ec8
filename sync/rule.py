"""The nouns of rules: what staff write into the sheet 规则 or the profile, and what rules say of a row
(docs/reference/rules.md).

A rule chooses a row's status, or its price for a while. All times are the shop's own, without a zone: the profile
says which that is.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, time
from enum import StrEnum
from functools import cached_property

from sync.fields import squeeze
from sync.item import PriceWindow, Status
from sync.messages import Language, say
from sync.remembered import LastRuling


class RuleKind(StrEnum):
    """What can decide about a status, the strongest first (docs/reference/rules.md#strength)."""

    NO_STOCK = "no stock"
    """Built in: what has no stock is not put up."""
    CELL = "status"
    """The row's own 目标状态, where it says 失效 or 删除; 有效 is what stands when no rule says anything."""
    SCHEDULE = "schedule"
    """The row's own 上架时间 and 下架时间."""
    DAILY = "daily"
    CAMPAIGN = "campaign"
    PRICE = "price"
    STOCK = "stock"
    PRICE_WINDOW = "price-window"
    """Chooses the price, and says nothing of the status."""

    @property
    def rank(self) -> int:
        """The strength: 1 is the strongest. A row's schedule and daily hours are two gates of the same one.

        Daily hours have it while they are shut. Once they open, every other rule speaks first: else "on at 08:00, for
        all" would put up each morning what a campaign's end or a low stock took down.
        """
        return _RANKS[self]

    def words(self, language: Language) -> str:
        """Say it as the sheet 规则 does: 每日, 活动…"""
        return say(f"rule.kind.{self.name.lower()}").words(language)


_RANKS = {
    RuleKind.NO_STOCK: 1,
    RuleKind.CELL: 2,
    RuleKind.SCHEDULE: 3,
    RuleKind.DAILY: 3,
    RuleKind.CAMPAIGN: 4,
    RuleKind.PRICE: 5,
    RuleKind.STOCK: 6,
    RuleKind.PRICE_WINDOW: 7,
}


@dataclass(frozen=True)
class Daily:
    """On sale from one time of the day to another; past midnight, where the second is the earlier.

    With only one of the two, the rule speaks from that time until midnight: "off at 23:00" takes an item
    off in the evening, and leaves it to others when it goes up again.
    """

    on: time | None
    off: time | None


@dataclass(frozen=True)
class Campaign:
    """On sale from `start` to just before `end`, and off from then on."""

    start: datetime
    end: datetime


@dataclass(frozen=True)
class PriceRange:
    """On sale as long as the price is between two bounds, in fen, both included; None: no bound."""

    lowest: int | None
    highest: int | None


@dataclass(frozen=True)
class Thresholds:
    """Off at so many units or fewer, and on again at so many or more; in between nothing changes."""

    off_at: int
    on_at: int


Terms = Daily | Campaign | PriceRange | Thresholds | PriceWindow
"""What a rule asks for, by its kind."""

KINDS: Mapping[type[Terms], RuleKind] = {
    Daily: RuleKind.DAILY,
    Campaign: RuleKind.CAMPAIGN,
    PriceRange: RuleKind.PRICE,
    Thresholds: RuleKind.STOCK,
    PriceWindow: RuleKind.PRICE_WINDOW,
}
"""The kinds that staff write themselves."""


@dataclass(frozen=True)
class Scope:
    """Which rows a rule is for: those of some codes, or of a category; with neither, all."""

    codes: frozenset[str] = frozenset()
    category: tuple[str, ...] = ()
    """Both names of a category, or one of them."""

    def covers(self, code: str, category: tuple[str, ...]) -> bool:
        """Tell whether the row of this code and category is meant."""
        if self.codes:
            return code in self.codes
        return {*self.category} <= {*category}


def category_named(text: str, known: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the category that a scope names, as it is spelt in `known`: `丽人>美甲`, or one of the two names.

    Empty: it names none.
    """
    asked = squeeze(text).split(">")
    for pair in known:
        for names in (pair, pair[:1], pair[1:]):
            if asked == [squeeze(name) for name in names]:
                return names
    return ()


@dataclass(frozen=True)
class Rule:
    """One rule that staff wrote."""

    terms: Terms
    scope: Scope
    name: str
    """As staff called it, else its kind and where it stands: `库存 5`."""
    address: str
    """Where it stands: `规则!A5`, or `itemsync.toml:12`."""
    named: bool = False
    """Whether staff gave it its name themselves."""

    @property
    def kind(self) -> RuleKind:
        """What kind of rule it is."""
        return KINDS[type(self.terms)]

    @cached_property
    def key(self) -> str:
        """What state remembers its verdicts under: its name, else what it says, for its line may move."""
        if self.named:
            return self.name
        says = [self.kind, asdict(self.terms), sorted(self.scope.codes), self.scope.category]
        return json.dumps(says, ensure_ascii=False, default=str)


@dataclass(frozen=True)
class RuleVote:
    """What one rule, or one cell, says of a row's status."""

    status: Status
    kind: RuleKind
    name: str = ""
    """Empty where it is no rule of the staff's own."""
    address: str | None = None
    """Where it stands: `规则!A5`, `F12`, `itemsync.toml:12`."""
    since: datetime | None = None
    """The shop's time of the event that it speaks of, such as last night's 23:00; None: it speaks of no clock."""

    def words(self, language: Language) -> str:
        """Name it for staff: 库存规则“清仓”（规则!A5）."""
        if self.address is None:
            return self.kind.words(language)
        code = "rule.named" if self.name else "rule.cell"
        return say(code, kind=self.kind, name=self.name, address=self.address).words(language)


@dataclass(frozen=True)
class OpenWindow:
    """A campaign price that holds now, and who says so."""

    window: PriceWindow
    name: str = ""
    """The rule's; empty where the row's own cells say it."""
    address: str | None = None

    def words(self, language: Language) -> str:
        """Name it for staff: 活动价（H12）."""
        code = "rule.named" if self.name else "rule.cell"
        return say(code, kind=RuleKind.PRICE_WINDOW, name=self.name, address=self.address).words(language)


@dataclass(frozen=True)
class Ruling:
    """What the rules come to for one row; where none says anything there is no ruling."""

    asks: RuleVote
    """The strongest that speaks: its status stands in for the row's 目标状态."""
    no_stock: bool = False
    """Whether it asks for 有效, and there is nothing to sell."""
    said: Mapping[str, Status] = field(default_factory=dict)
    """What each rule said, the overruled ones too, by `Rule.key`."""
    overruled: tuple[RuleVote, ...] = ()
    """Those that say otherwise, the strongest first."""
    since: datetime | None = None
    """The shop's time of the latest event that asks for this status: tonight's 23:00, though a stronger rule has
    said the same since last week. None: no clock made it so."""

    @property
    def by(self) -> RuleVote:
        """Who decides."""
        return RuleVote(Status.INACTIVE, RuleKind.NO_STOCK) if self.no_stock else self.asks

    @property
    def status(self) -> Status:
        """The status that comes of it."""
        return self.by.status

    def remembered(self) -> LastRuling:
        """Return what state keeps of it."""
        return LastRuling(self.status, self.by.kind.value, self.by.name, self.said, self.since)
