"""The error table (TOP-PROTOCOL section 3): the code → what kind of no. The words are in messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sync.gateway.protocol import Failure
from sync.messages import Message, say


class Kind(StrEnum):
    """What an error means for the calls that follow."""

    WAIT = "wait"
    """A limit: no call passes until it is over."""
    LATER = "later"
    """The platform's own trouble: later may do."""
    ROW = "row"
    """This call will never pass; the next item's may."""
    SESSION = "session"
    """The access token isn't accepted; a newer one may be."""
    STOP = "stop"
    """No call will pass: a permission, a credential, or a bug."""


@dataclass(frozen=True)
class Rule:
    """One line of the table."""

    codes: frozenset[int]
    sub_code: str
    """A pattern that the sub-code must match from its start; empty: any."""
    kind: Kind
    again: bool
    """Whether another try may pass."""
    executed: bool
    """Whether a write may have been executed all the same."""
    message: str


def _codes(*numbers: int | range) -> frozenset[int]:
    return frozenset(n for part in numbers for n in (part if isinstance(part, range) else (part,)))


_BUSINESS = range(100, 1000)

RULES: tuple[Rule, ...] = (
    # codes, sub-code, kind, again, executed, message
    Rule(_codes(4, 5, 6, 7, 8), "", Kind.WAIT, True, False, "gateway.limited"),
    Rule(_codes(10), "", Kind.LATER, True, True, "gateway.later"),
    Rule(_codes(15, _BUSINESS), r"is[pm]\.", Kind.LATER, True, True, "gateway.later"),
    Rule(_codes(15), r"isv\.", Kind.ROW, False, False, "gateway.refused"),
    # Only `isv.*` is the caller's fault; of any other, or of none, nobody knows whether a write was executed.
    Rule(_codes(15), "", Kind.LATER, True, True, "gateway.later"),
    Rule(_codes(26, 27), "", Kind.SESSION, True, False, "gateway.session"),
    Rule(_codes(25), "", Kind.STOP, False, False, "gateway.signature"),
    Rule(_codes(11, 12, 13, 42), "", Kind.STOP, False, False, "gateway.permission"),
    Rule(_codes(31), "", Kind.STOP, False, False, "gateway.clock"),
    Rule(_codes(range(21, 25), range(28, 31), range(32, 35)), "", Kind.STOP, False, False, "gateway.credentials"),
    Rule(_codes(3, 9, 40, 41, 43, _BUSINESS), "", Kind.ROW, False, False, "gateway.refused"),
)
"""The first line that fits holds."""
UNKNOWN = Rule(_codes(), "", Kind.ROW, False, False, "gateway.refused")
"""An error that no line knows fails its row with the platform's own words."""
NO_BATCHES = _codes(9, 21, 22)
"""What a gateway without a batch route says to a batch: it misses the method, which stands in the segments."""

_BAN = re.compile(r"(\d+)\s+more\s+second")
_LONGEST_BAN = 365 * 86400.0
"""Seconds: no clock can tell the end of just any number, and nobody waits that long."""


@dataclass(frozen=True)
class Treatment:
    """What an error comes to."""

    kind: Kind
    again: bool
    executed: bool
    message: Message
    code: str
    """The platform's code and sub-code, such as `15:isv.item-not-exist`."""
    wait: float | None = None
    """Seconds that the platform told us to wait; None: it told nothing."""


def treat(failure: Failure) -> Treatment:
    """Look an error up in the table."""
    rule = next((rule for rule in RULES if _fits(rule, failure)), UNKNOWN)
    code = f"{failure.code}:{failure.sub_code}" if failure.sub_code else str(failure.code)
    words = failure.sub_message or failure.message or code
    ban = _BAN.search(failure.sub_message or "")
    return Treatment(
        kind=rule.kind,
        again=rule.again,
        executed=rule.executed,
        message=say(rule.message, words=words, code=code),
        code=code,
        wait=min(float(ban.group(1)), _LONGEST_BAN) if ban else None,
    )


def _fits(rule: Rule, failure: Failure) -> bool:
    return failure.code in rule.codes and re.match(rule.sub_code, failure.sub_code or "") is not None
