"""The sample shop's ordinary listings: the same goods, for the other channel."""

from sync.demo.listings import shop_listings
from sync.demo.shop import stocked
from sync.sandbox.shop import OpenItemShop


def test_every_item_of_the_sample_shop_is_a_listing_too() -> None:
    shop = OpenItemShop()
    shop.listings.load(shop_listings())
    told = [(one["outer_id"], one["price"], one["num"], one["approve_status"]) for one in shop.listings.documents()]
    assert told == [
        (goods.code, goods.price, goods.stock, "onsale" if goods.on_sale else "instock") for _, goods, _ in stocked()
    ]
