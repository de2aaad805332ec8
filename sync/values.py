"""How a path's value is written: as the platform's JSON has it, in this program's own JSON, and as staff read it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from sys import intern
from typing import NamedTuple

from sync.fields import HIGHEST_ID, SEPARATOR, SYSTEM, ValueKind, forbidden_name, kind
from sync.item import Item, Opaque, Path, Status, Value, fen, opaque, yuan
from sync.messages import Language

_MOST_DIGITS = 19
"""Of the platform's whole numbers: they are 64-bit (docs/explanation/platform.md#one-call)."""


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
    # Every item has the same few paths: they are kept once for all.
    pairs = {intern(f"{SYSTEM}{SEPARATOR}{key}"): value for key, value in _mapping(system).items()}
    pairs |= {intern(key): value for key, value in document.items() if not forbidden_name(key)}
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


class Shown(NamedTuple):
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
    """Numbers come as numbers or as text (docs/explanation/platform.md#one-call)."""
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
    return _of_64_bits(int(number))


def _money(value: object) -> Value:
    return _of_64_bits(fen(_number(value)))


def _of_64_bits(number: int) -> int:
    """Return the number; one that no database keeps as it is, the platform can't have meant."""
    if abs(number) > HIGHEST_ID:
        raise ValueError(number)
    return number


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
