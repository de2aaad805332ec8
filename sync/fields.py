"""THE table of fields: every column and every path that itemsync knows. How values are written: `sync.values`.

Nothing else in the program knows a field by its header or by its type. Sources:
docs/explanation/platform.md#reserved-keys for the paths and types, docs/reference/sheet.md for the headers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path as FilePath
from typing import NamedTuple
from unicodedata import normalize

from sync.item import CHANGE_CELL, Path, Status
from sync.messages import Joined, Language, listed
from sync.unseen import seen

SYSTEM = "_sys"
SEPARATOR = "@"
"""Between parent and child in a path (docs/explanation/platform.md#editing)."""
FORBIDDEN_IN_CUSTOM = (SEPARATOR, ",")
"""What a custom name can't hold: `deletePaths` couldn't say it (docs/explanation/platform.md#editing)."""

OUTER_ID: Path = "_sys@outerId"
ITEM_ID: Path = "_sys@itemId"
TITLE: Path = "_sys@title"
CATEGORY: Path = "_sys@category"
PRICE: Path = "_sys@price"
INVENTORY: Path = "_sys@inventory"
STATUS: Path = "_sys@status"
SKU_CODE: Path = "_sys@skuCode"
"""An SKU's own code (docs/explanation/platform.md#skus). These paths are our own: no open item has them."""
SKU_NAME: Path = "_sys@skuName"
"""What people read of an SKU: `颜色:红;尺码:M`."""
SKU_PROPERTIES: Path = "_sys@skuProperties"
"""How the platform names an SKU: `1627207:28341;20509:28383`."""
OFF_SALE: Path = "_sys@offSale"
"""Why a listing isn't on sale, where the platform says so: `SOLD_OUT` or `VIOLATION`."""
SOLD_OUT, VIOLATION = "sold_out", "violation"

LOWEST_PRICE, HIGHEST_PRICE = 1, 10_000_000_000
"""Fen: 0.01 to 100,000,000 yuan (docs/reference/sheet.md#cells)."""
HIGHEST_COUNT = 2_147_483_647
"""Units: the platform takes a Java `int` (docs/explanation/platform.md#open-items)."""
HIGHEST_ID = 2**63 - 1
"""docs/explanation/platform.md#one-call: ids are 64-bit, and 0 is none."""


class ValueKind(Enum):
    """What a path's value is, and so how JSON and people write it."""

    TEXT = "text"
    MONEY = "money"
    COUNT = "count"
    NUMBER = "number"
    ID = "id"
    CATEGORY = "category"
    STATUS = "status"
    CUSTOM = "custom"


class Column(StrEnum):
    """What a column of the sheet is for, where it isn't simply a path.

    Each stands beside paths as a column's key, and so holds an `@`, which no custom name can (`forbidden_name`).
    """

    FIELD = "@field"
    CATEGORY_1 = "@category 1"
    CATEGORY_2 = "@category 2"
    STOCK_CHANGE = CHANGE_CELL
    LIST_AT = "@list at"
    DELIST_AT = "@delist at"
    WINDOW_PRICE = "@campaign price"
    WINDOW_START = "@campaign start"
    WINDOW_END = "@campaign end"
    SKU = "@sku code"
    RESULT = "@sync result"
    NOTE = "@sync note"
    SYNCED_AT = "@synced at"


WRITTEN_BY_TOOL = (Column.RESULT, Column.NOTE, Column.SYNCED_AT)
"""What a run came to, from left to right. No row asks for anything by these."""


class Field(NamedTuple):
    """One column that the sheet may have."""

    zh: str
    en: str
    path: Path | None = None
    kind: ValueKind = ValueKind.TEXT
    column: Column = Column.FIELD
    required_to_publish: bool = False
    clearable: bool = False
    """Whether `<清空>` is allowed (docs/reference/sheet.md#cells)."""
    width: int = 14
    """The template's column width, in characters."""

    def words(self, language: Language) -> str:
        """The header in `language`."""
        return self.zh if language == "zh" else self.en


FIELDS: tuple[Field, ...] = (
    Field("商家编码", "outer id", OUTER_ID, required_to_publish=True, width=16),
    Field("商品ID", "item id", ITEM_ID, ValueKind.ID, width=18),
    Field("标题", "title", TITLE, required_to_publish=True, width=34),
    Field("一级类目", "category 1", column=Column.CATEGORY_1),
    Field("二级类目", "category 2", column=Column.CATEGORY_2),
    Field("类目", "category", CATEGORY, ValueKind.CATEGORY, required_to_publish=True, width=22),
    Field("价格", "price", PRICE, ValueKind.MONEY, required_to_publish=True, width=12),
    Field("库存", "inventory", INVENTORY, ValueKind.COUNT, width=10),
    Field("库存增减", "inventory change", kind=ValueKind.COUNT, column=Column.STOCK_CHANGE, width=10),
    Field("目标状态", "status", STATUS, ValueKind.STATUS, width=10),
    Field("上架时间", "list at", column=Column.LIST_AT, width=18),
    Field("下架时间", "delist at", column=Column.DELIST_AT, width=18),
    Field("活动价", "campaign price", kind=ValueKind.MONEY, column=Column.WINDOW_PRICE, width=10),
    Field("活动开始", "campaign start", column=Column.WINDOW_START, width=18),
    Field("活动结束", "campaign end", column=Column.WINDOW_END, width=18),
    Field("同步结果", "sync result", column=Column.RESULT, width=10),
    Field("同步说明", "sync note", column=Column.NOTE, width=46),
    Field("同步时间", "synced at", column=Column.SYNCED_AT, width=18),
)

SKU_FIELD = Field("SKU编码", "sku code", column=Column.SKU, width=18)
"""Only listings have SKUs, so only a sheet of the shop channel has this column (docs/reference/skus.md)."""

SYSTEM_FIELDS: tuple[Field, ...] = (
    Field("系统:endpoint", "sys:endpoint", "_sys@endpoint", clearable=True),
    Field("系统:market", "sys:market", "_sys@market", clearable=True),
    Field("系统:schemaVersion", "sys:schemaVersion", "_sys@schemaVersion", ValueKind.NUMBER, clearable=True),
    Field("系统:domainId", "sys:domainId", "_sys@domainId", ValueKind.NUMBER, clearable=True),
)
"""The further keys of `_sys` that a seller may write (docs/explanation/platform.md#reserved-keys)."""

_SHOWN = {
    SKU_CODE: SKU_FIELD,
    SKU_NAME: Field("规格", "variant", SKU_NAME),
    SKU_PROPERTIES: Field("规格属性", "variant properties", SKU_PROPERTIES),
    OFF_SALE: Field("下架原因", "off sale because", OFF_SALE),
}
"""What of a listing is only ever shown."""

CUSTOM_PREFIXES = ("自定义:", "custom:")

_READ_ONLY = {
    ITEM_ID: ValueKind.ID,
    "_sys@userId": ValueKind.ID,
    "_sys@appKey": ValueKind.TEXT,
    "_sys@dataVersion": ValueKind.NUMBER,
    **dict.fromkeys((SKU_CODE, SKU_NAME, SKU_PROPERTIES, OFF_SALE), ValueKind.TEXT),
}
_KINDS: Mapping[Path, ValueKind] = {
    **{field.path: field.kind for field in (*FIELDS, *SYSTEM_FIELDS) if field.path},
    **_READ_ONLY,
}
_BY_PATH = {field.path: field for field in (*FIELDS, *SYSTEM_FIELDS) if field.path}


def is_code(field: Field) -> bool:
    """Tell whether a column holds codes: an item's own, or an SKU's."""
    return field.path == OUTER_ID or field.column is Column.SKU


def kind(path: Path) -> ValueKind:
    """Return what a path's value is; a custom path's is `CUSTOM`."""
    return _KINDS.get(path, ValueKind.CUSTOM)


def of_path(path: Path) -> Field:
    """Return the column that shows `path`; a custom path's own."""
    return _BY_PATH.get(path) or _custom_field(path)


def _custom_field(name: str) -> Field:
    zh, en = CUSTOM_PREFIXES
    return Field(zh + name, en + name, name, ValueKind.CUSTOM, clearable=True)


def of_column(column: Column) -> Field:
    """Return the field of a column that isn't a path, such as `Column.NOTE`."""
    return next(field for field in (*FIELDS, SKU_FIELD) if field.column is column)


def squeeze(text: str) -> str:
    """Write a header (or any name) so that case, spaces, unseen characters and full-width letters don't count."""
    return "".join(seen(normalize("NFKC", text).casefold()).split())


@cache
def _by_header() -> Mapping[str, Field]:
    known = (*FIELDS, SKU_FIELD, *SYSTEM_FIELDS)
    return {squeeze(header): field for field in known for header in (field.zh, field.en)}


def of_header(header: str) -> Field | None:
    """Return the field that a header names, or None for a column of the staff's own.

    A custom column keeps its name as written after `自定义:`, trimmed; the name may still be one that
    `forbidden_name` refuses.
    """
    # The platform's key is what staff typed, so it is cut from the header as written, not as normalised.
    prefix, *typed = re.split("[:：]", header, maxsplit=1)
    if typed and squeeze(prefix) + ":" in CUSTOM_PREFIXES:
        name = seen(typed[0], prose=True).strip()
        return _custom_field(name) if name else None
    return _by_header().get(squeeze(header))


def forbidden_name(name: str) -> bool:
    """Tell whether a custom name can't be addressed (docs/reference/sheet.md#cells: `@`, `,`, and the system's own
    key)."""
    return name == SYSTEM or any(sign in name for sign in FORBIDDEN_IN_CUSTOM)


@cache
def category_table() -> tuple[tuple[str, str], ...]:
    """Return the two-level categories of the platform's table, in its order
    (docs/explanation/platform.md#reserved-keys)."""
    text = FilePath(__file__).with_name("categories.csv").read_text(encoding="utf-8")
    return tuple((one, two) for one, two in (line.split(",") for line in text.splitlines()[1:]))


def missing_to_publish(cells: Mapping[Path, object]) -> tuple[Path, ...]:
    """Return the paths that an item needs before it can be published, and that `cells` leave empty."""
    needed = (field.path for field in FIELDS if field.required_to_publish and field.path)
    return tuple(path for path in needed if cells.get(path) is None)


def status_words() -> Mapping[str, Status]:
    """Return what staff may write under 目标状态, squeezed → status (docs/reference/sheet.md#cells)."""
    return {
        "有效": Status.ACTIVE, "上架": Status.ACTIVE, "1": Status.ACTIVE,
        "active": Status.ACTIVE, "on": Status.ACTIVE,
        "失效": Status.INACTIVE, "下架": Status.INACTIVE, "0": Status.INACTIVE,
        "inactive": Status.INACTIVE, "off": Status.INACTIVE,
        "删除": Status.DELETED, "-1": Status.DELETED,
        "delete": Status.DELETED, "deleted": Status.DELETED,
    }  # fmt: skip


CLEAR_WORDS = ("<清空>", "<clear>")
"""What staff write to remove a field; full-width brackets count too."""


def path_words(path: Path, language: Language) -> str:
    """Name a path for staff: the header without its prefix, such as 价格 or 品牌."""
    if kind(path) is ValueKind.CUSTOM:
        return path
    field = _BY_PATH.get(path) or _SHOWN.get(path)
    return field.words(language) if field else path.removeprefix(SYSTEM + SEPARATOR)


class Name(NamedTuple):
    """A path inside a message, named in the reader's language."""

    path: Path

    def words(self, language: Language) -> str:
        """The path's name in `language`."""
        return path_words(self.path, language)


def path_names(paths: Iterable[Path]) -> Joined:
    """Name several paths inside a message."""
    return listed(map(Name, paths))
