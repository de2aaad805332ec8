"""Staff's usual words for the columns, and what a column may be meant for whose header is none of ours.

docs/reference/sheet.md. A word stands here only if it can mean nothing else in a shop's sheet: 原价, 进价 or 市场价
are prices too, and none of them is what a buyer pays. Whoever has another word maps it in the profile.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cache
from typing import NamedTuple

from sync.fields import (
    CATEGORY,
    FIELDS,
    INVENTORY,
    ITEM_ID,
    OUTER_ID,
    PRICE,
    SKU_FIELD,
    STATUS,
    TITLE,
    WRITTEN_BY_TOOL,
    Column,
    Field,
    squeeze,
)
from sync.messages import Message, listed, say

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    OUTER_ID: (
        "货号", "商家货号", "商品货号", "宝贝货号", "宝贝编码", "宝贝商家编码", "商品商家编码", "外部编码",
        "outer_id", "outer code", "merchant code",
    ),
    ITEM_ID: (
        "宝贝ID", "数字ID", "宝贝数字ID", "商品数字ID", "item_id", "num_iid", "num iid", "numeric id",
    ),
    TITLE: (
        "宝贝标题", "商品标题", "宝贝名称", "商品名称", "item title", "product title", "listing title",
    ),
    PRICE: (
        "售价", "一口价", "宝贝价格", "商品价格", "商品售价", "宝贝售价", "销售价", "销售价格", "selling price",
        "item price",
    ),
    INVENTORY: (
        "数量", "库存数量", "库存量", "库存数", "宝贝数量", "宝贝库存", "商品库存", "quantity", "stock",
        "stock quantity", "inventory quantity",
    ),
    Column.STOCK_CHANGE: ("增减库存", "库存加减"),
    STATUS: ("上下架", "上下架状态", "上架状态", "listing status"),
    Column.SKU: (
        "SKU商家编码", "商家SKU编码", "SKU货号", "规格编码", "规格商家编码", "规格货号", "SKU外部编码",
        "sku_outer_id", "outer_sku_id", "sku outer id", "sku merchant code",
    ),
}  # fmt: skip
"""Key of a column → its other names. A column of such a name is taken, unless the real header is there too."""

_MAYBE: Mapping[str, tuple[str, ...]] = {
    OUTER_ID: ("商品编码", "商品编号", "商品代码", "款号", "款式编码", "货品编号", "编码", "编号", "sku", "code"),
    ITEM_ID: ("链接ID", "商品链接ID", "宝贝编号", "id"),
    TITLE: ("名称", "品名", "品名规格", "商品名", "商品全名", "产品名称", "货品名称", "款名", "name"),
    CATEGORY: ("分类", "大类", "商品分类", "商品类目", "宝贝类目", "叶子类目"),
    PRICE: ("单价", "价钱", "零售价", "现价", "sale price", "unit price", "retail price"),
    INVENTORY: ("可售库存", "现有库存", "总库存", "存货", "qty", "in stock"),
    STATUS: ("状态", "商品状态", "宝贝状态", "在售状态", "state"),
}
"""Words that may mean the column or another thing: asked about, never taken."""
_OTHERS: Mapping[str, tuple[str, ...]] = {
    PRICE: ("原", "进", "成本", "市场", "吊牌", "划线", "采购", "供货", "批发", "活动", "促销", "cost", "market"),
    TITLE: ("副", "短"),
}
"""Signs of a price that isn't the one a buyer pays, and of a title that isn't the item's."""
_LONGEST = 30
"""Characters; a longer text is no header of a column of ours."""
_NEAR = 0.7
"""Of two names that share so much, one may be meant for the other: 售价2 and 售价, stauts and status."""


class Ignored(NamedTuple):
    """A column that isn't read: the staff's own, or one whose header nobody knows."""

    column: str
    """Its letter, such as `F`."""
    header: str
    meant: Field | None = None
    """The column, missing from the sheet, that it may be meant for."""

    def question(self) -> Message | None:
        """Ask whether it is meant for a column of ours, saying what to do then; None: nothing comes near."""
        if self.meant is None:
            return None
        return say("sheet.ignored.meant", header=self.header, column=self.column, field=self.meant)


def listing(ignored: Iterable[Ignored]) -> Message | None:
    """Name those columns that come near none of ours; None: there are none."""
    own = [f"{one.header} ({one.column})" for one in ignored if one.meant is None]
    return say("sheet.own_columns", names=listed(own)) if own else None


def told(ignored: Sequence[Ignored]) -> tuple[Message, ...]:
    """Say all that there is to say of the columns that aren't read; the questions first."""
    said = (*(one.question() for one in ignored), listing(ignored))
    return tuple(message for message in said if message)


def key_of(field: Field) -> str:
    """Return what tells the column of `field` from all others: its path, or what it is for."""
    return field.path or field.column.value


@cache
def _by_word() -> Mapping[str, Field]:
    fields = {key_of(field): field for field in (*FIELDS, SKU_FIELD)}
    return {squeeze(word): fields[key] for key, words in SYNONYMS.items() for word in words}


def synonym(header: str) -> Field | None:
    """Return the field that `header` usually means where staff write it; None: it may mean anything."""
    return _by_word().get(squeeze(header))


def meant(header: str, fields: Iterable[Field]) -> tuple[Field | None, float]:
    """Return which of `fields` a header may be meant for, and how near the names are, from 0 to 1; None: none."""
    text = squeeze(header)
    if len(text) > _LONGEST:
        return None, 0.0
    scored = [(_nearness(text, field), field) for field in fields if _may_mean(text, field)]
    score, best = max(scored, key=lambda pair: pair[0], default=(0.0, None))
    return (best, score) if score >= _NEAR else (None, score)


def missing(known: Iterable[Field]) -> tuple[Field, ...]:
    """Return the columns that staff fill and a sheet with the `known` ones doesn't have."""
    keys = {key_of(field) for field in known}
    categories = {CATEGORY, Column.CATEGORY_1.value, Column.CATEGORY_2.value}
    taken = keys | (categories if keys & categories else set())
    return tuple(one for one in FIELDS if key_of(one) not in taken and one.column not in WRITTEN_BY_TOOL)


def _may_mean(text: str, field: Field) -> bool:
    return not any(sign in text for sign in _OTHERS.get(key_of(field), ()))


def _nearness(text: str, field: Field) -> float:
    return max(SequenceMatcher(None, text, name).ratio() for name in _names(field))


@cache
def _names(field: Field) -> tuple[str, ...]:
    key = key_of(field)
    words = (field.zh, field.en, *SYNONYMS.get(key, ()), *_MAYBE.get(key, ()))
    return tuple(map(squeeze, words))
