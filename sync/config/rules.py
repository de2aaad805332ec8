"""The profile's own rules: `[[profiles.NAME.rules]]`, beside those of the workbook's sheet 规则
(docs/reference/rules.md).

    [[profiles.default.rules]]
    kind = "daily"
    on = "08:00"
    off = "23:00"
    category = "丽人>美甲"

Without `codes` or a `category` a rule is for all rows. Times are the shop's own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from datetime import date, datetime, time
from typing import Any, NamedTuple

from sync.config.values import BadValue, Number, Reader, bad, list_of, one_of, table, table_of, text
from sync.fields import HIGHEST_COUNT, HIGHEST_PRICE, LOWEST_PRICE
from sync.item import PriceWindow, fen
from sync.rule import Campaign, Daily, PriceRange, Terms, Thresholds


class RuleSettings(NamedTuple):
    """One rule of a profile."""

    terms: Terms
    name: str
    codes: tuple[str, ...]
    category: str
    """`丽人>美甲`, or one of the two names."""
    said: Mapping[str, object]
    """What the file says, by its keys."""


def rule(value: object) -> RuleSettings:
    """Read one rule; raises BadValue for the first thing that is wrong."""
    if "kind" not in table(value):
        raise bad("missing")
    kind = _KINDS[one_of(_KINDS)(table(value)["kind"])]
    said = table_of({**_SHARED, **kind.keys})(value)
    if said.get("codes") and said.get("category"):
        raise bad("two_scopes")
    if not kind.needed <= said.keys():
        raise bad("missing")
    terms = kind.terms({key: said.get(key) for key in kind.keys})
    return RuleSettings(terms, said.get("name", ""), said.get("codes", ()), said.get("category", ""), said)


class _RuleKind(NamedTuple):
    keys: Mapping[str, Reader]
    terms: Callable[[Mapping[str, Any]], Terms]
    needed: Set[str] = frozenset()


def _daily(said: Mapping[str, Any]) -> Daily:
    on, off = said["on"], said["off"]
    if on == off or {on, off} == {None, time.min}:
        raise bad("daily")
    return Daily(on, off)


def _campaign(said: Mapping[str, Any]) -> Campaign:
    if said["start"] >= said["end"]:
        raise bad("campaign")
    return Campaign(**said)


def _price(said: Mapping[str, Any]) -> PriceRange:
    lowest, highest = (None if said[key] is None else fen(said[key]) for key in ("lowest", "highest"))
    if (lowest is None and highest is None) or (lowest is not None and highest is not None and lowest > highest):
        raise bad("price_rule")
    return PriceRange(lowest, highest)


def _window(said: Mapping[str, Any]) -> PriceWindow:
    if said["start"] >= said["end"]:
        raise bad("campaign")
    return PriceWindow(fen(said["price"]), said["start"], said["end"])


def _stock(said: Mapping[str, Any]) -> Thresholds:
    if said["off_at"] >= said["on_at"]:
        raise bad("stock_rule")
    return Thresholds(**said)


def time_of_day(value: object) -> time:
    """Read an hour, such as 08:00; raises BadValue."""
    try:
        found = value if isinstance(value, time) else time.fromisoformat(text(value))
    except (BadValue, ValueError):
        raise bad("time") from None
    if found.tzinfo:
        raise bad("time_without_zone")
    return found


def moment(value: object) -> datetime:
    """Read a date and time, without a zone; raises BadValue."""
    try:
        found = datetime.fromisoformat(str(value) if isinstance(value, date) else text(value))
    except (BadValue, ValueError):
        raise bad("date_and_time") from None
    if found.tzinfo:
        raise bad("date_and_time")
    return found


def _yuan(value: object) -> str:
    try:
        within = LOWEST_PRICE <= fen(text(value)) <= HIGHEST_PRICE
    except ArithmeticError:
        within = False
    if not within:
        raise bad("yuan")
    return text(value)


def _code(value: object) -> str:
    code = text(value)
    if not code or code != code.strip():
        raise bad("code")
    return code


def _codes(value: object) -> tuple[str, ...]:
    codes: tuple[str, ...] = list_of(_code)(value)
    if not codes:
        raise bad("no_codes")
    return codes


_units = Number(0, HIGHEST_COUNT, whole=True)
_SHARED: Mapping[str, Reader] = {"name": text, "codes": _codes, "category": text, "kind": text}
_KINDS: Mapping[str, _RuleKind] = {
    "daily": _RuleKind({"on": time_of_day, "off": time_of_day}, _daily),
    "campaign": _RuleKind({"start": moment, "end": moment}, _campaign, {"start", "end"}),
    "price": _RuleKind({"lowest": _yuan, "highest": _yuan}, _price),
    "stock": _RuleKind({"off_at": _units, "on_at": _units}, _stock, {"off_at", "on_at"}),
    "price-window": _RuleKind({"price": _yuan, "start": moment, "end": moment}, _window, {"price", "start", "end"}),
}
