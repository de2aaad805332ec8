"""The error table of docs/explanation/platform.md#errors, line by line."""

from collections import Counter

import pytest

from sync.gateway.errors import RULES, FailureKind, treat
from sync.gateway.protocol import Failure

WAIT, LATER, ROW, SESSION, STOP = (
    FailureKind.WAIT,
    FailureKind.LATER,
    FailureKind.ROW,
    FailureKind.SESSION,
    FailureKind.STOP,
)

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
    # Both are parents of what stands behind them: some real bodies say 50.
    ("the platform's fault", (50,), "isp.top-remote-connection-timeout", LATER, "gateway.later"),
    ("the platform's fault, tmall", (50,), "isp.top-remote-connection-timeout-tmall", LATER, "gateway.later"),
    ("the caller's fault", (15, 50), "isv.item-not-exist:invalid-numIid-or-iid", ROW, "gateway.refused"),
    ("a number for a sub-code", (15, 50), "530", LATER, "gateway.later"),
    ("a remote error that says no more", (50,), "", LATER, "gateway.later"),
    ("the platform's fault under any code", (0, 3, 7, 40, 41, 77, 530, 1500), "isp.x", LATER, "gateway.later"),
    ("the middleware's fault under any code", (41, 50, 9000), "ism.x", LATER, "gateway.later"),
    ("busy by its code", (530,), "isp.system-busy", LATER, "gateway.later"),
    ("busy under isv", (15, 50, 530), "isv.item-quantity-item-update-service-error", LATER, "gateway.later"),
    ("busy under isv, tmall", (50,), "isv.item-quantity-item-update-service-error-tmall", LATER, "gateway.later"),
    ("busy under isv, of any kind", (15,), "isv.system-busy", LATER, "gateway.later"),
    ("a time-out under isv", (15, 50), "isv.remote-service-timeout", LATER, "gateway.later"),
    ("not ready", (15,), "isv.item-update-service-error:IC_SYSTEM_NOT_READY_TRY_AGAIN_LATER", LATER, "gateway.later"),
    ("nobody knows why", (50,), "isv.item-update-service-error:GENERIC_FAILURE-tmall", LATER, "gateway.later"),
    (
        "a listing that may not go up",
        (50,),
        "isv.item-listing-service-error:IC_CHECKSTEP_NO_PERMISSION",
        ROW,
        "gateway.refused",
    ),
    ("no such stock", (530,), "isv.error-inventory-invalid-item-quantity", ROW, "gateway.refused"),
    (
        "a limit under any code",
        (15, 50, 900),
        "accesscontrol.limited-by-dynamic-access-count",
        WAIT,
        "gateway.limited",
    ),
    ("a limit, tmall", (15, 7), "accesscontrol.limited-by-app-api-access-count-tmall", WAIT, "gateway.limited"),
    ("the security level", (53,), "", SESSION, "gateway.level"),
    ("the security level, with a sub-code", (53,), "isv.session-level-low", SESSION, "gateway.level"),
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
    ("the caller's fault under any code", (0, 77, 100, 1500), "isv.whatever", ROW, "gateway.refused"),
    # Only `isv.*` and the codes above say that nothing was executed.
    ("a code that nobody knows", (77, 100, -1, 0, 1500), "", LATER, "gateway.later"),
]
LINES = [
    pytest.param(code, sub_code, kind, message, id=f"{code} {name}")
    for name, codes, sub_code, kind, message in TABLE
    for code in codes
]


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
    assert treatment.kind is LATER


def test_no_two_lines_of_the_table_fight_over_a_code() -> None:
    codes = Counter(code for rule in RULES if not (rule.sub_code or rule.words) for code in rule.codes)
    assert max(codes.values()) == 1


@pytest.mark.parametrize(("code", "sub_code", "kind", "message"), LINES)
def test_the_table(code: int, sub_code: str, kind: FailureKind, message: str) -> None:
    treatment = treat(Failure(code, "Remote service error", sub_code or None, "商品不存在"))
    assert (treatment.kind, treatment.message.code) == (kind, message)
    assert treatment.code == (f"{code}:{sub_code}" if sub_code else str(code))


@pytest.mark.parametrize(("code", "sub_code", "kind", "message"), LINES)
def test_staff_are_told_the_code_or_the_platforms_words(
    code: int, sub_code: str, kind: FailureKind, message: str
) -> None:
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


@pytest.mark.parametrize(
    "words",
    [
        "系统繁忙", "系统繁忙，请稍候再试", "请稍后", "库存中心服务正忙", "数据存储服务正忙,请稍候重试",
        "服务繁忙", "调用超时",
        "System busy, try again later", "The request timed out", "Request timeout",
    ],
)  # fmt: skip
@pytest.mark.parametrize(("code", "sub_code"), [(15, "isv.x"), (50, "isv.x"), (530, None), (77, "isv.x"), (15, None)])
@pytest.mark.parametrize("place", ["msg", "sub_msg"])
def test_a_platform_that_is_busy_may_have_done_its_work(
    words: str, code: int, sub_code: str | None, place: str
) -> None:
    said = ("error", words) if place == "sub_msg" else (words, None)
    treatment = treat(Failure(code, said[0], sub_code, said[1]))
    assert treatment.kind is LATER


@pytest.mark.parametrize(
    ("code", "words"),
    [(27, "会话超时"), (11, "系统繁忙"), (41, "请稍后"), (25, "timeout")],
)
def test_what_the_front_door_says_stands_whatever_its_words(code: int, words: str) -> None:
    assert treat(Failure(code, words, None, words)).kind is not LATER


@pytest.mark.parametrize("code", [7, 15, 50, 77])
def test_a_ban_says_how_long_it_lasts_under_any_code(code: int) -> None:
    for sub_code in (None, "isv.x", "530"):
        treatment = treat(Failure(code, "This ban will last for 9 more seconds", sub_code))
        assert (treatment.kind, treatment.wait) == (WAIT, 9.0)


def test_where_the_platform_is_at_fault_too_nobody_knows() -> None:
    assert treat(Failure(50, "error", "isp.service-error", "This ban will last for 9 more seconds")).kind is LATER


@pytest.mark.parametrize("sub_code", ["ISP.service-error", "isp.", "ISM.x"])
def test_a_sub_code_in_any_case(sub_code: str) -> None:
    assert treat(Failure(41, "error", sub_code)).kind is LATER
