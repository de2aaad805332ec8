"""One parser for each kind of cell: from what Excel kept to what the row asks for, or why that can't be.

Each of Excel's traps (docs/reference/sheet.md#traps) has its message here. A parser gets a value that isn't empty; a
text is trimmed before.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from math import isfinite
from typing import NamedTuple

from sync.codes import half_width
from sync.fields import (
    CLEAR_WORDS,
    HIGHEST_COUNT,
    HIGHEST_ID,
    HIGHEST_PRICE,
    ITEM_ID,
    LOWEST_PRICE,
    OUTER_ID,
    PRICE,
    Column,
    Field,
    ValueKind,
    is_code,
    squeeze,
    status_words,
)
from sync.item import CLEAR, Cell, Path, fen
from sync.messages import Level, Message, say
from sync.sheet.files.workbook import Raw
from sync.sheet.names import Names
from sync.sheet.strings import figures, has_line_break, one_line
from sync.sheet.visible import SILENT, left_out, longest, visible
from sync.unseen import spelt
from sync.values import Shown


class CellReading(NamedTuple):
    """What one cell says. With a message at level ERROR there is no value."""

    value: Cell | None
    message: Message | None = None
    level: Level = Level.ERROR
    unseen: Message | None = None
    """A note of what isn't part of the value, because nobody sees it."""


Parser = Callable[[Raw, Field], CellReading]

EXACT_DIGITS = 15
"""Excel keeps this many digits of a number; later ones are lost when it saves the file."""
_LONGEST_ID = len(str(HIGHEST_ID))
"""Digits; with fewer, every number is an id."""
_SCIENTIFIC = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)
"""How Excel shows a long number in a narrow cell, and how it saves it to a CSV."""
_FIGURES = r"(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)"
_PRICE = re.compile(rf"¥?(-?{_FIGURES}(?:\.[0-9]*)?)元?")
_WHOLE = re.compile(rf"([+-]?{_FIGURES}(?:\.0+)?)")
_MOMENT = r"\d{4}-\d{2}-\d{2}(?: \d{2}:\d{2}(?::\d{2})?)?"
_NOISE, _RELATIVE_NOISE = Decimal("1e-9"), Decimal("1e-12")
"""What adding and multiplying floats leaves behind: 19.900000000000002 is 19.90, 19.905 is not."""
_LONGEST = 30
"""Characters; no number that this program accepts is longer."""
_ERROR_VALUES = frozenset({"#N/A", "#VALUE!", "#REF!", "#DIV/0!", "#NUM!", "#NAME?", "#NULL!"})
"""They also come as plain text, where somebody pasted values from another sheet."""


def read_cell(raw: Raw, field: Field, parse: Parser) -> CellReading | None:
    """Read a cell of `field`'s column with the column's `parser`; None: it is empty."""
    if not isinstance(raw, str):
        return parse(raw, field)
    text = visible(raw, field)
    if not text:
        return None
    most = longest(field)
    if len(text) > most:
        return _no("cell.too_long", field=field, count=len(text), most=most)
    reading = _read_text(text, field, parse)
    return reading if text == raw else _noted(reading, raw, text, field)


def _read_text(text: str, field: Field, parse: Parser) -> CellReading:
    if text[0] in "<＜" and squeeze(text) in CLEAR_WORDS:
        return CellReading(CLEAR) if field.clearable else _no("clear.refused", field=field)
    if text in _ERROR_VALUES:
        return _no("cell.error", shown=text)
    return parse(text, field)


def _noted(reading: CellReading, raw: str, text: str, field: Field) -> CellReading:
    """Add a note of what was left out of the value; in the message of a refused one, spell it out."""
    bare = raw.strip(SILENT)
    if bare == text:
        return reading
    message = reading.message
    if message and reading.value is None:
        shown = {"shown": _shown(spelt(bare))} if "shown" in message.args else {}
        return reading._replace(message=say(message.code, **{**message.args, **shown}))
    if is_code(field):
        normalised = say("code.normalised", field=field, written=_shown(spelt(bare)), shown=text)
        return CellReading(reading.value, normalised, Level.WARNING)
    signs = left_out(raw, field)
    return reading._replace(unseen=say("cell.unseen", names=Names.of(signs))) if signs else reading


