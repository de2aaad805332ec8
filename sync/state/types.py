"""How values lie in the database, whichever it is."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from typing import TypeVar

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Cast,
    ColumnElement,
    DateTime,
    Dialect,
    Numeric,
    Text,
    cast,
    extract,
    func,
)
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

_NUL_IN_JSON = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
_INSTEAD = "\ufffd"
W = TypeVar("W", bound=Enum)


class Unreadable(ValueError):
    """What the state holds can't have been written by this program: it is damaged."""


def word_of(kind: type[W], word: str) -> W:
    """Return what a word of the state stands for; raises Unreadable where it stands for nothing."""
    try:
        return kind(word)
    except ValueError:
        raise Unreadable from None


@contextmanager
def readable() -> Iterator[None]:
    """Raise Unreadable where what stands in a document isn't what was once put into it."""
    try:
        yield
    except (ValueError, TypeError, AttributeError, zlib.error):
        raise Unreadable from None


class Words(TypeDecorator[str]):
    """Text of any length. What is no text, such as half of a character, raises UnicodeEncodeError."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace NUL, which not every database takes."""
        return value.replace("\0", _INSTEAD) if value else value


class JsonDocument(TypeDecorator[str]):
    """A JSON document, as text on our side; "" stands for none. Its keys come back in any order."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose by the database."""
        return _TextAsJson("JSONB") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Replace what JSONB doesn't take."""
        if not value:
            return None
        return _NUL_IN_JSON.sub(rf"\1{_INSTEAD}", value) if dialect.name == "postgresql" else value


class VerbatimJson(TypeDecorator[str]):
    """A JSON document that comes back to the letter: of a call's parameters, the order of the keys counts too."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        """Choose by the database."""
        return _TextAsJson("JSON") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Write "" as none."""
        return value or None


class _Json(UserDefinedType[str]):
    cache_ok = True

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def get_col_spec(self, **_: object) -> str:
        return self.kind


class _TextAsJson(_Json):
    """JSON that is written and read as text: the nouns have their own readers."""

    def bind_expression(self, bindvalue: BindParameter[str]) -> Cast[str]:
        return cast(cast(bindvalue, Text), _Json(self.kind))

    def column_expression(self, column: ColumnElement[str]) -> Cast[str]:
        return cast(column, Text)


class Timestamp(TypeDecorator[datetime]):
    """A moment: a timestamp with zone; in SQLite, which has none, ISO text in UTC."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime] | TypeEngine[str]:
        """Choose by the database."""
        return Text() if dialect.name == "sqlite" else DateTime(timezone=True)

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        """Write it, so that text is in the order of time."""
        if value is None:
            return None
        return value.astimezone(UTC).isoformat() if dialect.name == "sqlite" else value

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        """Read it, in UTC."""
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        try:
            return datetime.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            raise Unreadable from None


class Millis(TypeDecorator[int]):
    """A moment as milliseconds since 1970, UTC, which fills columns without an object a row.

    A timestamp with zone; in SQLite, which has none, the number.
    """

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[int]:
        """Choose by the database."""
        return _Instant() if dialect.name == "postgresql" else BigInteger()


class _Instant(UserDefinedType[int]):
    cache_ok = True

    def get_col_spec(self, **_: object) -> str:
        return "TIMESTAMP WITH TIME ZONE"

    def bind_expression(self, bindvalue: BindParameter[int]) -> ColumnElement[int]:
        return func.to_timestamp(cast(bindvalue, Numeric) / 1000)

    def column_expression(self, column: ColumnElement[int]) -> ColumnElement[int]:
        return cast(extract("epoch", column) * 1000, BigInteger)


def millis(moment: datetime) -> int:
    """Return a moment as `Millis` has it."""
    return round(moment.timestamp() * 1000)
