"""The nouns: an item, its paths and values, money, a row of the sheet, what is remembered of an item.

An item is a mapping from path to value. A path is spelt as the platform's `deletePaths` spells it
(docs/explanation/platform.md#editing): `_sys@price`, `品牌`. So one idea serves the sheet, the difference and the
API.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from enum import IntEnum
from typing import TYPE_CHECKING, Literal

import orjson

from sync.codes import sku_key
from sync.messages import Language, Level, Problem, say
from sync.unseen import seen

if TYPE_CHECKING:
    from sync.remembered import Hold, LastRuling

Path = str
"""The address of a field inside an item: `_sys@title`, or a custom key such as `品牌`."""


class Status(IntEnum):
    """An item's status (docs/explanation/platform.md#status)."""

    DELETED = -1
    INACTIVE = 0
    ACTIVE = 1

    def words(self, language: Language) -> str:
        """Say it as staff do: 有效, 失效, 删除."""
        return say(f"status.{self.name.lower()}").words(language)


@dataclass(frozen=True)
class Opaque:
    """A custom value of the platform that is no plain text: shown, compared, and given back as it came."""

    text: str
    """Canonical JSON."""


Value = str | int | tuple[str, ...] | Opaque
"""Text, a count or fen or a status, a category's two names, or something only the platform understands."""

Item = Mapping[Path, Value]
"""What is known of an item; an absent path is an absent field."""


@dataclass(frozen=True)
class Clear:
    """The cell `<清空>`: remove this field."""

    clear: Literal[True]


CLEAR = Clear(True)
Cell = Value | Clear
"""What a filled cell asks for."""


def fen(yuan: Decimal | int | str) -> int:
    """Turn yuan into fen, rounding half a fen up; raises ArithmeticError for what is no finite number."""
    amount = Decimal(yuan)
    if not amount.is_finite():
        raise ArithmeticError(str(yuan))
    return int((amount * 100).to_integral_value(ROUND_HALF_UP))


def yuan(amount: int) -> str:
    """Write `amount` fen as yuan with two decimals: 1990 → `19.90`."""
    sign = "-" if amount < 0 else ""
    return f"{sign}{abs(amount) // 100}.{abs(amount) % 100:02d}"


def same(ours: Cell | None, theirs: Cell | None) -> bool:
    """Tell whether two values say the same; a custom number `5` of the platform equals the cell's text `5`."""
    if ours == theirs:
        return True
    return scalar_text(ours) is not None and scalar_text(ours) == scalar_text(theirs)


def number(value: Cell | None) -> int | None:
    """Return a count, a price in fen or a status as it is; None: the value is no number, or absent."""
    return value if isinstance(value, int) else None


def looks_same(ours: Cell | None, theirs: Cell | None) -> bool:
    """Tell whether two values say the same to a person: texts may differ in what nobody sees."""
    if same(ours, theirs):
        return True
    texts = scalar_text(ours), scalar_text(theirs)
    return None not in texts and len({seen(text or "", prose=True) for text in texts}) == 1


def scalar_text(value: Cell | None) -> str | None:
    """Return a value as the text that a cell of it holds; None: it is no text, nor a custom number or truth."""
    if isinstance(value, str):
        return value
    if isinstance(value, Opaque) and not value.text.startswith(("{", "[")):
        return value.text
    return None


def opaque(value: object) -> Opaque:
    """Keep a JSON value (parsed with `parse_float=Decimal`) as it came, in canonical form."""
    return Opaque(json.dumps(value, ensure_ascii=False, sort_keys=True, default=float))


@dataclass(frozen=True, slots=True)
class PriceWindow:
    """A campaign price: it holds from `start` to just before `end` (docs/reference/rules.md#campaign-price)."""

    price: int
    """Fen."""
    start: datetime
    """The shop's own time, without a zone; as `end` is."""
    end: datetime


