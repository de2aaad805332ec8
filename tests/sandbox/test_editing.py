"""Editing and the reserved keys, sentence by sentence (docs/explanation/platform.md#editing)."""

import json
from collections.abc import Callable

import pytest

from sync.sandbox.document import Document, Refused
from sync.sandbox.shop import OpenItemShop
from tests.sandbox.items import PUBLISHED, item, system_of


@pytest.fixture
def shop() -> OpenItemShop:
    return OpenItemShop()


# --- 4 editing ---------------------------------------------------------------------------------------------------
BEFORE = item(
    {
        "自定义key1": "自定义value1",
        "自定义key2": "自定义value2",
        "规格": {"色": {"内": "红", "外": "蓝"}, "重": 2},
    },
    endpoint="web",
    outerId="abc123",
)


@pytest.fixture
def item_id(shop: OpenItemShop) -> int:
    return shop.publish(BEFORE)


@pytest.mark.parametrize(
    "edit",
    [
        {"title": "新标题"},
        {"price": 0.01},
        {"inventory": 9},
        {"category": ["其他", "其他"]},
        {"outerId": "新"},
        {"endpoint": "app", "market": "百川", "schemaVersion": 2, "domainId": 7},
    ],
    ids="+".join,
)
def test_modify_changes_the_given_keys_and_no_other(shop: OpenItemShop, item_id: int, edit: Document) -> None:
    before = shop.get(item_id)
    shop.modify(item_id, json.dumps({"_sys": edit}))
    assert shop.get(item_id) == before | {"_sys": system_of(shop, item_id) | edit}
    assert system_of(shop, item_id) == PUBLISHED | {
        "itemId": item_id, "endpoint": "web", "outerId": "abc123", "dataVersion": 2,
    } | edit  # fmt: skip


def test_modify_sets_custom_keys_and_leaves_the_system_alone(shop: OpenItemShop, item_id: int) -> None:
    before = shop.get(item_id)
    shop.modify(item_id, '{"自定义key1": "新", "产地": "杭州"}')
    after = shop.get(item_id)
    assert {key: after[key] for key in after if key != "_sys"} == {
        "自定义key1": "新", "自定义key2": "自定义value2", "规格": before["规格"], "产地": "杭州",
    }  # fmt: skip
    assert after["_sys"] == system_of(shop, item_id) | {"title": "猫眼美甲", "price": 19.9}


def test_a_null_is_no_value_and_so_changes_nothing(shop: OpenItemShop, item_id: int) -> None:
    before = shop.get(item_id)
    shop.modify(item_id, '{"_sys": {"title": null, "price": null}, "自定义key1": null}')
    assert shop.get(item_id) == before


@pytest.mark.parametrize(
    ("paths", "gone"),
    [
        ("_sys@price,自定义key1", {"price", "自定义key1"}),
        ("_sys@endpoint", {"endpoint"}),
        ("规格@色@内", {"内"}),
        ("规格@色,规格@重", {"色", "内", "外", "重"}),
        ("规格", {"规格", "色", "内", "外", "重"}),
        ("没有这个,规格@也没有,自定义key1@深", set()),
        ("", set()),
    ],
)
def test_delete_paths_go_from_parent_to_child_by_at_and_are_split_by_commas(
    shop: OpenItemShop, item_id: int, paths: str, gone: set[str]
) -> None:
    before = _keys(shop.get(item_id))
    shop.modify(item_id, "{}", paths)
    assert before - _keys(shop.get(item_id)) == gone


def _keys(document: object) -> set[str]:
    if not isinstance(document, dict):
        return set()
    return set(document).union(*(_keys(inner) for inner in document.values()))


@pytest.mark.parametrize("paths", [",", "a,,b", "@", "_sys@", "a@@b", "a,"])
def test_a_delete_path_with_an_empty_part_is_refused(shop: OpenItemShop, item_id: int, paths: str) -> None:
    with pytest.raises(Refused, match="deletePaths"):
        shop.modify(item_id, "{}", paths)


@pytest.mark.parametrize("paths", ["_sys", "_sys@title", "_sys@category", "_sys@inventory", "自定义key1,_sys@title"])
def test_what_an_item_must_have_cannot_be_deleted(shop: OpenItemShop, item_id: int, paths: str) -> None:
    before = shop.get(item_id)
    with pytest.raises(Refused, match="必填"):
        shop.modify(item_id, '{"产地": "杭州"}', paths)
    assert shop.get(item_id) == before


def test_an_edit_and_a_deletion_are_one_change(shop: OpenItemShop, item_id: int) -> None:
    shop.modify(item_id, '{"自定义key2": "新"}', "自定义key1")
    after = shop.get(item_id)
    assert (after["自定义key2"], "自定义key1" in after) == ("新", False)
    assert system_of(shop, item_id)["dataVersion"] == 2


