"""Finding the table in a worksheet: the row of headers, what each column is for, where results go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import itemgetter
from typing import NamedTuple

from sync.errors import Refusal
from sync.fields import (
    CATEGORY,
    ITEM_ID,
    OUTER_ID,
    WRITTEN_BY_TOOL,
    Column,
    Field,
    ValueKind,
    forbidden_name,
    is_code,
    of_column,
)
from sync.messages import Language, say
from sync.sheet.files.addresses import letters
from sync.sheet.files.shown import as_shown, code_as_shown
from sync.sheet.files.workbook import Grid, Raw
from sync.sheet.headers import SEARCHED, USUAL, Vocabulary
from sync.sheet.names import Names
from sync.sheet.strings import trim
from sync.synonyms import Ignored, key_of, meant, missing
from sync.unseen import spelt

_WINDOW = (Column.WINDOW_PRICE, Column.WINDOW_START, Column.WINDOW_END)
_ASKED = 100
"""Columns that are compared with ours by name, which is slow; hardly any sheet has more."""


@dataclass(frozen=True)
class Heading:
    """A column of the sheet that itemsync knows."""

    field: Field
    index: int
    """From 1."""
    text: str
    """The header as it stands in the sheet."""
    usual: bool = False
    """Whether it is only staff's usual word for the column."""

    @cached_property
    def letter(self) -> str:
        """The column's letter, such as `E`."""
        return letters(self.index)

    @cached_property
    def key(self) -> str:
        """What tells this column from all others: its path, or what it is for."""
        return key_of(self.field)

    @cached_property
    def of_item(self) -> bool:
        """Whether its cells say what the item should hold; an id only says which item."""
        return self.field.path not in (None, ITEM_ID)

    @property
    def managed(self) -> bool:
        """Whether staff fill it for us to read."""
        return self.field.column not in WRITTEN_BY_TOOL

    @property
    def read_as_shown(self) -> bool:
        """Whether a number in it stands for a text, and so for what a person sees (docs/reference/sheet.md#codes)."""
        of_text = self.field.path is not None and self.field.kind in (ValueKind.TEXT, ValueKind.CUSTOM)
        return of_text or is_code(self.field)

    def shown(self, raw: Raw, code: str) -> Raw:
        """Return what Excel shows of a value in the number format `code`, as far as that is known."""
        if is_code(self.field):
            return code_as_shown(raw, code)
        found = as_shown(raw, code)
        return raw if found is None else found


class Layout(NamedTuple):
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
    vocabulary: Vocabulary = USUAL
    """By which the headers were understood, and are found again."""


class Headings(NamedTuple):
    """The row of headers, understood."""

    row: int
    """From 1, as Excel counts."""
    known: tuple[Heading, ...]
    ignored: tuple[Ignored, ...] = ()
    """The staff's own columns."""
    vocabulary: Vocabulary = USUAL

    @property
    def key(self) -> Heading:
        """The column of the rows' codes."""
        return next(heading for heading in self.known if heading.key == OUTER_ID)

    @property
    def rank(self) -> Rank:
        """How surely this is the table that is meant."""
        agreed = sum(not heading.usual for heading in self.known)
        return not self.key.usual, min(2, agreed), min(2, len(self.known))

    def layout(self, sheet: str, last_column: int, *, editable: bool) -> Layout:
        """Say where everything is."""
        return Layout(
            sheet=sheet,
            header_row=self.row,
            columns={heading.key: heading.letter for heading in self.known},
            last_column=last_column,
            language="zh" if any("一" <= sign <= "鿿" for sign in self.key.text) else "en",
            editable=editable,
            vocabulary=self.vocabulary,
        )


Rank = tuple[bool, int, int]
"""Whether the key has an agreed header; how many agreed ones there are, up to two; how many with usual words, up to
two. The highest is the table that is meant: a page of instructions may list the headers one below the other, and a
list of orders has 货号 and 数量 too."""


