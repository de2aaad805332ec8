"""What the platform holds → a sheet in the template's form, ready to be edited and applied.

A plan of that sheet finds nothing to change but what a note says: an item without a code of its own gets one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path as File
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from sync.codes import SKU_BY_ID
from sync.fields import (
    CATEGORY,
    INVENTORY,
    OFF_SALE,
    OUTER_ID,
    PRICE,
    SEPARATOR,
    SKU_CODE,
    SOLD_OUT,
    STATUS,
    SYSTEM,
    SYSTEM_FIELDS,
    TITLE,
    VIOLATION,
    Field,
    ValueKind,
    kind,
    of_path,
    path_words,
)
from sync.item import Item, Path, PriceWindow, Row, Value, yuan
from sync.messages import Language, Message, say
from sync.sheet.making.form import WINDOW, columns_with, says_what_is_held, typed_cells
from sync.sheet.making.sayable import Speech, can_head_a_column
from sync.sheet.making.template import write_form
from sync.sheet.names import Names
from sync.sku import is_sku, listing_of, sku_of
from sync.synonyms import key_of
from sync.unseen import seen

if TYPE_CHECKING:
    from pandas import DataFrame, Series

MOST_CUSTOM = 200
"""Columns of custom fields, the commonest first."""
_ALWAYS = (TITLE, CATEGORY, PRICE, INVENTORY, STATUS)
_OFF_SALE: Mapping[object, str] = {SOLD_OUT: "pull.sold_out", VIOLATION: "pull.violation"}
"""Why a listing is off sale, and the note of it."""
_SYSTEM = tuple(field.path for field in SYSTEM_FIELDS if field.path)


_DTYPES: Mapping[ValueKind, Literal["object", "Int64"]] = {
    ValueKind.MONEY: "object",
    ValueKind.COUNT: "Int64",
    ValueKind.NUMBER: "Int64",
}


_Notes = defaultdict[str, list[str]]
"""The items of each note, by the code of its message."""


@dataclass(frozen=True)
class PullNote:
    """Something to be said of several items."""

    code: str
    """Of the message, such as `pull.gone`."""
    items: tuple[str, ...]
    """Their codes, or where they have none their ids; with `pull.unsaid` each with its field."""
    reason: Message | None = None
    """Why, in somebody else's words."""

    @property
    def message(self) -> Message:
        """The sentence, with the first few of the items."""
        return say(self.code, count=len(self.items), items=Names.of(self.items), reason=self.reason)


@dataclass(frozen=True)
class Pulled:
    """The rows of the sheet to be, and what it can't say."""

    rows: tuple[Row, ...]
    extra: tuple[Field, ...]
    """自定义 and 系统 columns that at least one row fills."""
    told: tuple[PullNote, ...]
    missing: bool
    """Whether the platform holds an item that is in no row."""

    @property
    def skus(self) -> bool:
        """Whether a row is an SKU's."""
        return any(row.sku is not None for row in self.rows)


def lay_out(
    held: Mapping[str, Item],
    codes: Mapping[str, str],
    categories: Collection[tuple[str, str]],
    language: Language,
    campaigns: Mapping[str, tuple[PriceWindow, int]] = MappingProxyType({}),
) -> Pulled:
    """Return a row for each item of `held`, by its id; `codes` are those under which state knows the ids.

    `campaigns`: the campaign's price that an item is held with, by its id, and the price in fen that comes back at
    its end. The row says both: else that price would be the item's own from then on.

    The code is the platform's own, else the one that state has, else the item id. A listing that has SKUs has a row
    for each of them, and none of its own.
    """
    speech = Speech(categories, language)
    notes: _Notes = defaultdict(list)
    whole, skus = _apart(held)
    chosen = dict(_chosen(whole, codes, speech, notes))
    paths = _paths([held[item_id] for item_id in chosen.values()], notes)
    _note_off_sale(whole, chosen, notes)
    each = (_lines(code, item_id, skus.get(item_id, {}), speech) for code, item_id in chosen.items())
    lines = [line for lines in each for line in lines]
    rows = []
    for number, (code, sku, item_id) in enumerate(lines, start=2):
        said = {path: value for path in paths if (value := held[item_id].get(path)) is not None}
        cells = {path: _as_seen(value) for path, value in said.items() if speech.says(path, value)}
        notes["pull.unsaid"] += (f"{code} {path_words(path, language)}" for path in said if path not in cells)
        window, usual = campaigns.get(item_id, (None, 0))
        if window:
            cells[PRICE] = usual
        rows.append(Row(number, code, listing_of(item_id), {OUTER_ID: code, **cells}, window=window, sku=sku))
    filled = {path for row in rows for path in row.cells}
    extra = tuple(of_path(path) for path in paths if path not in _ALWAYS and path in filled)
    told = tuple(PullNote(code, tuple(items)) for code, items in notes.items() if items)
    return Pulled(tuple(rows), extra, told, missing=len(chosen) < len(whole))


