"""Finding the table in a worksheet: the row of headers, what each column is for, where results go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from sync.fields import CATEGORY, ITEM_ID, OUTER_ID, WRITTEN_BY_TOOL, Column, Field, Kind, forbidden_name, squeeze
from sync.messages import Language, Refusal, say
from sync.sheet.files.addresses import letters
from sync.sheet.files.workbook import Raw, Rows
from sync.sheet.headers import field_of
from sync.sheet.names import Names
from sync.sheet.strings import trim
from sync.unseen import spelt

SEARCHED = 30
"""Rows among which the headers may stand: below a title and a few lines of instructions."""


@dataclass(frozen=True)
class Heading:
    """A column of the sheet that itemsync knows."""

    field: Field
    index: int
    """From 1."""
    text: str
    """The header as it stands in the sheet."""

    @cached_property
    def letter(self) -> str:
        """The column's letter, such as `E`."""
        return letters(self.index)

    @cached_property
    def key(self) -> str:
        """What tells this column from all others: its path, or what it is for."""
        return self.field.path or self.field.column.value

    @cached_property
    def of_item(self) -> bool:
        """Whether its cells say what the item should hold; an id only says which item."""
        return self.field.path not in (None, ITEM_ID)

    @property
    def managed(self) -> bool:
        """Whether staff fill it for us to read."""
        return self.field.column not in WRITTEN_BY_TOOL


@dataclass(frozen=True)
class Layout:
    """Where the table stands, for writing back into it."""

    sheet: str
    header_row: int
    columns: Mapping[str, str]
    """Path (`fields.ITEM_ID`), or purpose (`Column.NOTE`) → letter. What the sheet doesn't have isn't in it."""
    last_column: int
    """The last column, from 1, with anything in it at or below the headers: new columns go to its right."""
    language: Language
    """The headers' language, judged by the key's."""
    editable: bool = True
    """Whether the file is one that results can be written into."""


@dataclass(frozen=True)
class Headings:
    """The row of headers, understood."""

    row: int
    """From 1, as Excel counts."""
    known: tuple[Heading, ...]
    own: tuple[str, ...]
    """Headers of the staff's own columns."""

    @property
    def lonely(self) -> bool:
        """Whether the key stands alone, as it may in a page of instructions."""
        return len(self.known) == 1

    def layout(self, sheet: str, last_column: int, *, editable: bool) -> Layout:
        """Say where everything is."""
        key = next(heading for heading in self.known if heading.key == OUTER_ID)
        return Layout(
            sheet=sheet,
            header_row=self.row,
            columns={heading.key: heading.letter for heading in self.known},
            last_column=last_column,
            language="zh" if squeeze(key.field.zh) in squeeze(key.text) else "en",
            editable=editable,
        )


def find_headings(rows: Rows) -> Headings | None:
    """Find the row with the key's header; None: this worksheet has none.

    A page of instructions may list the headers one below the other: a row that has another header too is preferred.
    Raises `Refusal` when a column is there twice, can't be addressed, or contradicts another (DESIGN section 3).
    """
    top = enumerate(rows[:SEARCHED], start=1)
    found = [(row, texts) for row, texts in top if any(map(is_key, texts))]
    best = max(found, key=lambda one: min(2, sum(map(is_header, one[1]))), default=None)
    return _headings(*best) if best else None


def is_key(raw: Raw) -> bool:
    """Tell whether this is the header of 商家编码."""
    field = _field(raw)
    return field is not None and field.path == OUTER_ID


def is_header(raw: Raw) -> bool:
    """Tell whether this is a header that itemsync knows."""
    return _field(raw) is not None


def _field(raw: Raw) -> Field | None:
    return field_of(raw) if isinstance(raw, str) and raw else None


def _headings(row: int, texts: Sequence[Raw]) -> Headings:
    known: list[Heading] = []
    own: list[str] = []
    for index, text in enumerate(texts, start=1):
        header = trim(text) if isinstance(text, str) else str(text)
        field = field_of(header)
        if field is not None:
            known.append(Heading(field, index, header))
        elif header:
            own.append(" ".join(spelt(header).split()))
    _refuse_twice(known)
    _refuse_names(known)
    _refuse_categories(known)
    return Headings(row, tuple(known), tuple(own))


def _refuse_twice(known: Sequence[Heading]) -> None:
    key, count = Counter(heading.key for heading in known).most_common(1)[0]
    if count > 1:
        twice = [heading for heading in known if heading.key == key]
        named = Names.of(heading.letter for heading in twice)
        raise Refusal(say("sheet.column_twice", header=twice[0].text, letters=named))


def _refuse_names(known: Sequence[Heading]) -> None:
    for heading in known:
        if heading.field.kind is Kind.CUSTOM and forbidden_name(heading.field.path or ""):
            raise Refusal(say("sheet.custom_name", header=heading.text, letter=heading.letter))


def _refuse_categories(known: Sequence[Heading]) -> None:
    """类目 in one column or in two, never half of it and never both: which one would count?"""
    columns = {heading.key: heading.letter for heading in known}
    halves = [columns[column] for column in (Column.CATEGORY_1, Column.CATEGORY_2) if column in columns]
    if halves and CATEGORY in columns:
        raise Refusal(say("sheet.category_both", letter=columns[CATEGORY], letters=Names.of(halves)))
    if len(halves) == 1:
        raise Refusal(say("sheet.category_half", letter=halves[0]))
