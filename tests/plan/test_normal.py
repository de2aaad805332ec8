"""docs/reference/three-way.md#reading-back: what a platform may make of what it is sent."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import INVENTORY, PRICE, STATUS, TITLE
from sync.item import Opaque, Status, Value
from sync.plan.normal import normal_form, own_forms

LONG = "法式美甲 " * 9

FORMS: list[tuple[str, str, Value, Value]] = [
    ("spaces folded", TITLE, "猫眼  美甲", "猫眼 美甲"),
    ("spaces at the ends", TITLE, " 猫眼 ", "猫眼"),
    ("a line break folded", TITLE, "猫眼\n美甲", "猫眼 美甲"),
    ("wide spaces folded", TITLE, "猫眼\u3000\u3000美甲", "猫眼 美甲"),
    ("an entity", TITLE, "A&B", "A&amp;B"),
    ("entities of quotes", TITLE, "5'6\"", "5&#39;6&quot;"),
    ("an entity taken for a sign", TITLE, "A&amp;B", "A&B"),
    ("an entity that staff typed, written as one more", TITLE, "A&amp;B", "A&amp;amp;B"),
    ("an entity of an entity, taken for one", TITLE, "A&amp;lt;B", "A&lt;B"),
    ("spaces as entities", TITLE, "A&nbsp;&nbsp;B", "A B"),
    ("a cut after wide spaces", TITLE, "猫眼\u3000\u3000美甲 法式", "猫眼\u3000\u3000美甲"),
    ("a cut", TITLE, LONG, LONG[:30]),
    ("a cut within an entity", TITLE, "A & B 猫眼", "A &am"),
    ("folded and cut", "品牌", "a  b  c  d", "a b c"),
    ("whole yuan, down", PRICE, 100_099, 100_000),
    ("whole yuan, up", PRICE, 100_050, 100_100),
]
OTHERS: list[tuple[str, str, Value | None, Value | None]] = [
    ("the same", TITLE, "猫眼", "猫眼"),
    ("another text", TITLE, "猫眼", "法式"),
    ("more than was sent", TITLE, "猫眼", "猫眼美甲"),
    ("spaces that weren't sent", TITLE, "猫眼美甲", "猫眼 美甲"),
    ("nothing", TITLE, "猫眼", ""),
    ("absent", TITLE, "猫眼", None),
    ("removed and still there", "品牌", None, "OPI"),
    ("the end of it", TITLE, "猫眼美甲", "美甲"),
    ("another case", TITLE, "OPI", "opi"),
    ("another yuan", PRICE, 100_099, 100_200),
    ("not whole", PRICE, 100_099, 100_090),
    ("free", PRICE, 50, 0),
    ("units aren't fen", INVENTORY, 150, 100),
    ("a status", STATUS, Status.ACTIVE, Status.INACTIVE),
    ("an object", "品牌", "OPI", Opaque('{"a": 1}')),
]


@pytest.mark.parametrize(("path", "sent", "kept"), [pytest.param(*case, id=name) for name, *case in FORMS])
def test_a_form_of_the_platforms_own(path: str, sent: Value, kept: Value) -> None:
    assert normal_form(path, sent, kept)


@pytest.mark.parametrize(("path", "sent", "kept"), [pytest.param(*case, id=name) for name, *case in OTHERS])
def test_another_value(path: str, sent: Value | None, kept: Value | None) -> None:
    assert not normal_form(path, sent, kept)


@given(st.lists(st.sampled_from("ab猫&<  \n"), min_size=1).map("".join), st.integers(1, 9))
def test_what_a_normalising_platform_keeps(sent: str, most: int) -> None:
    kept = escape(" ".join(sent.split()), quote=False)[:most]
    assert normal_form(TITLE, sent, kept) or kept in (sent, "")


@given(st.integers(1, 10**9))
def test_a_rounded_price(sent: int) -> None:
    down, up = sent // 100 * 100, -(-sent // 100) * 100
    assert normal_form(PRICE, sent, up) is (up != sent)
    assert normal_form(PRICE, sent, down) is (down not in (sent, 0))
    assert not normal_form(PRICE, sent, up + 100)


def test_several_fields_of_a_row_are_told_in_one_sentence() -> None:
    told = own_forms(((TITLE, "猫眼  美甲", "猫眼 美甲"), (PRICE, 256_080, 256_100)))
    assert told.words("zh") == (
        "标题：发送的是 猫眼  美甲，平台保存为 猫眼 美甲；价格：发送的是 ¥2560.80，平台保存为 ¥2561.00。"
        "以后不再当作差别，不用处理。"
    )
    assert told.words("en").count("From now on that is no difference") == 1