def _apart(held: Mapping[str, Item]) -> tuple[dict[str, Item], Mapping[str, Mapping[str, Item]]]:
    """Return what has a code of its own, and the SKUs of those that have any, by the listings' ids."""
    skus: defaultdict[str, dict[str, Item]] = defaultdict(dict)
    for item_id, item in held.items():
        if is_sku(item_id):
            skus[listing_of(item_id)][item_id] = item
    return {item_id: item for item_id, item in held.items() if not is_sku(item_id)}, skus


def _lines(
    code: str, item_id: str, skus: Mapping[str, Item], speech: Speech
) -> Iterator[tuple[str, str | None, str]]:
    """Yield the rows of a listing: its code, the SKU's, and whose values stand there."""
    if not skus:
        yield code, None, item_id
    often = Counter(sku.get(SKU_CODE) for sku in skus.values())
    for own, sku in skus.items():
        theirs = sku.get(SKU_CODE)
        told = isinstance(theirs, str) and theirs and often[theirs] == 1 and speech.says(OUTER_ID, theirs)
        yield code, str(theirs) if told else SKU_BY_ID + sku_of(own), own


def _note_off_sale(whole: Mapping[str, Item], chosen: Mapping[str, str], notes: _Notes) -> None:
    """Name the listings that are off sale for a reason of the platform's."""
    for code, item_id in chosen.items():
        if told := _OFF_SALE.get(whole[item_id].get(OFF_SALE)):
            notes[told].append(code)


def write_pulled(out: File, pulled: Pulled, categories: Collection[tuple[str, str]], language: Language) -> None:
    """Write the sheet to `out`; raises FileExistsError rather than replace a file, or another OSError."""
    options = {"constant_memory": True}
    extra, skus = pulled.extra, pulled.skus
    write_form(out, pulled.rows, language, categories, extra=extra, notes={}, options=options, skus=skus)


def pulled_dataframe(pulled: Pulled, language: Language) -> DataFrame:
    """Return the sheet as a DataFrame with the headers of `language`; a plan of it finds as little to change.

    Prices are Decimals of yuan, whole numbers `Int64`; all else is `string`: codes, ids, texts, a status in words.
    """
    from pandas import DataFrame  # noqa: PLC0415 (it takes half a second, and few ask for it)

    campaigns = {*WINDOW} if any(row.window for row in pulled.rows) else set()
    every = columns_with(pulled.extra, skus=pulled.skus)
    fields = [field for field in every if says_what_is_held(field) or field.column in campaigns]
    # Value by value: a mapping of each row, all at once, took more than the table.
    values: dict[str, list[object]] = {key_of(field): [] for field in fields}
    for row in pulled.rows:
        cells = typed_cells(row, language) | _exact_numbers(row)
        for key, column in values.items():
            column.append(cells.get(key))
    # A list is let go as soon as its column is there.
    columns = {field.words(language): _series(field, values.pop(key_of(field)), campaigns) for field in fields}
    return DataFrame(columns, copy=False)


def _series(field: Field, values: Sequence[object], campaigns: Collection[str]) -> Series[Any]:
    from pandas import Series  # noqa: PLC0415

    as_is = field.column in campaigns
    return Series(values, dtype="object" if as_is else _DTYPES.get(field.kind, "string"))


def _exact_numbers(row: Row) -> dict[Path, int | Decimal]:
    """The numbers as they are; a workbook can only hold floats."""
    numbers = {path: value for path, value in row.cells.items() if isinstance(value, int) and kind(path) in _DTYPES}
    return {path: Decimal(yuan(each)) if kind(path) is ValueKind.MONEY else each for path, each in numbers.items()}


def _as_seen(value: Value) -> Value:
    return seen(value, prose=True) if isinstance(value, str) else value


def _chosen(
    held: Mapping[str, Item], codes: Mapping[str, str], speech: Speech, notes: _Notes
) -> Iterator[tuple[str, str]]:
    """Yield the code and the id of each item that gets a row; of those that share a code, the first."""
    taken: set[str] = set()
    for item_id, item in held.items():
        theirs, ours = item.get(OUTER_ID), codes.get(item_id)
        if theirs in (None, ""):
            code = ours or item_id
            notes["pull.no_code"].append(code)
        elif isinstance(theirs, str) and speech.says(OUTER_ID, theirs):
            code = theirs
        else:
            notes["pull.code_unsaid"].append(item_id)
            continue
        if code in taken:
            notes["pull.code_twice"].append(f"{code} ({item_id})")
            continue
        if ours not in (None, code):
            notes["pull.renamed"].append(f"{ours} → {code}")
        taken.add(code)
        yield code, item_id


def _paths(items: Sequence[Item], notes: _Notes) -> tuple[Path, ...]:
    """Return the paths that get a column: the usual ones, and whatever custom fields a sheet can name."""
    counted = Counter(path for item in items for path in item if not path.startswith(SYSTEM + SEPARATOR))
    named = [path for path in counted if can_head_a_column(path)]
    common = {path for path, _ in Counter({path: counted[path] for path in named}).most_common(MOST_CUSTOM)}
    notes["pull.no_column"] += (path for path in counted if path not in common)
    return (*_ALWAYS, *_SYSTEM, *(path for path in named if path in common))
