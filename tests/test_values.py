"""Values as the platform's JSON has them, in our own JSON, and as staff read them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import (
    CATEGORY,
    FIELDS,
    HIGHEST_PRICE,
    INVENTORY,
    ITEM_ID,
    PRICE,
    STATUS,
    SYSTEM_FIELDS,
    TITLE,
    ValueKind,
    category_table,
    forbidden_name,
    kind,
)
from sync.item import Item, Opaque, Path, Status, Value, opaque, same
from sync.values import Shown, flatten, from_wire, nest, plain, shown, to_wire

DOMAIN = "_sys@domainId"
KNOWN = (*FIELDS, *SYSTEM_FIELDS)


# --- the platform's JSON ------------------------------------------------------------------------------------------

WIRE: list[tuple[Path, object, Value | None]] = [
    (TITLE, "好看", "好看"),
    (PRICE, Decimal("19.9"), 1990),
    (PRICE, 20, 2000),
    (PRICE, "19.90", 1990),
    (PRICE, Decimal("19.900000000000002"), 1990),
    (INVENTORY, 12, 12),
    (INVENTORY, "12", 12),
    (INVENTORY, Decimal("12.0"), 12),
    (STATUS, 1, Status.ACTIVE),
    (STATUS, "0", Status.INACTIVE),
    (STATUS, -1, Status.DELETED),
    (ITEM_ID, 7627361738101, "7627361738101"),
    (ITEM_ID, "9223372036854775807", "9223372036854775807"),
    (INVENTORY, 2**63 - 1, 2**63 - 1),
    (CATEGORY, ["丽人", "美甲"], ("丽人", "美甲")),
    ("品牌", "OPI", "OPI"),
    ("层数", 5, Opaque("5")),
    ("品牌", {"b": 1, "a": "二"}, Opaque('{"a": "二", "b": 1}')),
    ("品牌", None, None),
    (PRICE, None, None),
]

LIES: list[tuple[Path, object]] = [
    (TITLE, 5),
    (TITLE, ["a"]),
    (PRICE, "free"),
    (PRICE, True),
    (PRICE, [1]),
    (PRICE, "NaN"),
    (PRICE, "Infinity"),
    (PRICE, "1E999999999"),
    (INVENTORY, "1E5000"),
    (INVENTORY, Decimal("1E999999999")),
    (INVENTORY, Decimal("1.5")),
    (INVENTORY, "many"),
    (INVENTORY, True),
    (STATUS, 7),
    (STATUS, "active"),
    (ITEM_ID, "abc"),
    (ITEM_ID, {"id": 1}),
    (ITEM_ID, 0),
    (ITEM_ID, -7),
    (ITEM_ID, "9223372036854775808"),
    (INVENTORY, 2**63),
    (INVENTORY, -(2**63)),
    (PRICE, Decimal("1e17")),
    (CATEGORY, "丽人"),
    (CATEGORY, ["丽人", 5]),
    (DOMAIN, "x"),
]


@pytest.mark.parametrize(("path", "value", "read"), WIRE, ids=[f"{path}={value!r}" for path, value, _ in WIRE])
def test_values_are_read_as_the_platform_writes_them(path: Path, value: object, read: Value | None) -> None:
    made = from_wire(path, value)
    assert made == read
    assert type(made) is type(read)


@pytest.mark.parametrize(("path", "value"), LIES, ids=[f"{path}={value!r}" for path, value in LIES])
def test_a_lying_value_is_shown_and_never_believed(path: Path, value: object) -> None:
    made = from_wire(path, value)
    assert isinstance(made, Opaque)
    assert shown(path, made, "zh") == made.text
    assert json.dumps(plain(path, made))


ODD_NUMBERS = st.sampled_from(["1E99999", "-1E30", "0E999999", "１２", "1_000", " 5 ", "sNaN"])
DECIMALS = st.decimals(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(), DECIMALS, ODD_NUMBERS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=6,
)
PATHS = st.sampled_from([field.path for field in KNOWN if field.path] + ["品牌", "_sys@userId", "_sys@other"])


@given(PATHS, JSON)
def test_whatever_the_platform_says_can_be_read_shown_compared_and_written(path: Path, value: object) -> None:
    made = from_wire(path, value)
    assert isinstance(shown(path, made, "en"), str)
    assert same(made, made)
    json.dumps(plain(path, made))


CUSTOM_NAMES = st.text(min_size=1, max_size=6).filter(lambda name: not forbidden_name(name))
OBJECTS = st.dictionaries(st.text(), st.one_of(st.integers(), st.text(), st.booleans()), max_size=3)
BY_KIND: Mapping[ValueKind, st.SearchStrategy[Value]] = {
    ValueKind.TEXT: st.text(),
    ValueKind.MONEY: st.integers(0, HIGHEST_PRICE),
    ValueKind.COUNT: st.integers(0, 2**31 - 1),
    ValueKind.NUMBER: st.integers(0, 2**63 - 1),
    ValueKind.ID: st.integers(1, 2**63 - 1).map(str),
    ValueKind.CATEGORY: st.sampled_from(category_table()),
    ValueKind.STATUS: st.sampled_from(Status),
    ValueKind.CUSTOM: st.one_of(st.text(), st.builds(opaque, st.one_of(st.integers(), st.booleans(), OBJECTS))),
}
PAIRS = st.one_of(PATHS, CUSTOM_NAMES).flatmap(lambda path: st.tuples(st.just(path), BY_KIND[kind(path)]))
ITEMS = st.lists(PAIRS).map(dict)


@given(ITEMS)
def test_flatten_and_nest_are_a_round_trip_through_json(item: Item) -> None:
    text = json.dumps(nest(item), ensure_ascii=False)
    assert flatten(json.loads(text, parse_float=Decimal)) == item


@given(PAIRS)
def test_what_our_own_json_says_can_be_read_back(pair: tuple[Path, Value]) -> None:
    path, value = pair
    text = json.dumps(plain(path, value))
    assert from_wire(path, json.loads(text, parse_float=Decimal)) == value


def test_paths_are_nested_under_the_systems_own_key() -> None:
    item: Item = {
        TITLE: "好看",
        PRICE: 1990,
        ITEM_ID: "7",
        STATUS: Status.ACTIVE,
        CATEGORY: ("丽人", "美甲"),
        "品牌": "OPI",
    }
    assert nest(item) == {
        "_sys": {"title": "好看", "price": 19.9, "itemId": 7, "status": 1, "category": ["丽人", "美甲"]},
        "品牌": "OPI",
    }
    assert nest({"品牌": "OPI"}) == {"品牌": "OPI"}


def test_a_key_that_delete_paths_could_not_say_is_left_out() -> None:
    assert flatten({"a@b": "1", "a,b": "2", "_sys": {"title": "好看"}, "c": None}) == {TITLE: "好看"}


@pytest.mark.parametrize("system", [None, [], "x", 5], ids=repr)
def test_an_item_without_its_system_keys_is_read_as_far_as_it_goes(system: object) -> None:
    assert flatten({"_sys": system, "品牌": "OPI"}) == {"品牌": "OPI"}


@pytest.mark.parametrize(
    ("path", "value", "made"),
    [
        (PRICE, 1990, "19.90"),
        (ITEM_ID, "7627361738101", "7627361738101"),
        (INVENTORY, 12, 12),
        (STATUS, Status.INACTIVE, 0),
        (CATEGORY, ("丽人", "美甲"), ["丽人", "美甲"]),
        ("品牌", Opaque('{"a":[1]}'), {"a": [1]}),
        (PRICE, None, None),
    ],
)
def test_our_own_json_has_ids_and_prices_as_text_and_counts_as_numbers(
    path: Path, value: Value, made: object
) -> None:
    assert plain(path, value) == made
    assert type(plain(path, value)) is type(made)


def test_the_wire_has_numbers_where_the_platform_wants_them() -> None:
    assert [to_wire(PRICE, 1990), to_wire(ITEM_ID, "7"), to_wire(STATUS, Status.DELETED)] == [19.9, 7, -1]


# --- what staff read ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        (PRICE, 1990, "¥19.90"),
        (INVENTORY, 12, "12"),
        (STATUS, Status.ACTIVE, "有效"),
        (STATUS, 0, "失效"),
        (CATEGORY, ("丽人", "美甲"), "丽人>美甲"),
        ("品牌", "OPI", "OPI"),
        (TITLE, None, "—"),
    ],
)
def test_values_are_shown_as_staff_write_them(path: Path, value: Value | None, text: str) -> None:
    assert Shown(path, value).words("zh") == text
