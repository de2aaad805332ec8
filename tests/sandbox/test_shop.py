"""Every sentence about behaviour in docs/explanation/platform.md#open-items, as a test of the shop."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.fields import category_table
from sync.sandbox.document import Document, Refused
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.sandbox.items import PUBLISHED, item, system_of


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def shop(clock: HandClock) -> OpenItemShop:
    return OpenItemShop(clock=clock)


# --- 1 publishing ------------------------------------------------------------------------------------------------
def test_generated_ids_are_new_and_13_digits_long(shop: OpenItemShop) -> None:
    ids = [shop.generate_id() for _ in range(20)]
    assert len(set(ids)) == 20
    assert {len(str(item_id)) for item_id in ids} == {13}


def test_an_item_is_published_under_its_generated_id(shop: OpenItemShop) -> None:
    shop.generate_id()
    item_id = shop.generate_id()
    assert shop.publish(item(itemId=item_id)) == item_id
    assert shop.get(item_id) == {"_sys": PUBLISHED | {"itemId": item_id}}


def test_an_item_without_an_id_is_given_one(shop: OpenItemShop) -> None:
    item_id = shop.publish(item())
    assert system_of(shop, item_id)["itemId"] == item_id
    assert shop.generate_id() != item_id


def test_a_published_item_is_active(shop: OpenItemShop) -> None:
    assert system_of(shop, shop.publish(item()))["status"] == 1


@pytest.mark.parametrize("status", [-1, 0, 1])
def test_the_system_sets_the_status_at_publish(shop: OpenItemShop, status: int) -> None:
    assert system_of(shop, shop.publish(item(status=status)))["status"] == 1


@pytest.mark.parametrize(("inventory", "kept"), [(None, 1), (0, 1), (-3, 1), (1, 1), (2, 2), (2**31 - 1, 2**31 - 1)])
def test_an_inventory_under_1_or_absent_becomes_1_at_publish(
    shop: OpenItemShop, inventory: int | None, kept: int
) -> None:
    assert system_of(shop, shop.publish(item(inventory=inventory)))["inventory"] == kept


@pytest.mark.parametrize("key", ["category", "title"])
def test_category_and_title_are_required_to_publish(shop: OpenItemShop, key: str) -> None:
    with pytest.raises(Refused, match=key):
        shop.publish(item(**{key: None}))
    assert shop.documents() == []


def test_the_other_keys_are_optional(shop: OpenItemShop) -> None:
    item_id = shop.publish(item(price=None, inventory=None))
    assert "price" not in system_of(shop, item_id)


def test_all_keys_and_custom_ones_are_kept_as_sent(shop: OpenItemShop) -> None:
    keys = {"endpoint": "web", "market": "百川", "schemaVersion": 0, "domainId": 12345, "outerId": "abc123"}
    custom: Document = {"品牌": "喵👍", "规格": {"色": ["红"], "重": 1.5}}
    item_id = shop.publish(item(custom, **keys))
    assert shop.get(item_id) == {"_sys": PUBLISHED | keys | {"itemId": item_id}} | custom


@pytest.mark.parametrize("category", category_table(), ids=">".join)
def test_every_category_of_the_table_is_known(shop: OpenItemShop, category: tuple[str, str]) -> None:
    assert system_of(shop, shop.publish(item(category=list(category))))["category"] == list(category)


@pytest.mark.parametrize(
    "category",
    [
        ["服装", "女装"],
        ["丽人", "火锅店"],
        ["丽人"],
        ["丽人", "美甲", "美甲"],
        "丽人>美甲",
        [],
        ["丽人", 1],
        [["丽人"], "美甲"],
    ],
    ids=str,
)
def test_any_other_category_is_refused(shop: OpenItemShop, category: object) -> None:
    with pytest.raises(Refused):
        shop.publish(item(category=category))


# --- 1.3 duplicates ----------------------------------------------------------------------------------------------
def test_a_repeat_within_minutes_is_recognised_by_its_item_id(shop: OpenItemShop, clock: HandClock) -> None:
    item_id = shop.generate_id()
    shop.publish(item(itemId=item_id, outerId="A1"))
    clock.move(minutes=4)
    assert shop.publish(item(itemId=item_id, outerId="A2", title="另一个")) == item_id
    assert [document["_sys"] for document in shop.documents()] == [PUBLISHED | {"itemId": item_id, "outerId": "A1"}]


def test_without_an_item_id_it_is_recognised_by_its_outer_id(shop: OpenItemShop, clock: HandClock) -> None:
    first = shop.publish(item(outerId="A1"))
    clock.move(minutes=4)
    assert shop.publish(item(outerId="A1", title="另一个")) == first
    assert system_of(shop, first)["title"] == "猫眼美甲"
    assert shop.publish(item(outerId="A2")) != first


def test_with_an_item_id_the_outer_id_is_not_looked_at(shop: OpenItemShop) -> None:
    first = shop.publish(item(outerId="A1"))
    assert shop.publish(item(itemId=shop.generate_id(), outerId="A1")) != first
    assert len(shop.documents()) == 2


@pytest.mark.parametrize("outer_id", [None, ""], ids=["absent", "empty"])
def test_without_either_nothing_is_recognised(shop: OpenItemShop, outer_id: str | None) -> None:
    assert shop.publish(item(outerId=outer_id)) != shop.publish(item(outerId=outer_id))


def test_after_some_minutes_an_outer_id_is_not_recognised(shop: OpenItemShop, clock: HandClock) -> None:
    first = shop.publish(item(outerId="A1"))
    clock.move(minutes=6)
    assert shop.publish(item(outerId="A1")) != first


def test_a_deleted_item_is_no_duplicate_of_a_new_one(shop: OpenItemShop) -> None:
    first = shop.publish(item(outerId="A1"))
    shop.set_status(first, -1)
    assert shop.publish(item(outerId="A1")) != first


def test_a_refused_publish_leaves_its_id_free(shop: OpenItemShop) -> None:
    item_id = shop.generate_id()
    with pytest.raises(Refused):
        shop.publish(item(itemId=item_id, title=None))
    assert shop.publish(item(itemId=item_id)) == item_id


@pytest.mark.parametrize("foreign", [7, 0, -1, 2**63, 10**30, "7627361700001", 1.5], ids=str)
def test_an_item_id_that_was_not_generated_fails_the_check(shop: OpenItemShop, foreign: object) -> None:
    with pytest.raises(Refused, match=r"taobao\.open\.item\.id\.generate"):
        shop.publish(item(itemId=foreign))


# --- 2 stock -----------------------------------------------------------------------------------------------------
def test_incr_and_decr_move_the_stock(shop: OpenItemShop) -> None:
    item_id = shop.publish(item(inventory=5))
    shop.incr(item_id, 3)
    shop.decr(item_id, 7)
    assert system_of(shop, item_id)["inventory"] == 1
    assert system_of(shop, item_id)["status"] == 1


def test_decr_to_0_turns_the_item_inactive(shop: OpenItemShop) -> None:
    item_id = shop.publish(item(inventory=2))
    shop.decr(item_id, 2)
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == (0, 0)


@pytest.mark.parametrize("num", [0, -1, 2**31])
def test_num_is_a_positive_int(shop: OpenItemShop, num: int) -> None:
    item_id = shop.publish(item())
    for change in (shop.incr, shop.decr):
        with pytest.raises(Refused, match="正整数"):
            change(item_id, num)
    assert system_of(shop, item_id)["inventory"] == 5


def test_the_stock_stays_an_int(shop: OpenItemShop) -> None:
    item_id = shop.publish(item(inventory=2**31 - 1))
    with pytest.raises(Refused, match="上限"):
        shop.incr(item_id, 1)


@given(st.lists(st.integers(min_value=-9, max_value=9).filter(bool), max_size=30))
def test_the_stock_is_what_the_accepted_calls_make_it(moves: list[int]) -> None:
    shop = OpenItemShop()
    item_id, stock = shop.publish(item(inventory=5)), 5
    for move in moves:
        try:
            (shop.incr if move > 0 else shop.decr)(item_id, abs(move))
            stock += move
        except Refused:
            assert stock + move < 0
        assert system_of(shop, item_id)["inventory"] == stock >= 0
    shop.close()


# --- 3 status ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [0, 1])
def test_an_item_is_found_active_or_inactive(shop: OpenItemShop, status: int) -> None:
    item_id = shop.publish(item())
    shop.set_status(item_id, status)
    assert system_of(shop, item_id)["status"] == status


@pytest.mark.parametrize("status", [2, -2, 100])
def test_a_status_is_1_0_or_minus_1(shop: OpenItemShop, status: int) -> None:
    item_id = shop.publish(item())
    with pytest.raises(Refused, match="状态"):
        shop.set_status(item_id, status)


CALLS: dict[str, Callable[[OpenItemShop, int], object]] = {
    "get": lambda shop, item_id: shop.get(item_id),
    "modify": lambda shop, item_id: shop.modify(item_id, "{}"),
    "put up": lambda shop, item_id: shop.set_status(item_id, 1),
    "take down": lambda shop, item_id: shop.set_status(item_id, 0),
    "delete": lambda shop, item_id: shop.set_status(item_id, -1),
    "incr": lambda shop, item_id: shop.incr(item_id, 1),
    "decr": lambda shop, item_id: shop.decr(item_id, 1),
    "sell": lambda shop, item_id: shop.sell(item_id, 1),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_a_deleted_item_cannot_be_found_by_any_call(
    shop: OpenItemShop, call: Callable[[OpenItemShop, int], object]
) -> None:
    item_id = shop.publish(item())
    shop.set_status(item_id, -1)
    with pytest.raises(Refused, match="商品不存在"):
        call(shop, item_id)
    assert shop.documents() == []


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())
def test_an_item_that_never_was_cannot_be_found_either(
    shop: OpenItemShop, call: Callable[[OpenItemShop, int], object]
) -> None:
    with pytest.raises(Refused, match="商品不存在"):
        call(shop, shop.generate_id())


@pytest.mark.parametrize("minutes", [1, 60])
def test_deleted_is_for_ever(shop: OpenItemShop, clock: HandClock, minutes: int) -> None:
    item_id = shop.generate_id()
    shop.publish(item(itemId=item_id))
    shop.set_status(item_id, -1)
    clock.move(minutes=minutes)
    with pytest.raises(Refused, match="已被使用"):
        shop.publish(item(itemId=item_id))


def test_only_an_active_item_can_be_ordered(shop: OpenItemShop) -> None:
    item_id = shop.publish(item())
    shop.set_status(item_id, 0)
    with pytest.raises(Refused, match="失效"):
        shop.sell(item_id, 1)


def test_an_order_of_more_than_there_is_fails(shop: OpenItemShop) -> None:
    item_id = shop.publish(item(inventory=2))
    with pytest.raises(Refused, match="库存不足"):
        shop.sell(item_id, 3)
    assert system_of(shop, item_id)["inventory"] == 2


def test_an_order_lowers_the_stock_and_the_last_unit_turns_the_item_inactive(shop: OpenItemShop) -> None:
    item_id = shop.publish(item(inventory=3))
    shop.sell(item_id, 1)
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == (2, 1)
    shop.sell(item_id, 2)
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == (0, 0)


# --- the shop as a place -----------------------------------------------------------------------------------------
def test_loaded_items_stand_as_they_are(shop: OpenItemShop) -> None:
    off: Document = {
        "_sys": {"itemId": 8, "status": 0, "inventory": 0, "dataVersion": 4, "title": "旧"},
        "产地": "杭州",
    }
    shop.load([off, {"_sys": {"itemId": 7, "title": "新"}}])
    assert shop.documents() == [{"_sys": {"itemId": 7, "title": "新", "status": 1, "dataVersion": 1}}, off]


def test_loaded_ids_count_as_generated_and_new_ones_are_above_them(shop: OpenItemShop) -> None:
    shop.load([{"_sys": {"itemId": 8_000_000_000_000, "title": "旧", "outerId": "A1"}}])
    assert shop.generate_id() == 8_000_000_000_001
    with pytest.raises(Refused, match="已被使用"):
        shop.publish(item(itemId=8_000_000_000_000))
    assert shop.publish(item(outerId="A1")) == 8_000_000_000_002


def test_an_item_without_an_id_cannot_be_loaded(shop: OpenItemShop) -> None:
    with pytest.raises(ValueError, match="itemId"):
        shop.load([{"_sys": {"itemId": 1, "title": "好"}}, {"_sys": {"title": "坏"}}])
    assert shop.documents() == []


def test_the_data_file_survives_a_restart(tmp_path: Path, clock: HandClock) -> None:
    data = tmp_path / "店铺.db"
    first = OpenItemShop(data, clock=clock)
    kept, gone, unused = first.publish(item(outerId="A1")), first.publish(item()), first.generate_id()
    first.set_status(gone, -1)
    documents = first.documents()
    first.close()
    again = OpenItemShop(data, clock=clock)
    assert again.documents() == documents
    assert again.publish(item(outerId="A1")) == kept
    assert again.publish(item(itemId=unused)) == unused
    assert again.generate_id() == unused + 1
    again.close()


def test_a_file_that_is_something_else_is_left_alone(tmp_path: Path) -> None:
    data = tmp_path / "weekly.xlsx"
    data.write_bytes(b"PK\x03\x04 not a database at all" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        OpenItemShop(data)
    assert data.read_bytes().startswith(b"PK")