def parser(field: Field) -> Parser:
    """Return the parser of a column's cells. 类目's is in `categories.py`, because it needs the table of names."""
    return _BY_PATH.get(field.path or "") or _BY_COLUMN.get(field.column) or _BY_KIND[field.kind]


def _code(raw: Raw, field: Field) -> CellReading:
    if isinstance(raw, str):
        return _typed_code(raw, field)
    if isinstance(raw, bool):
        return _no("code.boolean", field=field, shown=_excel_word(raw))
    if not isinstance(raw, int | float):
        return _no("cell.became_date", field=field)
    if isinstance(raw, float) or len(str(abs(raw))) > EXACT_DIGITS:
        return _no("code.digits_lost", field=field)
    return CellReading(str(raw), say("code.number", field=field, shown=raw), Level.WARNING)


def _typed_code(text: str, field: Field) -> CellReading:
    if has_line_break(text):
        return _no("code.line_break", field=field)
    return _no("code.digits_lost", field=field) if _SCIENTIFIC.fullmatch(text) else CellReading(text)


def _id(raw: Raw, field: Field) -> CellReading:
    if isinstance(raw, str) and len(raw) < _LONGEST_ID and raw.isascii() and raw.isdecimal() and raw[0] != "0":
        return CellReading(raw)
    if isinstance(raw, int) and not isinstance(raw, bool) and len(str(abs(raw))) > EXACT_DIGITS:
        return _no("id.digits_lost")
    text = figures(_shown(raw))
    if isinstance(raw, float) or _SCIENTIFIC.fullmatch(text):
        return _no("id.digits_lost")
    if not re.fullmatch(r"[0-9]{1,19}", text) or not 0 < int(text) <= HIGHEST_ID:
        return _no("id.format", shown=_shown(raw))
    if isinstance(raw, int):
        return CellReading(text, say("id.number"), Level.WARNING)
    return CellReading(str(int(text)))


def _text(raw: Raw, field: Field) -> CellReading:
    """A text of one line: the title, and the system's text keys."""
    reading = _custom(raw, field)
    if isinstance(reading.value, str) and has_line_break(reading.value):
        return CellReading(one_line(reading.value), say("text.line_break"), Level.WARNING)
    return reading


def _custom(raw: Raw, field: Field) -> CellReading:
    """A text as staff wrote it; a number as Excel shows it. Its inner lines are its own."""
    if isinstance(raw, str):
        return CellReading(raw.replace("\r\n", "\n").replace("\r", "\n"))
    if isinstance(raw, bool):
        return CellReading(_excel_word(raw))
    if isinstance(raw, float):
        return CellReading(f"{Decimal(f'{raw:.{EXACT_DIGITS}g}'):f}")
    if isinstance(raw, int):
        return CellReading(str(raw)) if len(str(abs(raw))) <= EXACT_DIGITS else _no("text.digits_lost", field=field)
    return _no("cell.became_date", field=field)


def _price(raw: Raw, field: Field) -> CellReading:
    amount = _amount(raw, _PRICE)
    if amount is None:
        return _no("price.not_number", shown=_shown(raw))
    exact = _without_noise(amount, Decimal("0.01")) if abs(amount) <= HIGHEST_PRICE else amount
    if exact is None:
        return _no("price.decimals", shown=_shown(raw))
    if not LOWEST_PRICE <= exact * 100 <= HIGHEST_PRICE:
        lowest, highest = Shown(PRICE, LOWEST_PRICE), Shown(PRICE, HIGHEST_PRICE)
        return _no("price.range", shown=_shown(raw), lowest=lowest, highest=highest)
    return CellReading(fen(exact))


def _count(raw: Raw, field: Field) -> CellReading:
    if isinstance(raw, str) and figures(raw).startswith("+"):
        return _no("count.signed", shown=raw)
    return _bounded(raw, 0, "count.not_whole", "count.range")


def _change(raw: Raw, field: Field) -> CellReading:
    return _bounded(raw, -HIGHEST_COUNT, "change.not_whole", "change.range")


