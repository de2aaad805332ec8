"""Other buyers, over real HTTP."""

from collections import Counter

import pytest

from sync.sandbox.document import system, units
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.sandbox.caller import CLOCK, post, seen
from tests.sandbox.items import item


def on_sale(sandbox: Sandbox) -> Counter[int]:
    """Item id → units in stock."""
    return Counter({int(str(system(found)["itemId"])): units(found) for found in sandbox.shop.documents()})


def sell(sandbox: Sandbox, spec: str, calls: int = 30) -> None:
    """Make so many calls that change nothing, in a shop of ten items, one of them inactive."""
    sandbox.shop = OpenItemShop(clock=CLOCK)
    for _ in range(10):
        sandbox.shop.publish(item(inventory=5))
    sandbox.shop.set_status(next(iter(on_sale(sandbox))), 0)
    sandbox.faults = Faults(spec)
    for _ in range(calls):
        seen(sandbox, "id.generate")


def test_sales_lower_the_stock_and_are_kept(sandbox: Sandbox) -> None:
    sell(sandbox, "sales=0.5,seed=1")
    left = on_sale(sandbox)
    off = next(iter(left))
    assert 5 < len(sandbox.faults.sales.made) < 25
    for sale in sandbox.faults.sales.made:
        assert sale.item_id != off
        left[sale.item_id] += sale.units
    assert set(left.values()) == {5}


def test_the_same_seed_makes_the_same_sales(sandbox: Sandbox) -> None:
    made = []
    for seed in (1, 1, 2):
        sell(sandbox, f"sales=0.3,seed={seed}", 20)
        made.append(sandbox.faults.sales.made)
    assert made[0] == made[1] != made[2]


def test_a_sale_is_no_companion_of_faults(sandbox: Sandbox) -> None:
    sell(sandbox, "sales=0.3,isp=0.3", 60)
    sales = {sale.call for sale in sandbox.faults.sales.made}
    assert sales - {fault.call for fault in sandbox.faults.happened}


def test_a_sale_may_be_before_or_after_the_call(sandbox: Sandbox) -> None:
    item_id = sandbox.shop.publish(item(inventory=1000))
    sandbox.faults = Faults("sales=1,truncated@get=0.5")
    told, left = set(), 1000
    for call in range(20):
        response = post(sandbox, "get", item_id=item_id)
        sale = sandbox.faults.sales.made[call]
        as_it_was = f'\\"inventory\\": {left}' in response.text
        told.add("after" if as_it_was else "before")
        left -= sale.units
    assert told == {"before", "after"}
    assert on_sale(sandbox) == {item_id: left}


@pytest.mark.parametrize("fault", ["drop-before", "isp-after", "ban"])
def test_buyers_do_not_mind_what_becomes_of_a_call(sandbox: Sandbox, fault: str) -> None:
    sell(sandbox, f"sales=1,{fault}@2,sales@id.generate:4", 4)
    assert [sale.call for sale in sandbox.faults.sales.made] == [1, 2, 3, 4]


def test_where_nothing_is_for_sale_nothing_is_sold(sandbox: Sandbox, item_id: int) -> None:
    sandbox.shop.decr(item_id, 5)
    sandbox.faults = Faults("sales=1")
    assert seen(sandbox, "get", item_id=item_id) == "right"
    assert sandbox.faults.sales.made == []
