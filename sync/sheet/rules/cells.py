"""The cells of the sheet 规则: kinds, scopes, times of the day; the others are read as those of the items are."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, time, timedelta

from sync.codes import as_code, half_width
from sync.fields import OUTER_ID, Column, Field, of_column, of_path, squeeze
from sync.messages import Message, say
from sync.rule import RuleKind, Scope, category_named
from sync.sheet.cells import parser, read_cell
from sync.sheet.files.workbook import Raw
from sync.sheet.rules.columns import FIELDS, Part
from sync.sheet.strings import figures, trim

KINDS: dict[str, RuleKind] = {
    "每日": RuleKind.DAILY, "daily": RuleKind.DAILY,
    "活动": RuleKind.CAMPAIGN, "campaign": RuleKind.CAMPAIGN,
    "价格": RuleKind.PRICE, "price": RuleKind.PRICE,
    "库存": RuleKind.STOCK, "stock": RuleKind.STOCK,
    "活动价": RuleKind.PRICE_WINDOW, "campaignprice": RuleKind.PRICE_WINDOW, "price-window": RuleKind.PRICE_WINDOW,
}  # fmt: skip
_ALL = ("全部", "all")
_YES = ("是", "开", "启用", "yes", "on", "true", "1")
_NO = ("否", "关", "停用", "no", "off", "false", "0")
_TIME = re.compile(r"([01]?[0-9]|2[0-4]):([0-5][0-9])(?::00)?")
_BETWEEN_CODES = re.compile(r"[\r\n,、;]")


class Wrong(Exception):
    """A cell can't be understood."""

    def __init__(self, message: Message) -> None:
        """`message`: why, and what to write instead."""
        super().__init__(message.code)
        self.message = message


def kind_of(raw: Raw) -> RuleKind:
    """Read 类型; raises Wrong."""
    kind = KINDS.get(squeeze(str(raw)))
    if kind is None:
        raise Wrong(say("rule.kind_unknown", shown=str(raw)))
    return kind


def enabled(raw: Raw) -> bool:
    """Read 启用, where an empty cell means yes; raises Wrong."""
    word = squeeze(str(raw))
    if word in ("", *_YES):
        return True
    if word not in _NO:
        raise Wrong(say("rule.enabled_unknown", shown=str(raw)))
    return False


def scope_of(raw: Raw, categories: Collection[tuple[str, str]], known: Collection[str]) -> Scope:
    """Read 范围: 全部, a category of `categories`, or codes with a comma, a space or a line break between them.

    `known` are the codes of the items, which may have a space or a comma themselves. Raises Wrong.
    """
    # A single code may look like a number to Excel.
    text = half_width(trim(raw, prose=False)) if isinstance(raw, str) else str(_read(raw, of_path(OUTER_ID)))
    if squeeze(text) in _ALL:
        return Scope()
    if names := category_named(text, categories):
        return Scope(category=names)
    if ">" in text:
        raise Wrong(say("rule.category_unknown", shown=text))
    codes = _codes(raw if isinstance(raw, str) else text, known)
    if not codes:
        raise Wrong(say("rule.no_scope"))
    return Scope(codes)


def _codes(text: str, known: Collection[str]) -> frozenset[str]:
    if (whole := as_code(text)) in known:
        return frozenset({whole})
    parts = map(as_code, _BETWEEN_CODES.split(half_width(text)))
    return frozenset(code for part in parts for code in ([part] if part in known else part.split()))


def time_of(raw: Raw) -> time:
    """Read a time of the day: typed in any width, or as Excel keeps it, a fraction of a day. 24:00 is midnight.

    Raises Wrong.
    """
    read = _time(raw)
    if read is None:
        raise Wrong(say("rule.time_format", shown=str(raw)))
    return read


def _time(raw: Raw) -> time | None:
    if isinstance(raw, time):
        return _on_the_minute(timedelta(hours=raw.hour, minutes=raw.minute, seconds=raw.second))
    if isinstance(raw, timedelta):
        return _on_the_minute(raw)
    if isinstance(raw, float | int) and not isinstance(raw, bool) and 0 <= raw < 1:
        return _on_the_minute(raw * timedelta(days=1))
    if isinstance(raw, str) and (match := _TIME.fullmatch(figures(raw))):
        return _on_the_minute(timedelta(hours=int(match[1]), minutes=int(match[2])))
    return None


def _on_the_minute(since_midnight: timedelta) -> time | None:
    """Round to the minute: Excel keeps 23:00 as 0.9583333."""
    minutes = round(since_midnight / timedelta(minutes=1))
    if not 0 <= minutes <= 24 * 60:
        return None
    return time(minutes // 60 % 24, minutes % 60)


def moment_of(raw: Raw) -> datetime:
    """Read a date with or without a time, as 上架时间 is read; raises Wrong."""
    return datetime.fromisoformat(str(_read(raw, of_column(Column.LIST_AT))))


def number_of(part: Part, raw: Raw) -> int:
    """Read a stock in units, or a price, whose yuan become fen; raises Wrong."""
    number = _read(raw, FIELDS[part])
    if not isinstance(number, int):
        raise TypeError(part)
    return number


def _read(raw: Raw, field: Field) -> object:
    reading = read_cell(raw, field, parser(field))
    if reading is None or reading.value is None:
        raise Wrong(reading.message if reading and reading.message else say("rule.empty", field=field))
    return reading.value