@dataclass(slots=True)
class Row:
    """One row of the sheet: what its filled cells ask for, and what is wrong with them.

    Nobody changes one. It isn't frozen, as that would take three times as long to make, of a hundred thousand.
    """

    number: int
    """The row's number in the workbook, as Excel shows it."""
    outer_id: str
    item_id: str | None = None
    cells: Mapping[Path, Cell] = field(default_factory=dict)
    addresses: Mapping[Path, str] = field(default_factory=dict)
    """Where each path's cell stands, such as `E12`; also under `CHANGE_CELL` and `ITEM_ID`."""
    stock_change: int | None = None
    """库存增减: units to add (or take, if negative), applied once."""
    problems: tuple[Problem, ...] = ()
    columns: Mapping[Path, str] = field(default_factory=dict)
    """The letter of each path's column, one mapping for all rows of a sheet."""
    list_at: datetime | None = None
    """上架时间: the shop's own time, without a zone."""
    delist_at: datetime | None = None
    """下架时间: the shop's own time, without a zone."""
    window: PriceWindow | None = None
    """活动价, 活动开始 and 活动结束."""
    stamp: datetime | None = None
    """同步时间: up to when the row has seen what was done to its item, in the shop's own time, without a zone."""
    counted: int | None = None
    """Units in 库存 beside it, which are the old count: that cell gets the new one. None: there are none such."""
    sku: str | None = None
    """SKU编码: the row is one SKU of the listing `outer_id`, by its own code or `sku:ID`. None: it is no SKU's."""

    @property
    def key(self) -> str:
        """What its item is called in state: its code; of an SKU the listing's code and its own."""
        return self.outer_id if self.sku is None else sku_key(self.outer_id, self.sku)

    @property
    def invalid(self) -> bool:
        """A row with an error is reported, and never carried out."""
        return bool(self.problems) and any(problem.level is Level.ERROR for problem in self.problems)

    def address(self, path: Path) -> str | None:
        """Return the cell of `path`, filled or empty; None: the sheet has no such column."""
        letter = self.columns.get(path)
        return self.addresses.get(path) or (f"{letter}{abs(self.number)}" if letter else None)


CHANGE_CELL = "@inventory change"
"""The key of 库存增减 in `Row.addresses`: it is a column, but not a path of the item."""


def said(cells: Mapping[Path, Cell]) -> bytes:
    """Write what cells ask for as one text of JSON: cells that ask for the same, in any order, give the same text."""
    return orjson.dumps(cells, option=orjson.OPT_SORT_KEYS)


@dataclass(frozen=True, slots=True)
class LastCell:
    """What the sheet said when this cell was last carried out, in which file, and when."""

    value: Cell
    file: str
    at: datetime


@dataclass(slots=True)
class Baseline:
    """What state remembers of an item, two facts kept apart: the last cell and the last remote, path by path.

    As `Row`, it is changed by nobody, and not frozen.
    """

    item_id: str | None
    cells: Mapping[Path, LastCell] = field(default_factory=dict)
    remote: Item = field(default_factory=dict)
    deleted: bool = False
    """True: this tool deleted it, or a person said that it is gone."""
    hold: Hold | None = None
    pending: bool = False
    """True: the platform may not be as the last cells ask, as a row failed, was held back or waits for stock."""
    ruled: LastRuling | None = None
    """None: no rule said anything of it."""
    window: PriceWindow | None = None
    """The campaign price that is in force on the platform; the last price cell is still what the sheet says."""

    @property
    def never_seen(self) -> bool:
        """Whether all that is known is an id, of a publish that got lost: nothing was ever seen under it."""
        return not self.remote and not self.deleted


SHOP_TIME = timezone(timedelta(hours=8))
"""The platform's clock and its shops': GMT+8 (docs/explanation/platform.md#one-call)."""


def clock_face(moment: datetime) -> datetime:
    """Return what the shop's clock shows at a moment: workbooks know no time zones."""
    return moment.astimezone(SHOP_TIME).replace(tzinfo=None)


def clock_text(moment: datetime, *, seconds: bool = False) -> str:
    """Write a moment as staff read it, in the shop's time: `2026-11-21 09:30`, or `09:30:05` with `seconds`."""
    return moment.astimezone(SHOP_TIME).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")
