"""An item as the platform keeps it: raw JSON. What may stand in it, how an edit and a deletion change it.

Pure, and deliberately no user of `values.flatten` and `values.nest`: a mistake of ours there must not find its
mirror image on the other side. The words of refusals are the platform's, so they are no part of `messages.toml`.
Source: 《服务商品发布》, sections 1.3, 4.1 and "json中预留key的说明" (docs/explanation/platform.md#sources).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from decimal import ROUND_HALF_UP, Decimal

from sync.item import Status
from sync.sandbox.assumptions import Assumptions

Document = dict[str, object]

SYSTEM = "_sys"
READ_ONLY = frozenset({"userId", "appKey", "itemId", "status", "dataVersion"})
"""docs/explanation/platform.md#reserved-keys; the document's own column reached us empty."""
REQUIRED = ("category", "title")
"""Section 1.3: 目前调用publish时必须传入的key有:category,title."""
KEPT = (*REQUIRED, "inventory")
"""Keys that can't be deleted: without them a published item would be none."""
HIGHEST_INT = 2**31 - 1
"""The platform counts stock in a Java `int` (section 2.1)."""
HIGHEST_ID = 2**63 - 1
"""Ids are the platform's `long`."""
HIGHEST_PRICE = 100_000_000
"""Yuan; as for any listing on the platform."""
LONGEST_TITLE = 30
"""Characters, where titles are cut."""
ROUNDED_ABOVE = 1000
"""Yuan, where prices are rounded."""


class Refused(Exception):
    """The platform says no by a rule of its own, inside a success envelope; the text is what it says."""


def read(item_json: str) -> Document:
    """Read an item's JSON as a client sends it, without the keys that have no value; raises Refused."""
    try:
        document = json.loads(item_json, parse_constant=_no_number)
        write(document)
    except (ValueError, RecursionError) as error:
        raise Refused("商品json格式错误") from error
    if not isinstance(document, dict) or not isinstance(document.get(SYSTEM, {}), dict):
        raise Refused("商品json必须是对象")
    # Section 4.1: 只有设置过值的字段,才会修改. A null is no value.
    kept = {key: value for key, value in document.items() if value is not None}
    return kept | {SYSTEM: {key: value for key, value in system(document).items() if value is not None}}


def write(document: object) -> str:
    """Write a document for the store; raises ValueError for what is no JSON or no text."""
    text = _encode(document)
    text.encode()
    return text


def system(document: Mapping[str, object]) -> dict[str, object]:
    """Return the document's `_sys`, an empty one if it has none."""
    found = document.get(SYSTEM)
    return found if isinstance(found, dict) else {}


def units(document: Mapping[str, object]) -> int:
    """Return the document's stock, in units."""
    found = system(document).get("inventory")
    return found if isinstance(found, int) else 0


def check(document: Document) -> None:
    """Raise Refused for a key of `_sys` that isn't in the table of reserved keys, or whose value doesn't fit it."""
    for key, value in system(document).items():
        if key not in _TYPES:
            raise Refused(f"_sys中没有字段{key}")
        holds, what = _TYPES[key]
        if not holds(value):
            raise Refused(f"字段{key}的值不合法，应为{what}")


def check_category(category: object, known: Collection[tuple[str, str]]) -> None:
    """Raise Refused for a category outside the table of section 6."""
    if not isinstance(category, list) or tuple(category) not in known:
        raise Refused("类目不存在，请使用category分类表中的一级类目和二级类目")


def writable(document: Document, assumptions: Assumptions, own: Collection[str] = ()) -> Document:
    """Table of keys: 只读的字段,客户端写操作不会生效. `own`: read-only keys that are dealt with elsewhere."""
    touched = READ_ONLY & system(document).keys()
    if touched.difference(own) and not assumptions.read_only_ignored:
        raise Refused("不能修改只读字段：" + "、".join(sorted(touched)))
    return document | {SYSTEM: {key: value for key, value in system(document).items() if key not in touched}}


def removals(delete_paths: str, assumptions: Assumptions) -> list[list[str]]:
    """Section 4.1: 父子之间分隔符是@,路径之间分隔符是逗号(,).

    A read-only key stays, and so must what a publish has to have. Raises Refused, also for a path with an empty part.
    """
    paths = [path.split("@") for path in delete_paths.split(",")] if delete_paths else []
    if any(not key for path in paths for key in path):
        raise Refused("deletePaths格式错误")
    if any(path == [SYSTEM] or path[:2] == [SYSTEM, key] for path in paths for key in KEPT):
        raise Refused("不能删除必填字段")
    allowed = [path for path in paths if path[0] != SYSTEM or path[1] not in READ_ONLY]
    if allowed != paths and not assumptions.read_only_ignored:
        raise Refused("不能删除只读字段")
    return allowed


