"""A public SDK of the platform, which nobody here wrote, works with the sandbox as it is: only its address is set."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from taobaopy.taobao import TaoBaoAPIClient, TaoBaoAPIError  # type: ignore[import-untyped]

from sync.item import SHOP_TIME
from sync.sandbox.authority import OUT_OF_BAND
from sync.sandbox.faults import Faults
from sync.sandbox.server import Sandbox
from sync.sandbox.shop import OpenItemShop
from tests.sandbox.items import item, system_of


def beijing() -> datetime:
    """The time as the SDK tells it: it takes this machine's clock for one in China."""
    return datetime.now().replace(tzinfo=SHOP_TIME)


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(clock=beijing) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.shop, running.faults = OpenItemShop(clock=beijing), Faults()
    running.calls.clear()
    return running


@pytest.fixture
def sdk(sandbox: Sandbox) -> Any:
    client = TaoBaoAPIClient(Sandbox.app_key, Sandbox.app_secret, domain=sandbox.origin)
    client.set_access_token(Sandbox.session)
    return client


def test_the_whole_life_of_an_item(sandbox: Sandbox, sdk: Any) -> None:
    item_id = sdk.open_item_id_generate()["open_item_id_generate_response"]["item_id"]
    published = sdk.open_item_publish(item_json=item({"备注": "好评👍 a=b&c"}, itemId=item_id))
    assert published["open_item_publish_response"]["item_id"] == item_id

    edit = json.dumps({"_sys": {"title": "新标题"}, "产地": "杭州"}, ensure_ascii=False)
    changes = [
        sdk.open_item_modify(item_id=item_id, json=edit, delete_paths="_sys@price")["open_item_modify_response"],
        sdk.open_item_inventory_incr(item_id=item_id, num=2)["open_item_inventory_incr_response"],
        sdk.open_item_inventory_decr(item_id=item_id, num=4)["open_item_inventory_decr_response"],
        sdk.open_item_status_modify(item_id=item_id, status=0)["open_item_status_modify_response"],
    ]
    assert [change["success"] for change in changes] == [True] * 4

    answer = sdk.open_item_get(item_id=item_id)["open_item_get_response"]
    found = json.loads(answer["item"])
    assert found == sandbox.shop.get(item_id)
    told = {name: found["_sys"][name] for name in ("itemId", "title", "inventory", "status")}
    assert told == {"itemId": item_id, "title": "新标题", "inventory": 3, "status": 0}
    assert ("price" in found["_sys"], found["备注"], found["产地"]) == (False, "好评👍 a=b&c", "杭州")
    assert sandbox.calls.total() == 7


def test_the_platforms_no_stands_inside_a_success(sdk: Any) -> None:
    answer = sdk.open_item_get(item_id=7)["open_item_get_response"]
    assert (answer["success"], answer["message"]) == (False, "商品不存在")


def test_an_error_is_one_that_it_knows(sandbox: Sandbox, sdk: Any) -> None:
    sdk.set_access_token("stale")
    with pytest.raises(TaoBaoAPIError) as caught:
        sdk.open_item_id_generate()
    assert (caught.value.code, caught.value.msg) == (27, "Invalid Session")
    assert caught.value.request_id
    with pytest.raises(TaoBaoAPIError, match=r"^22\|Invalid Method"):
        sdk.open_item_unheard_of()
    assert sandbox.calls.total() == 0


def test_the_whole_life_of_a_listing(sandbox: Sandbox, sdk: Any) -> None:
    sandbox.shop.listings.load([{"num_iid": 7, "num": 5, "title": "杯"}, {"num_iid": 8, "num": 1}])
    told = sdk.items_onsale_get(fields="num_iid,num", page_no=1, page_size=1)["items_onsale_get_response"]
    assert (told["total_results"], told["items"]["item"]) == (2, [{"num_iid": 8, "num": 1}])
    sdk.item_update_delisting(num_iid=7)
    sdk.item_quantity_update(num_iid=7, quantity=3, type=2)
    answer = sdk.item_seller_get(fields="num,approve_status", num_iid=7)["item_seller_get_response"]
    assert answer["item"] == {"num": 8, "approve_status": "instock"}
    with pytest.raises(TaoBaoAPIError, match="invalid-parameter:page_no"):
        sdk.items_onsale_get(fields="num_iid", page_no=101, page_size=200)


def test_answers_without_an_envelope(sandbox: Sandbox, sdk: Any) -> None:
    """As the platform's newer SDKs ask for them."""
    sandbox.shop.listings.load([{"num_iid": 7, "num": 5}])
    told = sdk.items_onsale_get(fields="num_iid,num", simplify=True)
    assert (told["total_results"], told["items"]) == (1, [{"num_iid": 7, "num": 5}])
    assert sdk.open_item_id_generate(simplify=True)["success"] is True
    with pytest.raises(TaoBaoAPIError, match="40"):
        sdk.item_seller_get(simplify=True)