def test_a_stock_set_to_0_turns_the_item_inactive(shop: OpenItemShop, item_id: int) -> None:
    shop.modify(item_id, '{"_sys": {"inventory": 0}}')
    assert system_of(shop, item_id)["status"] == 0


def test_an_item_keeps_a_category_that_the_table_does_not_have(shop: OpenItemShop) -> None:
    shop.load([{"_sys": {"itemId": 7, "category": ["服装", "女装"], "title": "裙"}}])
    shop.modify(7, '{"_sys": {"category": ["服装", "女装"], "title": "长裙"}}')
    assert system_of(shop, 7)["title"] == "长裙"
    with pytest.raises(Refused, match="类目"):
        shop.modify(7, '{"_sys": {"category": ["服装", "男装"]}}')


# --- the table of keys -------------------------------------------------------------------------------------------
READ_ONLY: Document = {"userId": 1, "appKey": "x", "itemId": 999, "status": 0, "dataVersion": 99}


@pytest.mark.parametrize("key", READ_ONLY)
def test_writing_a_read_only_key_has_no_effect(shop: OpenItemShop, item_id: int, key: str) -> None:
    before = shop.get(item_id)
    shop.modify(item_id, json.dumps({"_sys": {key: READ_ONLY[key]}}))
    shop.modify(item_id, "{}", f"_sys@{key}")
    assert shop.get(item_id) == before


@pytest.mark.parametrize("key", ["userId", "appKey", "dataVersion"])
def test_nor_has_it_at_publish(shop: OpenItemShop, key: str) -> None:
    assert system_of(shop, shop.publish(item(**{key: READ_ONLY[key]})))[key] == PUBLISHED[key]


def test_each_change_is_a_data_version_and_nothing_else_is(shop: OpenItemShop, item_id: int) -> None:
    changes: list[Callable[[], None]] = [
        lambda: shop.modify(item_id, '{"_sys": {"title": "新"}}'),
        lambda: shop.modify(item_id, "{}", "自定义key1"),
        lambda: shop.incr(item_id, 1),
        lambda: shop.decr(item_id, 1),
        lambda: shop.set_status(item_id, 0),
        lambda: shop.set_status(item_id, 1),
        lambda: shop.sell(item_id, 1),
    ]
    for version, change in enumerate(changes, start=2):
        change()
        assert system_of(shop, item_id)["dataVersion"] == version
    last = shop.get(item_id)
    shop.set_status(item_id, 1)
    shop.modify(item_id, '{"_sys": {"title": "新"}}')
    assert shop.get(item_id) == last


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""}, {"title": " "}, {"title": 5},
        {"price": "19.90"}, {"price": 19.905}, {"price": 0}, {"price": -1}, {"price": True}, {"price": 1e300},
        {"inventory": 1.5}, {"inventory": "5"}, {"inventory": True}, {"inventory": 2**31},
        {"outerId": 5}, {"endpoint": 5}, {"market": []}, {"schemaVersion": "1"}, {"domainId": 1.5},
        {"colour": "red"},
    ],
    ids=str,
)  # fmt: skip
def test_a_value_of_the_wrong_type_is_refused(shop: OpenItemShop, item_id: int, wrong: Document) -> None:
    before = shop.get(item_id)
    with pytest.raises(Refused):
        shop.publish(item(**wrong))
    with pytest.raises(Refused):
        shop.modify(item_id, json.dumps({"_sys": wrong}))
    assert shop.documents() == [before]


def test_a_stock_below_0_is_refused_after_publish(shop: OpenItemShop, item_id: int) -> None:
    with pytest.raises(Refused, match="库存"):
        shop.modify(item_id, '{"_sys": {"inventory": -1}}')


@pytest.mark.parametrize("price", [0.01, 123.89, 200, 19.90, 99999999.99, 100000000])
def test_a_price_is_exact_to_the_fen(shop: OpenItemShop, price: float) -> None:
    assert system_of(shop, shop.publish(item(price=price)))["price"] == price


@pytest.mark.parametrize(
    "text",
    [
        "", "{", "[]", "5", "null", '{"_sys": 5}', '{"_sys": []}', '{"a": NaN}', '{"a": 1e999}', '{"a": "\\ud83d"}',
        "[" * 100_000, '{"a": ' + "9" * 5000 + "}",
    ],
    ids=lambda text: text[:16],
)  # fmt: skip
def test_what_is_no_item_json_is_refused(shop: OpenItemShop, item_id: int, text: str) -> None:
    with pytest.raises(Refused, match="json"):
        shop.publish(text)
    with pytest.raises(Refused, match="json"):
        shop.modify(item_id, text)
