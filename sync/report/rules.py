"""Rules in words, as a list of them tells of each."""

from __future__ import annotations

from datetime import datetime, time

from sync.fields import PRICE
from sync.item import PriceWindow
from sync.messages import Language, Worded, clauses, listed, say
from sync.rule import Campaign, Daily, PriceRange, Rule
from sync.values import Shown

_FEW = 10
"""Codes that are named; of more, the first."""


def says(rule: Rule) -> Worded:
    """Say what a rule asks for."""
    terms = rule.terms
    match terms:
        case Daily():
            parts = (("on", terms.on), ("off", terms.off))
            return clauses(say(f"rule.says.{name}", at=_clock(at)) for name, at in parts if at is not None)
        case Campaign():
            return say("rule.says.campaign", start=_moment(terms.start), end=_moment(terms.end))
        case PriceRange():
            bounds = (("lowest", terms.lowest), ("highest", terms.highest))
            return clauses(say(f"rule.says.{name}", price=Shown(PRICE, at)) for name, at in bounds if at is not None)
        case PriceWindow():
            span = {"start": _moment(terms.start), "end": _moment(terms.end)}
            return say("rule.says.price_window", price=Shown(PRICE, terms.price), **span)
    return say("rule.says.stock", off=terms.off_at, on=terms.on_at)


def covers(rule: Rule, language: Language) -> str:
    """Say which rows a rule is for."""
    if rule.scope.codes:
        codes = sorted(rule.scope.codes)
        return listed(codes[:_FEW]).words(language) + ("…" if codes[_FEW:] else "")
    return ">".join(rule.scope.category) or say("rule.all").words(language)


def _clock(at: time) -> str:
    return f"{at:%H:%M}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