def test_a_login_by_way_of_the_gateway(sandbox: Sandbox) -> None:
    """Before it, there is no token to call with."""
    sdk = TaoBaoAPIClient(Sandbox.app_key, Sandbox.app_secret, domain=sandbox.origin)
    code = sandbox.authority.code(OUT_OF_BAND)
    first = json.loads(sdk.top_auth_token_create(code=code)["top_auth_token_create_response"]["token_result"])
    with pytest.raises(TaoBaoAPIError, match=r"isv.invalid-parameter:code"):
        sdk.top_auth_token_create(code=code)
    with pytest.raises(TaoBaoAPIError, match="Missing Session"):
        sdk.open_item_id_generate()
    answer = sdk.top_auth_token_refresh(refresh_token=first["refresh_token"])["top_auth_token_refresh_response"]
    newer = json.loads(answer["token_result"])
    assert newer["access_token"] != first["access_token"]
    sdk.set_access_token(newer["access_token"])
    assert sdk.open_item_id_generate()["open_item_id_generate_response"]["success"] is True
    with pytest.raises(TaoBaoAPIError, match=r"isv.invalid-parameter:refresh_token"):
        sdk.top_auth_token_refresh(refresh_token=first["refresh_token"])


def test_an_edit_without_anything_to_change(sandbox: Sandbox, sdk: Any) -> None:
    item_id = sandbox.shop.publish(item())
    assert sdk.open_item_modify(item_id=item_id)["open_item_modify_response"]["success"] is True
    sdk.open_item_modify(item_id=item_id, delete_paths="_sys@price")
    assert "price" not in system_of(sandbox.shop, item_id)


@pytest.mark.parametrize("word", ["code50", "tmall"])
def test_that_sdk_does_a_move_twice_which_is_what_ours_must_not(sandbox: Sandbox, sdk: Any, word: str) -> None:
    item_id = sandbox.shop.publish(item(inventory=5))
    sandbox.faults = Faults(f"{word}-after@1")
    sdk.open_item_inventory_incr(item_id=item_id, num=2)
    assert system_of(sandbox.shop, item_id)["inventory"] == 9


def test_trouble_that_it_knows_how_to_repeat_is_repeated(sandbox: Sandbox, sdk: Any) -> None:
    sandbox.faults = Faults("isp-before@1,isp-before@2")
    assert sdk.open_item_id_generate()["open_item_id_generate_response"]["success"] is True
    assert sandbox.calls.total() == 3


def test_titles_prices_and_skus_of_listings(sandbox: Sandbox, sdk: Any) -> None:
    sku = {"sku_id": 71, "quantity": 4, "outer_id": "S-1", "properties": "1:1", "price": "5.00"}
    sandbox.shop.listings.load(
        [{"num_iid": 7, "num": 5, "title": "杯", "price": "5.00"}, {"num_iid": 8, "num": 4, "skus": [sku]}]
    )
    schema = sdk.alibaba__item_edit_schema_get(item_id=7)["alibaba_item_edit_schema_get_response"]["result"]
    assert "<value>5.00</value>" in schema
    edit = schema.replace("<value>5.00</value>", "<value>6.00</value>")
    sdk.alibaba__item_edit_fastupdate(item_id=7, schema=edit)
    sdk.skus_quantity_update(num_iid=8, skuid_quantities="71:9", type=1)
    sdk.item_sku_price_update(num_iid=8, properties="1:1", price="7.50")
    found = sdk.items_seller_list_get(fields="num_iid,price,num,sku", num_iids="7,8")
    plain, with_skus = found["items_seller_list_get_response"]["items"]["item"]
    assert (plain["price"], with_skus["num"]) == ("6.00", 9)
    assert with_skus["skus"]["sku"] == [{**sku, "quantity": 9, "price": "7.50"}]
    sdk.alibaba__item_operate_downshelf(item_id=7)
    sdk.alibaba__item_operate_upshelf(item_id=7, quantity=3)
    assert sandbox.shop.listings.get(7)["num"] == 3
    sdk.alibaba__item_operate_delete(item_id=7)
    with pytest.raises(TaoBaoAPIError, match=r"isv\.item-not-exist"):
        sdk.item_seller_get(fields="num", num_iid=7)


def test_messages_of_changed_listings(sandbox: Sandbox, sdk: Any) -> None:
    assert sdk.tmc_user_permit(topics="taobao_item_ItemUpdate")["tmc_user_permit_response"]["is_success"] is True
    sandbox.shop.listings.load([{"num_iid": 7, "num": 5}])
    sdk.item_quantity_update(num_iid=7, quantity=9)
    answer = sdk.tmc_messages_consume(group_name="default", quantity=10)["tmc_messages_consume_response"]
    (message,) = answer["messages"]["tmc_message"]
    assert (message["topic"], json.loads(message["content"])["num"]) == ("taobao_item_ItemStockChanged", 9)
    sdk.tmc_messages_confirm(group_name="default", s_message_ids=message["id"])
    assert "messages" not in sdk.tmc_messages_consume(quantity=10)["tmc_messages_consume_response"]