def _bounded(raw: Raw, lowest: int, not_whole: str, out_of_range: str) -> CellReading:
    """Read a whole number of units; the last two are the messages' codes."""
    number = _whole(raw)
    if number is None:
        return _no(not_whole, shown=_shown(raw))
    if not lowest <= number <= HIGHEST_COUNT:
        return _no(out_of_range, shown=_shown(raw), highest=HIGHEST_COUNT)
    return CellReading(number)


def _number(raw: Raw, field: Field) -> CellReading:
    """A whole number of the system's: schemaVersion, domainId."""
    number = _whole(raw)
    if number is None or not 0 <= number <= HIGHEST_ID or (isinstance(raw, int) and len(str(raw)) > EXACT_DIGITS):
        return _no("number.not_whole", field=field, shown=_shown(raw))
    return CellReading(number)


def _status(raw: Raw, field: Field) -> CellReading:
    # TRUE is no status, though it counts as 1.
    word = _excel_word(raw) if isinstance(raw, bool) else figures(_shown(raw))
    status = status_words().get(squeeze(word))
    return CellReading(status) if status is not None else _no("status.not_known", shown=_shown(raw))


def _moment(raw: Raw, field: Field) -> CellReading:
    """A real date, or a text of the one form that can't be misread; which is the month in 3/4/2026?"""
    if isinstance(raw, datetime):
        return CellReading(raw.isoformat(sep=" "))
    if isinstance(raw, str) and re.fullmatch(_MOMENT, half_width(raw)):
        with suppress(ValueError):  # Such as the 30th of February.
            return CellReading(datetime.fromisoformat(half_width(raw)).isoformat(sep=" "))
    return _no("date.format", shown=_shown(raw))


def _whole(raw: Raw) -> int | None:
    """Read a whole number; None: it isn't one. Out of all bounds is still a whole number."""
    amount = _amount(raw, _WHOLE)
    if amount is not None and abs(amount) <= HIGHEST_ID:
        amount = _without_noise(amount, Decimal(1))
    return None if amount is None else int(amount)


def _amount(raw: Raw, pattern: re.Pattern[str]) -> Decimal | None:
    """Read a number as typed or as Excel kept it. TRUE and dates are none, though Excel counts with them."""
    if isinstance(raw, str):
        match = pattern.fullmatch(figures(raw)) if len(raw) <= _LONGEST else None
        return Decimal(match[1].replace(",", "")) if match else None
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not isfinite(raw):
        return None
    return Decimal(repr(raw))


def _without_noise(amount: Decimal, unit: Decimal) -> Decimal | None:
    """Return the multiple of `unit` that `amount` stands for, or None when it lies between two."""
    nearest = amount.quantize(unit)
    noise = max(_NOISE, abs(amount) * _RELATIVE_NOISE)
    return nearest if abs(amount - nearest) <= noise else None


def _shown(raw: Raw) -> str:
    """Write what is in the cell as a person would recognise it."""
    if isinstance(raw, bool):
        return _excel_word(raw)
    text = f"{Decimal(repr(raw)):f}" if isinstance(raw, float) else str(raw)
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"


def _excel_word(raw: Raw) -> str:
    return "TRUE" if raw else "FALSE"


def _no(code: str, **blanks: object) -> CellReading:
    return CellReading(None, say(code, **blanks))


_BY_PATH: Mapping[Path, Parser] = {OUTER_ID: _code, ITEM_ID: _id}
_BY_COLUMN: Mapping[Column, Parser] = {
    Column.STOCK_CHANGE: _change,
    Column.LIST_AT: _moment,
    Column.DELIST_AT: _moment,
    Column.WINDOW_START: _moment,
    Column.WINDOW_END: _moment,
    Column.SKU: _code,
}
_BY_KIND: Mapping[ValueKind, Parser] = {
    ValueKind.TEXT: _text,
    ValueKind.MONEY: _price,
    ValueKind.COUNT: _count,
    ValueKind.NUMBER: _number,
    ValueKind.ID: _id,
    ValueKind.CATEGORY: _text,
    ValueKind.STATUS: _status,
    ValueKind.CUSTOM: _custom,
}
