"""The checks of a call's public parameters, with the platform's error codes (docs/explanation/platform.md)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sync.gateway.protocol import TIMESTAMP_FORMAT, SignMethod, sign
from sync.item import SHOP_TIME

TIMESTAMP_WINDOW = timedelta(minutes=10)


class Rejected(Exception):
    """An `error_response`: the call went no further."""

    def __init__(self, code: int, message: str, sub_code: str | int = "", sub_message: str = "") -> None:
        """`sub_code` can be a number (docs/explanation/platform.md#errors)."""
        super().__init__(message)
        self.code = code
        self.message = message
        self.sub_code = sub_code
        self.sub_message = sub_message


@dataclass(frozen=True)
class Authorization:
    """One application, and one seller's authorization of it that everyone may use."""

    app_key: str
    app_secret: str
    session: str


@dataclass(frozen=True)
class Visit:
    """A call before it is admitted, and what its parameters are checked against."""

    params: Mapping[str, str]
    methods: Mapping[str, bool]
    """Each method's name, and whether it is called for a seller."""
    credentials: Authorization
    opens: Callable[[str], bool]
    """Whether a session is somebody's authorization, and not expired."""
    now: datetime
    body: str = ""
    """The raw body of a batch, which is signed along with the query's parameters (section 2)."""


@dataclass(frozen=True)
class ParameterCheck:
    """One public parameter: the codes for its absence, and for a value that isn't right."""

    name: str
    missing: int
    invalid: int
    label: str
    """What the platform's words call it."""
    is_right: Callable[[Visit], bool]
    hint: str = ""
    """What a developer who trips over it should know."""
    fault: str = "Invalid"
    """What the platform's words say of a value that isn't right."""


def admit(visit: Visit) -> None:
    """Let a single call in whose public parameters are right; raises Rejected at the first that isn't."""
    _pass(visit, (METHOD, *APPLICATION))
    _admit_seller(visit)


def admit_batch(visit: Visit) -> None:
    """Let a batch in by the parameters of its query; raises Rejected, for all of its calls.

    *Assumed:* a session that isn't valid is refused here, for all; one that is missing is missed call by call.
    """
    _pass(visit, (*APPLICATION, SESSION) if visit.params.get(SESSION.name) else APPLICATION)


def admit_part(visit: Visit) -> None:
    """Let one call of a batch in, by what is its own; raises Rejected, for this call alone."""
    _pass(visit, (METHOD,))
    _admit_seller(visit)


def _admit_seller(visit: Visit) -> None:
    if visit.methods[visit.params["method"]]:
        _pass(visit, (SESSION,))


def _pass(visit: Visit, checks: Iterable[ParameterCheck]) -> None:
    for check in checks:
        absent = not visit.params.get(check.name)
        # Where both have one code, its words are those for a value that isn't right.
        if absent and check.missing != check.invalid:
            raise Rejected(check.missing, f"Missing {check.label}", sub_message=check.hint)
        if absent or not check.is_right(visit):
            raise Rejected(check.invalid, f"{check.fault} {check.label}", sub_message=check.hint)


def _in_time(visit: Visit) -> bool:
    """Text in GMT+8, or epoch milliseconds (section 1: the sandbox takes both)."""
    text = visit.params["timestamp"]
    try:
        if re.fullmatch(r"[0-9]{13}", text):
            moment = datetime.fromtimestamp(int(text) / 1000, UTC)
        else:
            moment = datetime.strptime(text, TIMESTAMP_FORMAT).replace(tzinfo=SHOP_TIME)
    except ValueError:
        return False
    return abs(visit.now - moment) <= TIMESTAMP_WINDOW


def _signed(visit: Visit) -> bool:
    method = visit.params.get("sign_method", SignMethod.MD5)
    if method not in tuple(SignMethod):
        return False
    right = sign(visit.params, visit.credentials.app_secret, SignMethod(method), visit.body)
    return visit.params["sign"] == right


METHOD = ParameterCheck("method", 21, 22, "Method", lambda visit: visit.params["method"] in visit.methods)
_FORMAT_HINT = "this sandbox speaks format=json only; without a format the platform answers in xml"
_TIME_HINT = "yyyy-MM-dd HH:mm:ss in GMT+8 or epoch milliseconds, at most 10 minutes off"
APPLICATION: tuple[ParameterCheck, ...] = (
    # The platform would answer in XML, its default. A client that forgets `format` should notice here.
    ParameterCheck("format", 23, 23, "Format", lambda visit: visit.params["format"] == "json", _FORMAT_HINT),
    ParameterCheck("app_key", 28, 29, "App Key", lambda visit: visit.params["app_key"] == visit.credentials.app_key),
    ParameterCheck("timestamp", 30, 31, "Timestamp", _in_time, _TIME_HINT),
    ParameterCheck(
        "v", 32, 33, "Version", lambda visit: re.fullmatch(r"[0-9]+\.[0-9]+", visit.params["v"]) is not None
    ),
    ParameterCheck("v", 32, 34, "Version", lambda visit: visit.params["v"] == "2.0", fault="Unsupported"),
    ParameterCheck("sign", 24, 25, "Signature", _signed),
)
"""Who calls, which is known before it is asked on whose behalf."""
SESSION = ParameterCheck("session", 26, 27, "Session", lambda visit: visit.opens(visit.params["session"]))
