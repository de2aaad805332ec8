"""Each fact that is only assumed, the other way round; as assumed it is tested beside its rule."""

import json

import pytest

from sync.sandbox.assumptions import OTHER_WAY, Assumptions
from sync.sandbox.document import Refused
from sync.sandbox.shop import OpenItemShop
from tests.clocks import HandClock
from tests.sandbox.items import item, system_of

OTHER = dict(OTHER_WAY)


def test_other_way_turns_over_one_switch_at_a_time() -> None:
    standing = vars(Assumptions())
    assert [*OTHER, "lag"] == list(standing)
    for name, other in OTHER.items():
        assert {key for key, value in vars(other).items() if value is not standing[key]} == {name}


def test_a_foreign_id_is_ignored_and_a_new_one_given() -> None:
    shop = OpenItemShop(assumptions=OTHER["foreign_id_refused"])
    item_id = shop.publish(item(itemId=7, outerId="A1"))
    assert item_id != 7
    assert system_of(shop, item_id)["itemId"] == item_id
    # As if it hadn't been sent: the outer id decides on duplicates.
    assert shop.publish(item(itemId=8, outerId="A1")) == item_id


@pytest.mark.parametrize("other", [False, True], ids=["as assumed", "the other way"])
def test_a_used_id_much_later(other: bool) -> None:
    clock = HandClock()
    shop = OpenItemShop(assumptions=OTHER["used_id_refused"] if other else None, clock=clock)
    item_id = shop.generate_id()
    shop.publish(item(itemId=item_id))
    before = shop.documents()
    clock.move(hours=1)
    if other:
        assert shop.publish(item(itemId=item_id, title="另一个")) == item_id
    else:
        with pytest.raises(Refused, match="已被使用"):
            shop.publish(item(itemId=item_id, title="另一个"))
    assert shop.documents() == before


@pytest.mark.parametrize("inventory", [0, 9, -1])
def test_modify_ignores_the_inventory(inventory: int) -> None:
    shop = OpenItemShop(assumptions=OTHER["modify_sets_inventory"])
    item_id = shop.publish(item(inventory=5))
    shop.modify(item_id, json.dumps({"_sys": {"inventory": inventory, "title": "新"}}))
    assert system_of(shop, item_id)["title"] == "新"
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == (5, 1)


@pytest.mark.parametrize(
    ("other", "expected"),
    [(False, {"色": {"外": "绿"}}), (True, {"色": {"内": "红", "外": "绿"}, "重": 2})],
    ids=["replaced whole", "merged"],
)
def test_a_nested_custom_object(other: bool, expected: object) -> None:
    shop = OpenItemShop(assumptions=OTHER["nested_replaced"] if other else None)
    item_id = shop.publish(item({"规格": {"色": {"内": "红", "外": "蓝"}, "重": 2}, "产地": "杭州"}))
    shop.modify(item_id, '{"规格": {"色": {"外": "绿"}}}')
    assert shop.get(item_id)["规格"] == expected
    assert shop.get(item_id)["产地"] == "杭州"


@pytest.mark.parametrize("key", ["userId", "appKey", "itemId", "status", "dataVersion"])
def test_writing_a_read_only_key_is_refused(key: str) -> None:
    shop = OpenItemShop(assumptions=OTHER["read_only_ignored"])
    item_id = shop.publish(item(itemId=shop.generate_id()))
    with pytest.raises(Refused, match=key):
        shop.modify(item_id, json.dumps({"_sys": {key: 1, "title": "新"}}))
    with pytest.raises(Refused, match="只读"):
        shop.modify(item_id, "{}", f"_sys@{key}")
    assert system_of(shop, item_id)["title"] == "猫眼美甲"


@pytest.mark.parametrize(("other", "status"), [(False, 0), (True, 1)], ids=["stays inactive", "turns active"])
def test_incr_from_0(other: bool, status: int) -> None:
    shop = OpenItemShop(assumptions=OTHER["incr_turns_on"] if other else None)
    item_id = shop.publish(item(inventory=1))
    shop.decr(item_id, 1)
    shop.incr(item_id, 3)
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == (3, status)


def test_incr_of_what_is_off_by_hand_turns_nothing_on() -> None:
    shop = OpenItemShop(assumptions=OTHER["incr_turns_on"])
    item_id = shop.publish(item(inventory=1))
    shop.set_status(item_id, 0)
    shop.incr(item_id, 3)
    assert system_of(shop, item_id)["status"] == 0


@pytest.mark.parametrize(("other", "left"), [(False, (2, 1)), (True, (0, 0))], ids=["refused", "stops at 0"])
def test_decr_below_0(other: bool, left: tuple[int, int]) -> None:
    shop = OpenItemShop(assumptions=OTHER["decr_below_zero_refused"] if other else None)
    item_id = shop.publish(item(inventory=2))
    if other:
        shop.decr(item_id, 3)
    else:
        with pytest.raises(Refused, match="库存不足"):
            shop.decr(item_id, 3)
    assert (system_of(shop, item_id)["inventory"], system_of(shop, item_id)["status"]) == left