def check_publishable(document: Document, categories: Collection[tuple[str, str]]) -> None:
    """Section 1.3: 目前调用publish时必须传入的key有:category,title. 其他key选填. Raises Refused."""
    check(document)
    for key in REQUIRED:
        if key not in system(document):
            raise Refused(f"缺少必填字段：{key}")
    check_category(system(document)["category"], categories)


def with_keys(document: Document, **keys: object) -> Document:
    """Return the document with some keys of its `_sys` set."""
    return document | {SYSTEM: system(document) | keys}


def off_at_zero(before: Document, after: Document) -> Document:
    """Section 2.3: 当库存减到0之后,商品状态由有效变为失效. An item that had none before stays as it was."""
    if units(after) == 0 and units(before) > 0:
        return with_keys(after, status=int(Status.INACTIVE))
    return after


def edited(document: Document, edit: Document, nested_replaced: bool) -> Document:
    """Section 4.1: lay an edit over a document; only the keys that the edit holds change."""
    result = document | edit
    if not nested_replaced:
        result |= {key: _merged(document.get(key), value) for key, value in edit.items()}
    return result | {SYSTEM: system(document) | system(edit)}


def kept(document: Document, assumptions: Assumptions) -> Document:
    """Return what a platform keeps of what it is sent: as it was sent, unless it is assumed to normalise."""
    own = {key: _kept_text(value, assumptions) for key, value in document.items() if key != SYSTEM}
    return own | {
        SYSTEM: {key: _KEPT.get(key, _as_sent)(value, assumptions) for key, value in system(document).items()}
    }


def without(document: Document, path: list[str]) -> Document:
    """Section 4.1: return the document without what stands at `path`; nothing there, nothing changes."""
    key, *rest = path
    if key not in document:
        return document
    if not rest:
        return {name: value for name, value in document.items() if name != key}
    inner = document[key]
    return document | {key: without(inner, rest)} if isinstance(inner, dict) else document


def _merged(old: object, new: object) -> object:
    if isinstance(old, dict) and isinstance(new, dict):
        return old | {key: _merged(old.get(key), value) for key, value in new.items()}
    return new


def _as_sent(value: object, assumptions: Assumptions) -> object:
    return value


def _kept_text(value: object, assumptions: Assumptions, longest: int | None = None) -> object:
    if not isinstance(value, str):
        return value
    folded = " ".join(value.split()) if assumptions.folds_spaces else value
    cut = folded[:longest]
    return cut.replace("&", "&amp;") if assumptions.escapes_entities else cut


def _kept_title(value: object, assumptions: Assumptions) -> object:
    return _kept_text(value, assumptions, LONGEST_TITLE if assumptions.cuts_titles else None)


def _kept_price(value: object, assumptions: Assumptions) -> object:
    exact = Decimal(str(value))
    if exact <= ROUNDED_ABOVE or not assumptions.rounds_prices:
        return value
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


_KEPT: Mapping[str, Callable[[object, Assumptions], object]] = {"title": _kept_title, "price": _kept_price}


def _whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _text(value: object) -> bool:
    return isinstance(value, str)


def _price(value: object) -> bool:
    """价格,单位元,精确到分."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 < value <= HIGHEST_PRICE and (Decimal(str(value)) * 100) % 1 == 0


# Made once: it would be a good part of what a call costs.
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode

_TYPES: Mapping[str, tuple[Callable[[object], bool], str]] = {
    "category": (lambda v: isinstance(v, list) and len(v) == 2 and all(map(_text, v)), "一级类目和二级类目的数组"),
    "market": (_text, "字符串"),
    "endpoint": (_text, "字符串"),
    "schemaVersion": (_whole, "整数"),
    "title": (lambda v: isinstance(v, str) and bool(v.strip()), "非空字符串"),
    "price": (_price, "0.01至100000000的数字，精确到分"),
    "inventory": (lambda v: isinstance(v, int) and _whole(v) and v <= HIGHEST_INT, "整数"),
    "outerId": (_text, "字符串"),
    "domainId": (_whole, "整数"),
}
"""THE platform's table of reserved keys that a seller may write: key → what its value must be, and that in words."""


def _no_number(name: str) -> float:
    raise ValueError(name)
