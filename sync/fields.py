"""THE table of fields: every column and every path that itemsync knows, and how each one's values are written.

Nothing else in the program knows a field by its header or by its type. Sources: seed 002 ("json中预留key的说明")
for the paths and types, DESIGN section 3 for the headers.
"""

from __future__ import annotations

import csv
import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum
from functools import cache
from pathlib import Path as FilePath
from unicodedata import normalize

from sync.item import CHANGE_CELL, Item, Opaque, Path, Status, Value, fen, opaque, yuan
from sync.messages import Language
from sync.unseen import BLANKS, UNSEEN, seen

SYSTEM = "_sys"
SEPARATOR = "@"
"""Between parent and child in a path (seed 002, section 4.1)."""
FORBIDDEN_IN_CUSTOM = (SEPARATOR, ",")
"""What a custom name can't hold: `deletePaths` couldn't say it (seed 002, section 4.1)."""

OUTER_ID: Path = "_sys@outerId"
ITEM_ID: Path = "_sys@itemId"
TITLE: Path = "_sys@title"
CATEGORY: Path = "_sys@category"
PRICE: Path = "_sys@price"
INVENTORY: Path = "_sys@inventory"
STATUS: Path = "_sys@status"

LOWEST_PRICE, HIGHEST_PRICE = 1, 10_000_000_000
"""Fen: 0.01 to 100,000,000 yuan (DESIGN section 3)."""
HIGHEST_COUNT = 2_147_483_647
"""Units: the platform takes a Java `int` (seed 002, section 2.1: `int num`)."""
HIGHEST_ID = 2**63 - 1
"""TOP-PROTOCOL section 1: ids are 64-bit, and 0 is none."""
_MOST_DIGITS = 19
"""Of the platform's whole numbers: they are 64-bit (TOP-PROTOCOL section 1)."""


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
    RESULT = "@sync result"
    NOTE = "@sync note"
    SYNCED_AT = "@synced at"


WRITTEN_BY_TOOL = (Column.RESULT, Column.NOTE, Column.SYNCED_AT)
"""What a run came to, from left to right; never read."""


@dataclass(frozen=True)
class Field:
    """One column that the sheet may have."""

    zh: str
    en: str
    path: Path | None = None
    kind: ValueKind = ValueKind.TEXT
    column: Column = Column.FIELD
    required_to_publish: bool = False
    clearable: bool = False
    """Whether `<清空>` is allowed (DESIGN section 3)."""
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
    Field("同步结果", "sync result", column=Column.RESULT, width=10),
    Field("同步说明", "sync note", column=Column.NOTE, width=46),
    Field("同步时间", "synced at", column=Column.SYNCED_AT, width=18),
)

SYSTEM_FIELDS: tuple[Field, ...] = (
    Field("系统:endpoint", "sys:endpoint", "_sys@endpoint", clearable=True),
    Field("系统:market", "sys:market", "_sys@market", clearable=True),
    Field("系统:schemaVersion", "sys:schemaVersion", "_sys@schemaVersion", ValueKind.NUMBER, clearable=True),
    Field("系统:domainId", "sys:domainId", "_sys@domainId", ValueKind.NUMBER, clearable=True),
)
"""Seed 002's further keys of `_sys` that a seller may write."""

CUSTOM_PREFIXES = ("自定义:", "custom:")

_READ_ONLY = {
    ITEM_ID: ValueKind.ID,
    "_sys@userId": ValueKind.ID,
    "_sys@appKey": ValueKind.TEXT,
    "_sys@dataVersion": ValueKind.NUMBER,
}
_KINDS: Mapping[Path, ValueKind] = {
    **{field.path: field.kind for field in (*FIELDS, *SYSTEM_FIELDS) if field.path},
    **_READ_ONLY,
}
_BY_PATH = {field.path: field for field in (*FIELDS, *SYSTEM_FIELDS) if field.path}


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
    return next(field for field in FIELDS if field.column is column)


_SPACES = re.compile(rf"[\s{UNSEEN}{BLANKS}]+")


def squeeze(text: str) -> str:
    """Write a header (or any name) so that case, spaces, unseen characters and full-width letters don't count."""
    return _SPACES.sub("", normalize("NFKC", text).casefold())


@cache
def _by_header() -> Mapping[str, Field]:
    known = (*FIELDS, *SYSTEM_FIELDS)
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
    """Tell whether a custom name can't be addressed (DESIGN section 3: `@`, `,`, and the system's own key)."""
    return name == SYSTEM or any(sign in name for sign in FORBIDDEN_IN_CUSTOM)


def from_wire(path: Path, value: object) -> Value | None:
    """Read a value as the platform's JSON has it (numbers parsed with `parse_float=Decimal`); null is absent.

    What doesn't fit the field's type is kept as `Opaque`: a lying server is shown, never believed.
    """
    if value is None:
        return None
    try:
        return _READERS[kind(path)](value)
    except (ValueError, TypeError, InvalidOperation, ArithmeticError):
        return opaque(value)


def to_wire(path: Path, value: Value) -> object:
    """Write a value as the platform's JSON wants it: prices as a number of yuan, ids as whole numbers.

    The one float of the program is made here, because JSON has no other way to write `19.9`: the shortest
    decimal that reads back as this float is the price itself, far beyond the highest price allowed.
    """
    if isinstance(value, Opaque):
        return json.loads(value.text)
    match kind(path):
        case ValueKind.MONEY if isinstance(value, int):
            return float(yuan(value))
        case ValueKind.ID if isinstance(value, str):
            return int(value)
        case ValueKind.CATEGORY if isinstance(value, tuple):
            return list(value)
        case ValueKind.STATUS | ValueKind.COUNT | ValueKind.NUMBER if isinstance(value, int):
            return int(value)
    return value


