"""The error table (TOP-PROTOCOL section 3): the code → what kind of no. The words are in messages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sync.gateway.protocol import Failure
from sync.messages import Message, say


class Kind(StrEnum):
    """What a client does about an error."""

    WAIT = "wait"
    """A limit: the call was not executed; wait as long as told, then send it again."""
    LATER = "later"
    """The platform's own trouble: later may do, and a write may have been executed all the same."""
    ROW = "row"
    """This call will never pass; the next item's may."""
    SESSION = "session"
    """The access token isn't accepted."""
    STOP = "stop"
    """No call will pass: a permission, a credential, or a bug."""


@dataclass(frozen=True)
class Rule:
    """One line of the table."""

    codes: frozenset[int]
    kind: Kind
    message: str
    sub_code: str = ""
    """A pattern that the sub-code must match from its start; empty: any."""


def _codes(*numbers: int | range) -> frozenset[int]:
    return frozenset(n for part in numbers for n in (part if isinstance(part, range) else (part,)))


RULES: tuple[Rule, ...] = (
    Rule(_codes(4, 5, 6, 7, 8), Kind.WAIT, "gateway.limited"),
    Rule(_codes(10), Kind.LATER, "gateway.later"),
    # Only `isv.*` is the caller's fault; of any other, or of none, nobody knows whether a write was executed.
    Rule(_codes(15), Kind.LATER, "gateway.later", r"(?!isv\.)"),
    Rule(_codes(26, 27), Kind.SESSION, "gateway.session"),
    Rule(_codes(25), Kind.STOP, "gateway.signature"),
    Rule(_codes(11, 12, 13, 42), Kind.STOP, "gateway.permission"),
    Rule(_codes(range(21, 25), range(28, 35)), Kind.STOP, "gateway.credentials"),
)
"""The first line that fits holds; an error that no line knows fails its row with the platform's own words."""

_BAN = re.compile(r"(\d+)\s+more\s+second")


@dataclass(frozen=True)
class Treatment:
    """What an error comes to."""

    kind: Kind
    message: Message
    code: str
    """The platform's code and sub-code, such as `15:isv.item-not-exist`."""
    wait: float | None = None
    """Seconds that the platform told us to wait; None: it told nothing."""


def treat(failure: Failure) -> Treatment:
    """Look an error up in the table."""
    rule = next((rule for rule in RULES if _fits(rule, failure)), None)
    code = f"{failure.code}:{failure.sub_code}" if failure.sub_code else str(failure.code)
    words = failure.sub_message or failure.message or code
    ban = _BAN.search(failure.sub_message or "")
    return Treatment(
        kind=rule.kind if rule else Kind.ROW,
        message=say(rule.message if rule else "gateway.refused", words=words, code=code),
        code=code,
        wait=float(ban.group(1)) if ban else None,
    )


def _fits(rule: Rule, failure: Failure) -> bool:
    return failure.code in rule.codes and re.match(rule.sub_code, failure.sub_code or "") is not None
