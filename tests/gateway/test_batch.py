"""Batches without a wire: what is written, as somebody else reads it, and how answers are cut apart."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.gateway.batch import SEPARATOR, address, compose, split
from sync.gateway.protocol import Garbled, SignMethod, sign

Params = dict[str, str]
TEXTS = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["", "N", SEPARATOR, f"杯{SEPARATOR}猫", "#PUBLIC#", "a=b&c=d", "猫爪杯 😺 +1%", "\r\n", "\x00\x1f"]
)
NAMES = st.sampled_from(["item_id", "item_json", "json", "num", "名"])
METHODS = st.sampled_from(["taobao.open.item.get", "taobao.open.item.modify", "taobao.open.item.id.generate"])
CALLS = st.lists(st.tuples(METHODS, st.dictionaries(NAMES, TEXTS)), min_size=2, max_size=6)


def read(body: str) -> list[Params]:
    """Read a batch by the words of docs/explanation/platform.md#batches, one after another."""
    segments = body.split("\r\n-S-\r\n")
    public: Params = {}
    if segments[0].startswith("#PUBLIC#"):
        public = _pairs(segments.pop(0)[8:])
    return [{**public, **({} if one == "N" else _pairs(one))} for one in segments]


def _pairs(text: str) -> Params:
    return dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))


@given(CALLS)
def test_what_is_written_is_what_is_read(calls: list[tuple[str, Params]]) -> None:
    body = compose(calls)
    assert body.isascii()
    assert read(body) == [{"method": method, **params} for method, params in calls]


def test_a_method_that_all_share_is_written_once() -> None:
    calls = [("m", {"item_id": "1"}), ("m", {}), ("m", {"item_id": "猫"})]
    assert compose(calls) == "#PUBLIC#method=m\r\n-S-\r\nitem_id=1\r\n-S-\r\nN\r\n-S-\r\nitem_id=%E7%8C%AB"


def test_methods_that_differ_stand_in_their_segments() -> None:
    assert compose([("m", {"a": ""}), ("n", {})]) == "method=m&a=\r\n-S-\r\nmethod=n"


@given(st.lists(st.binary().filter(lambda part: b"-S-" not in part), min_size=1, max_size=20))
def test_answers_are_cut_apart_in_their_order(parts: list[bytes]) -> None:
    assert split(b"\r\n-S-\r\n".join(parts), len(parts)) == parts


@pytest.mark.parametrize("calls", [1, 2, 4, 20])
def test_an_answer_too_many_or_too_few_is_no_answer(calls: int) -> None:
    with pytest.raises(Garbled):
        split(b"{}\r\n-S-\r\n{}\r\n-S-\r\n{}", calls)


def test_batches_go_beside_the_single_calls() -> None:
    assert address("https://eco.taobao.com/router/rest") == "https://eco.taobao.com/router/batch"


QUERY = {"app_key": "test", "session": "test", "timestamp": "2013-05-06 13:52:03", "v": "2.0", "format": "json"}
BODY = compose(
    [("taobao.open.item.get", {"item_id": "1"}), ("taobao.open.item.modify", {"json": "猫爪杯😺", "a": ""})]
)
VECTORS = [
    (SignMethod.MD5, "116344F7ADCF3257B62F7715FD7B57E2"),
    (SignMethod.HMAC, "58049C85EDC5C9CCFC421A393E7C1EC3"),
    (SignMethod.HMAC_SHA256, "06AB6BB84EC980FE30509C4F99CF72A6F505A86B600DD5C0F2FE2A1F32E7287B"),
]
"""Made with the `openssl` command line, from section 2's words."""


@pytest.mark.parametrize(("method", "signature"), VECTORS, ids=str)
def test_a_batchs_signature_covers_its_body(method: SignMethod, signature: str) -> None:
    query = {**QUERY, "sign_method": method.value}
    assert sign(query, "test", method, BODY) == signature
    assert sign({**query, "empty": ""}, "test", method, BODY) == signature
    assert sign(query, "test", method, BODY + " ") != signature
