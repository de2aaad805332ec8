"""The protocol against its published vectors, a hand calculation of its rules, and everything a wire can bring."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.gateway.protocol import (
    Failure,
    Garbled,
    SignMethod,
    Success,
    envelope_name,
    parse,
    read_json,
    sign,
    timestamp,
)
from sync.item import SHOP_TIME

PUBLISHED = {
    "app_key": "test",
    "fields": "nick",
    "format": "xml",
    "method": "taobao.user.seller.get",
    "session": "test",
    "timestamp": "2013-05-06 13:52:03",
    "v": "2.0",
}
VECTORS = {
    SignMethod.MD5: "72CB4D809B375A54502C09360D879C64",
    SignMethod.HMAC: "FA15A9D5B42AB2D6F3397843851ED09A",
    SignMethod.HMAC_SHA256: "267B9C1C7A2FE1CE413DBB95E596616D32107AE0992BE2C22143CFCE303E8E34",
}


@pytest.mark.parametrize(("method", "expected"), VECTORS.items(), ids=str)
def test_the_published_vectors(method: SignMethod, expected: str) -> None:
    assert sign(PUBLISHED | {"sign_method": method.value}, "test", method) == expected


@pytest.mark.parametrize("method", SignMethod, ids=str)
@pytest.mark.parametrize(
    "extra",
    [{"sign": "0123"}, {"empty": ""}, {"": "no name"}, {"sign": "", "": "", "z": ""}],
    ids=["the signature itself", "an empty value", "an empty name", "all of them"],
)
def test_what_is_not_signed(method: SignMethod, extra: dict[str, str]) -> None:
    assert sign(PUBLISHED | extra, "test", method) == sign(PUBLISHED, "test", method)


@pytest.mark.parametrize(
    ("params", "joined"),
    [
        ({"b": "2", "a": "1"}, "a1b2"),
        ({"a": "1", "B": "2"}, "B2a1"),
        ({"title": "猫爪杯 19.9元"}, "title猫爪杯 19.9元"),
        ({"title": "好评👍🏻", "é": "1"}, "title好评👍🏻é1"),
        ({"\uffee": "1", "\U0001f600": "2"}, "\uffee1\U0001f6002"),
        ({"a": "x&y=z%20+"}, "ax&y=z%20+"),
    ],
    ids=["sorted", "byte order", "Chinese", "emoji", "beyond the basic plane", "never URL-encoded"],
)
@pytest.mark.parametrize("body", ["", "method=a&x=%E7%8C%AB\r\n-S-\r\nN"], ids=["no body", "a batch body"])
def test_how_the_text_is_joined(params: Mapping[str, str], joined: str, body: str) -> None:
    text, key = (joined + body).encode(), "密钥".encode()
    assert sign(params, "密钥", SignMethod.MD5, body) == hashlib.md5(key + text + key).hexdigest().upper()
    assert sign(params, "密钥", SignMethod.HMAC, body) == hmac.new(key, text, "md5").hexdigest().upper()
    assert sign(params, "密钥", SignMethod.HMAC_SHA256, body) == hmac.new(key, text, "sha256").hexdigest().upper()


@given(st.dictionaries(st.text(), st.text()))
def test_names_are_sorted_as_bytes(params: dict[str, str]) -> None:
    kept = {name: value for name, value in params.items() if name and value and name != "sign"}
    joined = b"".join(name.encode() + kept[name].encode() for name in sorted(kept, key=str.encode))
    assert sign(params, "s", SignMethod.HMAC) == hmac.new(b"s", joined, "md5").hexdigest().upper()


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 21, 16, 0, 1, tzinfo=UTC), "2026-11-22 00:00:01"),
        (datetime(2026, 11, 21, 8, 30, tzinfo=SHOP_TIME), "2026-11-21 08:30:00"),
        (datetime(2026, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=-5))), "2027-01-01 12:59:59"),
    ],
    ids=["from UTC", "as it stands", "over the new year"],
)
def test_timestamps_are_in_the_platforms_time(moment: datetime, expected: str) -> None:
    assert timestamp(moment) == expected


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        timestamp(datetime(2026, 11, 21))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("taobao.open.item.get", "open_item_get_response"),
        ("taobao.open.item.inventory.incr", "open_item_inventory_incr_response"),
        ("taobao.item.update.listing", "item_update_listing_response"),
    ],
)
def test_the_envelope_is_named_after_the_method(method: str, expected: str) -> None:
    assert envelope_name(method) == expected


ANSWERS = {
    "fields directly": (
        b'{"open_item_get_response": {"success": true, "item": "{}", "request_id": "abc"}}',
        Success({"success": True, "item": "{}", "request_id": "abc"}, "abc"),
    ),
    "fields in a result": (
        b'{"open_item_publish_response": {"result": {"success": true, "item_id": 7}, "request_id": "r"}}',
        Success({"success": True, "item_id": 7, "request_id": "r"}, "r"),
    ),
    "a result that is a field": (
        b'{"x_response": {"result": true}}',
        Success({"result": True}),
    ),
    "the request id inside the result": (
        b'{"x_response": {"result": {"request_id": "in"}}}',
        Success({"request_id": "in"}, "in"),
    ),
    "fractions are exact": (b'{"x_response": {"price": 19.90}}', Success({"price": Decimal("19.90")})),
    "a byte order mark": (b'\xef\xbb\xbf{"x_response": {}}', Success({})),
    "raw control characters": (b'{"x_response": {"message": "a\tb\nc\x01"}}', Success({"message": "a\tb\nc\x01"})),
    "Chinese and emoji": ('{"x_response": {"m": "好\\ud83d\\udc4d"}}'.encode(), Success({"m": "好👍"})),
    "an error": (
        b'{"error_response": {"code": 15, "msg": "Remote service error", "sub_code": "isv.x", "sub_msg": "no",'
        b' "request_id": "q"}}',
        Failure(15, "Remote service error", "isv.x", "no", "q"),
    ),
    "an error's code as text": (b'{"error_response": {"code": "7", "msg": "m"}}', Failure(7, "m")),
    "an error of few words": (b'{"error_response": {"code": 27}}', Failure(27, "")),
}


@pytest.mark.parametrize(("body", "expected"), ANSWERS.values(), ids=ANSWERS.keys())
def test_answers(body: bytes, expected: Success | Failure) -> None:
    assert parse(body) == expected


GARBLED = {
    "empty": b"",
    "blank": b" \r\n",
    "a proxy's page": b"<html><body>502 Bad Gateway</body></html>",
    "a page after a blank line": b"\n<!DOCTYPE html>",
    "xml": b"<error_response><code>27</code></error_response>",
    "truncated": b'{"open_item_get_response": {"success": tru',
    "truncated after a value": b'{"open_item_publish_response": {"success": true',
    "two answers": b'{"a_response": {}}{"a_response": {}}',
    "no envelope": b'{"success": true}',
    "two envelopes": b'{"open_item_get_response": {"success": true}, "error_response": {"code": 7}}',
    "a list": b'[{"open_item_get_response": {}}]',
    "a number": b"15",
    "null": b"null",
    "an envelope that is a text": b'{"open_item_get_response": "ok"}',
    "an envelope that is null": b'{"open_item_get_response": null}',
    "an error that is a list": b'{"error_response": []}',
    "an error without a code": b'{"error_response": {"msg": "no"}}',
    "an error whose code is a word": b'{"error_response": {"code": "isv.x", "msg": "no"}}',
    "an error whose code is true": b'{"error_response": {"code": true}}',
    "an error whose code is a fraction": b'{"error_response": {"code": 7.5}}',
    "an error whose words are a list": b'{"error_response": {"code": 7, "msg": ["no"]}}',
    "an error whose words are true": b'{"error_response": {"code": 7, "sub_msg": true}}',
    "two opposite words": b'{"x_response": {"success": true, "result": {"success": false}}}',
    "not UTF-8": '{"x_response": {"message": "好"}}'.encode("gbk"),
    "half an emoji": b'{"x_response": {"message": "\\ud83d"}}',
    "no number": b'{"x_response": {"price": NaN}}',
    "a number beyond all bounds": b'{"x_response": {"price": 1e99999999999999999999}}',
    "a whole number beyond all bounds": b'{"x_response": {"id": ' + b"9" * 5000 + b"}}",
    "nested without end": b'{"x_response":' * 100_000,
}


@pytest.mark.parametrize(
    ("content", "failure"),
    [
        ({"code": 50, "sub_code": 530}, Failure(50, "", "530")),
        ({"code": "15", "msg": 7, "sub_msg": 8}, Failure(15, "7", None, "8")),
        ({"code": 7, "request_id": 12345}, Failure(7, "", request_id="12345")),
        ({"code": 7, "request_id": ["r"]}, Failure(7, "", request_id="['r']")),
    ],
)
def test_what_should_be_a_text_can_be_a_number(content: object, failure: Failure) -> None:
    assert parse(json.dumps({"error_response": content}).encode()) == failure


@pytest.mark.parametrize(
    ("method", "envelope"),
    [
        ("taobao.open.item.get", "open_item_get_tmall_response"),
        ("taobao.items.onsale.get", "items_onsale_get_tmall_response"),
        ("taobao.item.update.listing", "item_update_listing_tmall_response"),
    ],
)
def test_the_other_half_of_the_platform_answers_for_its_own_method_only(method: str, envelope: str) -> None:
    body = json.dumps({envelope: {"x": 1}}).encode()
    assert parse(body, method) == Success({"x": 1})
    with pytest.raises(Garbled, match="another call"):
        parse(body, "taobao.item.seller.get")


@pytest.mark.parametrize("body", GARBLED.values(), ids=GARBLED.keys())
def test_what_cannot_be_trusted_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        parse(body)


def test_a_garbled_answers_reason_holds_nothing_of_it() -> None:
    with pytest.raises(Garbled) as caught:
        parse(b'{"x_response": {"token": "keep-me-secret", "broken')
    assert "keep-me-secret" not in str(caught.value)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["error_response", "x_response", "result", "success", "code", "msg", "item_id"])


LIKE_ANSWERS = st.dictionaries(NAMES, st.dictionaries(NAMES, JSON) | JSON).map(
    lambda answer: json.dumps(answer).encode()
)


@given(st.binary() | LIKE_ANSWERS)
@example(b'{"error_response": {"code": "\xef\xbc\x91"}}')
def test_no_bytes_raise_anything_but_garbled(body: bytes) -> None:
    try:
        answer = parse(body)
        if isinstance(answer, Success):
            assert answer.success in (True, False, None)
            answer.id("item_id")
        else:
            assert isinstance(answer.code, int)
    except Garbled:
        pass


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"success": True}, True),
        ({"success": False}, False),
        ({"success": "true"}, True),
        ({"success": "false"}, False),
        ({"success": None}, None),
        ({}, None),
    ],
    ids=str,
)
def test_success_is_read_as_a_word_or_a_truth(fields: dict[str, object], expected: bool | None) -> None:
    assert Success(fields).success is expected


@pytest.mark.parametrize("said", [0, 1, "yes", "TRUE", "", [], {}], ids=repr)
def test_a_success_that_is_no_yes_or_no_is_garbled(said: object) -> None:
    with pytest.raises(Garbled):
        _ = Success({"success": said}).success


@pytest.mark.parametrize(
    ("value", "expected"),
    [(7627361738101, "7627361738101"), ("7627361738101", "7627361738101"), (2**63 - 1, str(2**63 - 1)), (None, None)],
    ids=["a number", "a text", "64 bits", "absent"],
)
def test_ids_are_text_however_they_came(value: object, expected: str | None) -> None:
    assert Success({"item_id": value}).id("item_id") == expected


@pytest.mark.parametrize(
    "value",
    [True, -1, "", "12a", " 12", "１２", Decimal("1.5"), "9" * 20, [1], 0, "0", "00", 2**63, str(2**63)],
    ids=repr,
)
def test_an_id_that_is_no_number_is_garbled(value: object) -> None:
    with pytest.raises(Garbled):
        Success({"item_id": value}).id("item_id")


def test_an_item_inside_an_answer_is_read_the_same_way() -> None:
    answer = parse('{"open_item_get_response": {"item": "{\\"品牌\\": \\"a\\tb\\", \\"重量\\": 1.50}"}}'.encode())
    assert isinstance(answer, Success)
    assert read_json(str(answer.fields["item"])) == {"品牌": "a\tb", "重量": Decimal("1.50")}


@pytest.mark.parametrize(
    ("sent", "read"),
    [(r"a\u0000b", "a\ufffdb"), ("a\0b", "a\ufffdb"), (r"\u0000\u0000", "\ufffd" * 2), (r"a\\u0000b", r"a\u0000b")],
)
def test_no_text_of_an_answer_holds_nul(sent: str, read: str) -> None:
    """No database takes it."""
    assert read_json(f'{{"title": "{sent}"}}') == {"title": read}