def plain(path: Path, value: Value | None) -> object:
    """Write a value for itemsync's own JSON: ids and prices as text (`"19.90"`), counts as numbers."""
    if value is None:
        return None
    if kind(path) is ValueKind.MONEY and isinstance(value, int):
        return yuan(value)
    if isinstance(value, str):
        return value
    return to_wire(path, value)


def shown(path: Path, value: Value | None, language: Language) -> str:
    """Write a value as staff read it: `¥19.90`, `丽人>美甲`, 有效; an absent one as a dash."""
    if value is None:
        return "—"
    if isinstance(value, Opaque):
        return value.text
    if isinstance(value, tuple):
        return ">".join(value)
    match kind(path):
        case ValueKind.MONEY if isinstance(value, int):
            return f"¥{yuan(value)}"
        case ValueKind.STATUS if value in tuple(Status):
            return Status(value).words(language)
    return str(value)


def flatten(document: Mapping[str, object]) -> Item:
    """Turn the platform's nested item into paths. A custom key that `deletePaths` couldn't say is left out."""
    system = document.get(SYSTEM)
    pairs = {f"{SYSTEM}{SEPARATOR}{key}": value for key, value in _mapping(system).items()}
    pairs |= {key: value for key, value in document.items() if not forbidden_name(key)}
    read = {path: from_wire(path, value) for path, value in pairs.items()}
    return {path: value for path, value in read.items() if value is not None}


def nest(item: Item) -> dict[str, object]:
    """Turn paths into the platform's nested item, the reverse of `flatten`."""
    document: dict[str, object] = {}
    system: dict[str, object] = {}
    for path, value in item.items():
        if path.startswith(SYSTEM + SEPARATOR):
            system[path.removeprefix(SYSTEM + SEPARATOR)] = to_wire(path, value)
        else:
            document[path] = to_wire(path, value)
    return {SYSTEM: system, **document} if system else document


@cache
def category_table() -> tuple[tuple[str, str], ...]:
    """Return the two-level categories of seed 002, section 6, in the seed's order."""
    text = FilePath(__file__).with_name("categories.csv").read_text(encoding="utf-8")
    return tuple((one, two) for one, two in list(csv.reader(text.splitlines()))[1:])


_LONGEST_NAMES = 120
"""Characters, twice the longest category: nothing is near what is longer, and to find that out can take minutes."""


def nearest_categories(wanted: tuple[str, ...], known: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return up to three categories whose names are closest to `wanted`, the closest first."""
    if sum(map(len, wanted)) > _LONGEST_NAMES:
        return ()
    by_name = {">".join(pair): pair for pair in known}
    last = wanted[-1]
    same_child = [name for name, pair in by_name.items() if pair[1] == last]
    close = difflib.get_close_matches(">".join(wanted), by_name, n=3, cutoff=0.5)
    return tuple(by_name[name] for name in dict.fromkeys((*same_child, *close)))[:3]


def status_words() -> Mapping[str, Status]:
    """Return what staff may write under 目标状态, squeezed → status (DESIGN section 3)."""
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
    field = _BY_PATH.get(path)
    return field.words(language) if field else path.removeprefix(SYSTEM + SEPARATOR)


@dataclass(frozen=True)
class Name:
    """A path inside a message, named in the reader's language."""

    path: Path

    def words(self, language: Language) -> str:
        """The path's name in `language`."""
        return path_words(self.path, language)


@dataclass(frozen=True)
class PathNames:
    """Several paths inside a message, named in the reader's language."""

    paths: tuple[Path, ...]

    def words(self, language: Language) -> str:
        """The paths' names in `language`, one after another."""
        return ("、" if language == "zh" else ", ").join(path_words(path, language) for path in self.paths)


@dataclass(frozen=True)
class Shown:
    """A value inside a message, written in the reader's language."""

    path: Path
    value: Value | None

    def words(self, language: Language) -> str:
        """The value as staff read it."""
        return shown(self.path, self.value, language)


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> Value:
    if not isinstance(value, str):
        raise TypeError(value)
    return value


def _number(value: object) -> Decimal:
    """Numbers come as numbers or as text (TOP-PROTOCOL section 1)."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise TypeError(value)
    number = Decimal(value)
    # `1E999999` is a number too, and writing it out would take all the memory there is.
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
        raise ValueError(value)
    return number


def _whole(value: object) -> int:
    number = _number(value)
    if number != number.to_integral_value():
        raise ValueError(value)
    return int(number)


def _money(value: object) -> Value:
    return fen(_number(value))


def _category(value: object) -> Value:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise TypeError(value)
    return tuple(value)


def _id(value: object) -> Value:
    number = _whole(value)
    if not 0 < number <= HIGHEST_ID:
        raise ValueError(value)
    return str(number)


def _custom(value: object) -> Value:
    return value if isinstance(value, str) else opaque(value)


_READERS = {
    ValueKind.TEXT: _text,
    ValueKind.MONEY: _money,
    ValueKind.COUNT: _whole,
    ValueKind.NUMBER: _whole,
    ValueKind.ID: _id,
    ValueKind.CATEGORY: _category,
    ValueKind.STATUS: lambda value: Status(_whole(value)),
    ValueKind.CUSTOM: _custom,
}
