"""The seven open-item methods as the wire has them: a table from name to parameters and handler (TOP-PROTOCOL 4)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sync.sandbox import document as doc
from sync.sandbox.gate import Rejected
from sync.sandbox.shop import HIGHEST_ID, Shop

Params = Mapping[str, str]
Fields = Mapping[str, object]


@dataclass(frozen=True)
class Method:
    """One method of the platform's API."""

    handle: Callable[[Shop, Params], Fields]
    """Carries the call out and returns the answer's own fields; raises Refused, or Rejected for a bad argument."""
    required: tuple[str, ...] = ()
    """Business parameters without which the call is answered with code 40."""
    writes: bool = True


def _generate(shop: Shop, params: Params) -> Fields:
    return {"item_id": _id(shop, shop.generate_id())}


def _publish(shop: Shop, params: Params) -> Fields:
    return {"item_id": _id(shop, shop.publish(params["item_json"]))}


def _modify(shop: Shop, params: Params) -> Fields:
    shop.modify(_number(params, "item_id"), params["json"], params.get("delete_paths", ""))
    return {}


def _status(shop: Shop, params: Params) -> Fields:
    shop.set_status(_number(params, "item_id"), _number(params, "status"))
    return {}


def _incr(shop: Shop, params: Params) -> Fields:
    shop.incr(_number(params, "item_id"), _number(params, "num"))
    return {}


def _decr(shop: Shop, params: Params) -> Fields:
    shop.decr(_number(params, "item_id"), _number(params, "num"))
    return {}


def _get(shop: Shop, params: Params) -> Fields:
    """Section 5 of the seed: 返回值item就是具体的商品信息json串, so JSON within JSON."""
    document = shop.get(_number(params, "item_id"))
    ids = {key: _id(shop, value) for key, value in doc.system(document).items() if key in ("itemId", "userId")}
    return {"item": doc.write(document | {doc.SYSTEM: doc.system(document) | ids})}


OPEN_ITEMS: Mapping[str, Method] = {
    "taobao.open.item.id.generate": Method(_generate),
    "taobao.open.item.publish": Method(_publish, ("item_json",)),
    "taobao.open.item.modify": Method(_modify, ("item_id", "json")),
    "taobao.open.item.status.modify": Method(_status, ("item_id", "status")),
    "taobao.open.item.inventory.incr": Method(_incr, ("item_id", "num")),
    "taobao.open.item.inventory.decr": Method(_decr, ("item_id", "num")),
    "taobao.open.item.get": Method(_get, ("item_id",), writes=False),
}


def _id(shop: Shop, item_id: object) -> object:
    return str(item_id) if shop.assumptions.ids_as_text else item_id


def _number(params: Params, name: str) -> int:
    """Read a whole number of 64 bits; raises Rejected (code 41) for anything else."""
    text = params[name]
    if not re.fullmatch(r"-?[0-9]{1,19}", text) or abs(int(text)) > HIGHEST_ID:
        raise Rejected(41, f"Invalid arguments:{name}")
    return int(text)
