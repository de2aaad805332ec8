"""The error table of TOP-PROTOCOL section 3, line by line."""

from collections import Counter

import pytest

from sync.gateway.errors import RULES, Kind, treat
from sync.gateway.protocol import Failure

WAIT, LATER, ROW, SESSION, STOP = Kind.WAIT, Kind.LATER, Kind.ROW, Kind.SESSION, Kind.STOP

TABLE = [
    ("upload fail", (3,), "", ROW, "gateway.refused"),
    ("call limits", (4, 5, 6, 7, 8), "accesscontrol.limited-by-api-access-count", WAIT, "gateway.limited"),
    ("method not allowed", (9,), "", ROW, "gateway.refused"),
    ("currently unavailable", (10,), "", LATER, "gateway.later"),
    ("permissions", (11, 12, 13), "", STOP, "gateway.permission"),
    ("the platform's fault", (15,), "isp.top-remote-connection-timeout", LATER, "gateway.later"),
    ("the platform's fault, tmall", (15,), "isp.service-error-tmall", LATER, "gateway.later"),
    ("the middleware's fault", (15,), "ism.demo-busy", LATER, "gateway.later"),
    ("the platform's fault behind a business code", (520, 900), "isp.service-error", LATER, "gateway.later"),
    # The page gives it no line of its own, so a write may have been executed as with any `isp.*`.
    ("the platform's own limit", (15,), "isp.call-limited", LATER, "gateway.later"),
    ("the caller's fault", (15,), "isv.item-not-exist", ROW, "gateway.refused"),
    # Nobody says that a write was not executed, so nobody may think so.
    ("a remote error that says no more", (15,), "", LATER, "gateway.later"),
    ("a remote error of a new kind", (15,), "isx.news", LATER, "gateway.later"),
    ("malformed calls", (21, 22, 23, 24, 28, 29, 30, 32, 33, 34), "", STOP, "gateway.credentials"),
    ("a clock that is wrong", (31,), "", STOP, "gateway.clock"),
    ("signature", (25,), "", STOP, "gateway.signature"),
    ("session", (26, 27), "", SESSION, "gateway.session"),
    ("arguments", (40, 41, 43), "", ROW, "gateway.refused"),
    ("forbidden", (42,), "", STOP, "gateway.permission"),
    ("business", (501, 560, 999), "isv.whatever", ROW, "gateway.refused"),
    ("a code that nobody knows", (77, 100, -1, 0), "", ROW, "gateway.refused"),
]
LINES = [
    pytest.param(code, sub_code, kind, message, id=f"{code} {name}")
    for name, codes, sub_code, kind, message in TABLE
    for code in codes
]


AGAIN = {WAIT: True, LATER: True, SESSION: True, ROW: False, STOP: False}
EXECUTED = {WAIT: False, LATER: True, SESSION: False, ROW: False, STOP: False}


@pytest.mark.parametrize(("code", "sub_code", "kind", "message"), LINES)
def test_what_goes_again_and_what_may_have_been_executed(code: int, sub_code: str, kind: Kind, message: str) -> None:
    treatment = treat(Failure(code, "Remote service error", sub_code or None, "商品不存在"))
    assert (treatment.again, treatment.executed) == (AGAIN[kind], EXECUTED[kind])


SEEN_IN_THE_WILD = (
    "isp.top-remote-connection-timeout",
    "isp.top-remote-service-unavailable",
    "isp.top-remote-connection-control-error",
    "isp.top-remote-unknown-error",
    "isp.remote-connection-error",
    "isp.service-error",
    "isp.call-limited",
)


@pytest.mark.parametrize("ending", ["", "-tmall"])
@pytest.mark.parametrize("sub_code", SEEN_IN_THE_WILD)
def test_the_platforms_own_trouble_may_pass_and_may_have_done_its_work(sub_code: str, ending: str) -> None:
    treatment = treat(Failure(15, "Remote service error", sub_code + ending))
    assert (treatment.kind, treatment.again, treatment.executed) == (LATER, True, True)


def test_no_two_lines_of_the_table_fight_over_a_code() -> None:
    codes = Counter(code for rule in RULES if not rule.sub_code for code in rule.codes)
    assert max(codes.values()) == 1


@pytest.mark.parametrize(("code", "sub_code", "kind", "message"), LINES)
def test_the_table(code: int, sub_code: str, kind: Kind, message: str) -> None:
    treatment = treat(Failure(code, "Remote service error", sub_code or None, "商品不存在"))
    assert (treatment.kind, treatment.message.code) == (kind, message)
    assert treatment.code == (f"{code}:{sub_code}" if sub_code else str(code))


@pytest.mark.parametrize(("code", "sub_code", "kind", "message"), LINES)
def test_staff_are_told_the_code_or_the_platforms_words(code: int, sub_code: str, kind: Kind, message: str) -> None:
    treatment = treat(Failure(code, "Remote service error", sub_code or None, "商品不存在"))
    for told in (treatment.message.words("zh"), treatment.message.words("en")):
        assert treatment.code in told or "商品不存在" in told


@pytest.mark.parametrize(
    ("message", "sub_message", "expected"),
    [
        ("Remote service error", "商品不存在", "商品不存在"),
        ("Invalid arguments:num", None, "Invalid arguments:num"),
        ("Invalid arguments:num", "", "Invalid arguments:num"),
        ("", None, "41"),
    ],
    ids=["the sub-message says most", "else the message", "an empty sub-message says nothing", "else the code"],
)
def test_whose_words(message: str, sub_message: str | None, expected: str) -> None:
    assert treat(Failure(41, message, None, sub_message)).message.args["words"] == expected


@pytest.mark.parametrize(
    ("words", "seconds"),
    [
        ("This ban will last for 1 more seconds", 1.0),
        ("This ban will last for 1 more second", 1.0),
        ("This ban will last for 36000 more seconds", 36000.0),
        ("App call limited. This ban will last for 59 more seconds.", 59.0),
        ("This ban will last for 99999999999999 more seconds", 365 * 86400.0),
        (f"This ban will last for {'9' * 400} more seconds", 365 * 86400.0),
        ("流量控制", None),
        (None, None),
    ],
    ids=["one second", "singular", "ten hours", "a sentence", "ages", "a lie", "no number", "no words"],
)
def test_how_long_a_ban_lasts(words: str | None, seconds: float | None) -> None:
    assert treat(Failure(7, "App Call Limited", "accesscontrol.limited-by-app-access-count", words)).wait == seconds
