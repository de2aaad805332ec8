"""The profile's own rules: `[[profiles.NAME.rules]]`, beside those of the workbook's sheet 规则 (DESIGN section 7).

    [[profiles.default.rules]]
    kind = "daily"
    on = "08:00"
    off = "23:00"
    category = "丽人>美甲"

Without `codes` or a `category` a rule is for all rows. Times are the shop's own.
"""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal, NoReturn, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, NaiveDatetime, model_validator

from sync.config.reasons import wrong
from sync.fields import HIGHEST_COUNT, HIGHEST_PRICE, LOWEST_PRICE
from sync.item import fen
from sync.rule import Campaign, Daily, PriceRange, Thresholds


def zone_name(value: str) -> str:
    """Return `value` if it names a time zone; raises PydanticCustomError if not."""
    try:
        ZoneInfo(value)
    except (OSError, ValueError, LookupError):
        raise wrong("zone") from None
    return value


def _without_zone(value: time) -> time:
    return value if value.tzinfo is None else _no("time_without_zone")


def _yuan(value: str) -> str:
    try:
        within = LOWEST_PRICE <= fen(value) <= HIGHEST_PRICE
    except ArithmeticError:
        within = False
    return value if within else _no("yuan")


def _code(value: str) -> str:
    return value if value and value == value.strip() else _no("code")


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    return value or _no("no_codes")


def _no(reason: str) -> NoReturn:
    raise wrong(reason)


class _Rule(BaseModel):
    """What rules of all kinds have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = ""
    codes: Annotated[tuple[Annotated[str, AfterValidator(_code)], ...], AfterValidator(_some)] = ()
    category: str = ""
    """`丽人>美甲`, or one of the two names."""

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if self.codes and self.category:
            _no("two_scopes")
        return self


_Time = Annotated[time, AfterValidator(_without_zone)]
_Yuan = Annotated[str, AfterValidator(_yuan)]
_Units = Annotated[int, Field(ge=0, le=HIGHEST_COUNT)]


class DailyRule(_Rule):
    """On sale from `on` to `off`, every day."""

    kind: Literal["daily"]
    on: _Time | None = None
    off: _Time | None = None

    @property
    def terms(self) -> Daily:
        """What the rule asks for."""
        return Daily(self.on, self.off)

    @model_validator(mode="after")
    def _two_times(self) -> Self:
        if self.on == self.off or {self.on, self.off} == {None, time.min}:
            _no("daily")
        return self


class CampaignRule(_Rule):
    """On sale from `start` to `end`."""

    kind: Literal["campaign"]
    start: NaiveDatetime
    end: NaiveDatetime

    @property
    def terms(self) -> Campaign:
        """What the rule asks for."""
        return Campaign(self.start, self.end)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            _no("campaign")
        return self


class PriceRule(_Rule):
    """On sale as long as the price is between `lowest` and `highest`, in yuan."""

    kind: Literal["price"]
    lowest: _Yuan | None = None
    highest: _Yuan | None = None

    @property
    def terms(self) -> PriceRange:
        """What the rule asks for."""
        lowest, highest = (None if bound is None else fen(bound) for bound in (self.lowest, self.highest))
        return PriceRange(lowest, highest)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        lowest, highest = self.terms.lowest, self.terms.highest
        if (lowest is None and highest is None) or (lowest is not None and highest is not None and lowest > highest):
            _no("price_rule")
        return self


class StockRule(_Rule):
    """Off at `off_at` units or fewer, on again at `on_at` or more."""

    kind: Literal["stock"]
    off_at: _Units
    on_at: _Units

    @property
    def terms(self) -> Thresholds:
        """What the rule asks for."""
        return Thresholds(self.off_at, self.on_at)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.off_at >= self.on_at:
            _no("stock_rule")
        return self


RuleSettings = Annotated[DailyRule | CampaignRule | PriceRule | StockRule, Field(discriminator="kind")]
"""One rule of a profile."""
KEYS = tuple(
    dict.fromkeys(key for model in (DailyRule, CampaignRule, PriceRule, StockRule) for key in model.model_fields)
)
"""All that can be set of a rule."""