def find_headings(rows: Grid, vocabulary: Vocabulary = USUAL) -> Headings | None:
    """Find the row with the key's header; None: this worksheet has none.

    Raises `Refusal` when a column is there twice, can't be addressed, or contradicts another
    (docs/reference/sheet.md#headers).
    """
    numbered = enumerate(rows[:SEARCHED], start=1)
    ranked = [(rank, row, texts) for row, texts in numbered if (rank := _rank(texts, vocabulary))]
    if not ranked:
        return None
    _, row, texts = max(ranked, key=itemgetter(0))
    return _headings(row, texts, vocabulary)


def _rank(texts: Sequence[Raw], vocabulary: Vocabulary) -> Rank | None:
    """Rank a row that may be the headers; None: it hasn't the key."""
    agreed = [field for raw in texts if isinstance(raw, str) and raw and (field := vocabulary.agreed(raw))]
    usual = [field for raw in texts if isinstance(raw, str) and raw and (field := vocabulary.usual(raw))]
    by_agreement = any(field.path == OUTER_ID for field in agreed)
    if not by_agreement and not any(field.path == OUTER_ID for field in usual):
        return None
    return by_agreement, min(2, len(agreed)), min(2, len(agreed) + len(usual))


def _headings(row: int, texts: Sequence[Raw], vocabulary: Vocabulary) -> Headings:
    headers = [(index, trim(text) if isinstance(text, str) else str(text)) for index, text in enumerate(texts, 1)]
    agreed = _with_whole_windows(
        [Heading(field, index, text) for index, text in headers if (field := vocabulary.agreed(text))]
    )
    taken = {heading.key for heading in agreed}
    usual = [
        Heading(field, index, text, usual=True)
        for index, text in headers
        if not vocabulary.agreed(text) and (field := vocabulary.usual(text)) and key_of(field) not in taken
    ]
    _refuse_several(usual, "sheet.either")
    known = tuple(sorted((*agreed, *usual), key=lambda heading: heading.index))
    _refuse_several(known, "sheet.column_twice")
    _refuse_names(known)
    _refuse_categories(known)
    read = {heading.index for heading in known}
    own = [(index, text) for index, text in headers if text and index not in read]
    return Headings(row, known, tuple(_ignored(own, known)), vocabulary)


def _with_whole_windows(agreed: Sequence[Heading]) -> list[Heading]:
    """Leave out 活动价 without its times, and times without it: many shops have such a column of their own."""
    keys = {heading.key for heading in agreed}
    if Column.WINDOW_PRICE in keys and keys & {Column.WINDOW_START, Column.WINDOW_END}:
        return list(agreed)
    return [heading for heading in agreed if heading.field.column not in _WINDOW]


def _ignored(own: Sequence[tuple[int, str]], known: Sequence[Heading]) -> Iterator[Ignored]:
    ours = [of_column(column) for column in _WINDOW]
    lacking = missing((*ours, *(heading.field for heading in known)))
    for place, (index, text) in enumerate(own):
        header = " ".join(spelt(text).split())
        yield Ignored(letters(index), header, meant(text, lacking)[0] if place < _ASKED else None)


def _refuse_several(headings: Sequence[Heading], code: str) -> None:
    """Refuse two columns for one thing, with the message `code`: nobody knows which of them counts."""
    by_key: dict[str, list[Heading]] = {}
    for heading in headings:
        by_key.setdefault(heading.key, []).append(heading)
    for several in by_key.values():
        if len(several) > 1:
            named = Names.of(f"{heading.text} ({heading.letter})" for heading in several)
            raise Refusal(say(code, names=named, field=several[0].field))


def _refuse_names(known: Sequence[Heading]) -> None:
    for heading in known:
        if heading.field.kind is ValueKind.CUSTOM and forbidden_name(heading.field.path or ""):
            raise Refusal(say("sheet.custom_name", header=heading.text, letter=heading.letter))


def _refuse_categories(known: Sequence[Heading]) -> None:
    """Refuse a category in both forms, in one column and in two, and one with only one of its two columns."""
    columns = {heading.key: heading.letter for heading in known}
    halves = [columns[column] for column in (Column.CATEGORY_1, Column.CATEGORY_2) if column in columns]
    if halves and CATEGORY in columns:
        raise Refusal(say("sheet.category_both", letter=columns[CATEGORY], letters=Names.of(halves)))
    if len(halves) == 1:
        raise Refusal(say("sheet.category_half", letter=halves[0]))
