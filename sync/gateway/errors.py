"""The error table (docs/explanation/platform.md#errors): what an error code means, and which message says so."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sync.gateway.protocol import Failure
from sync.messages import Message, say


class FailureKind(StrEnum):
    """What an error means for this call and those that follow. Only `LATER` may have been executed all the same."""

    WAIT = "wait"
    """A limit: no call passes until it is over."""
    LATER = "later"
    """The platform's own trouble. Another try may pass; a write may have been executed."""
    ROW = "row"
    """This call never passes; the next item's may."""
    SESSION = "session"
    """The access token isn't accepted; a newer one may be."""
    STOP = "stop"
    """No call will pass: a permission, a credential, or a bug."""


@dataclass(frozen=True)
class ErrorRule:
    """One line of the table."""

    kind: FailureKind
    message: str
    codes: frozenset[int] = frozenset()
    """Empty: any."""
    sub_code: str = ""
    """A pattern that the sub-code must match from its start; empty: any."""
    words: str = ""
    """A pattern that must stand somewhere in the platform's words; empty: any."""

    def matches(self, failure: Failure) -> bool:
        """Return whether the line is about this error."""
        return (
            (not self.codes or failure.code in self.codes)
            and re.match(self.sub_code, failure.sub_code or "", re.IGNORECASE) is not None
            and re.search(self.words, _words(failure), re.IGNORECASE) is not None
        )


def _codes(*numbers: int | range) -> frozenset[int]:
    return frozenset(n for part in numbers for n in (part if isinstance(part, range) else (part,)))


def _words(failure: Failure) -> str:
    return f"{failure.sub_message or ''} {failure.message}"


_BAN = re.compile(r"(\d+)\s+more\s+second")
_PLATFORM, _NOT_PLATFORM = r"is[pm]\.", r"(?!is[pm]\.)"
_BUSY = r"系统繁忙|服务繁忙|正忙|请稍[候后]|稍[候后](再试|重试)|超时|timed?[ -]?out|system (is )?busy|try again later"
"""Words of a platform that is busy: the call may have been executed all the same."""
_BUSY_CODES = (
    r"isv\.(item-quantity-item-update-service-error"
    r"|(.*[^a-z])?(system-busy|timeout|time-out|IC_SYSTEM_NOT_READY_TRY_AGAIN_LATER|GENERIC_FAILURE)([^a-z]|$))"
)

_WAIT = partial(ErrorRule, FailureKind.WAIT, "gateway.limited")
_LATER = partial(ErrorRule, FailureKind.LATER, "gateway.later")
_ROW = partial(ErrorRule, FailureKind.ROW, "gateway.refused")
_SESSION = partial(ErrorRule, FailureKind.SESSION)
_STOP = partial(ErrorRule, FailureKind.STOP)

RULES: tuple[ErrorRule, ...] = (
    # A limit says so by its sub-code or its words under whatever code; not where the platform is at fault, too.
    _WAIT(sub_code=r"accesscontrol\.limited-by-"),
    _WAIT(sub_code=_NOT_PLATFORM, words=r"\bthis ban will last for \d+ more second"),
    _WAIT(sub_code=_NOT_PLATFORM, codes=_codes(range(4, 9))),
    _LATER(sub_code=_PLATFORM),
    _LATER(codes=_codes(10)),
    _SESSION("gateway.session", _codes(26, 27)),
    _SESSION("gateway.level", _codes(53)),
    _STOP("gateway.signature", _codes(25)),
    _STOP("gateway.permission", _codes(11, 12, 13, 42)),
    _STOP("gateway.clock", _codes(31)),
    _STOP("gateway.credentials", _codes(range(21, 25), range(28, 31), range(32, 35))),
    _ROW(codes=_codes(3, 9, 40, 41, 43)),
    # By the book `isv.*` is the caller's fault; practice knows some that aren't.
    _LATER(sub_code=_BUSY_CODES),
    _LATER(words=_BUSY),
    _ROW(sub_code=r"isv\."),
    _ROW(codes=_codes(range(501, 1000))),
)
"""The first line that matches holds."""
UNKNOWN = _LATER()
"""Only `isv.*` is the caller's fault: of an error that no line knows, nobody can say whether a write was executed."""
NO_BATCHES = _codes(9, 21, 22)
"""Errors of a gateway without a batch route: it looks for the method in the query, and a batch has it in the body."""

_LONGEST_BAN = 365 * 86400.0
"""Seconds. A ban can name any number, and dates end somewhere."""


@dataclass(frozen=True)
class Treatment:
    """What an error comes to."""

    kind: FailureKind
    message: Message
    code: str
    """The platform's code and sub-code, such as `15:isv.item-not-exist`."""
    wait: float | None = None
    """Seconds that the platform tells us to wait; None: it doesn't say."""


def treat(failure: Failure) -> Treatment:
    """Look an error up in the table."""
    rule = next((rule for rule in RULES if rule.matches(failure)), UNKNOWN)
    code = f"{failure.code}:{failure.sub_code}" if failure.sub_code else str(failure.code)
    words = failure.sub_message or failure.message or code
    message = say(rule.message, words=words, code=code, then=say("gateway.session.login"))
    ban = _BAN.search(_words(failure))
    return Treatment(rule.kind, message, code, min(float(ban.group(1)), _LONGEST_BAN) if ban else None)


def busy(words: str) -> bool:
    """Return whether a no inside a success only says that the platform is busy: the call may have been executed."""
    return re.search(rf"{_BUSY}|{_PLATFORM}", words, re.IGNORECASE) is not None
