"""Which row each result belongs to by now, and into which columns it goes, of which some may be new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sync.codes import sku_key
from sync.fields import ITEM_ID, OUTER_ID, SKU_FIELD, WRITTEN_BY_TOOL, Field, of_column, of_path
from sync.sheet.cells import parser, read_cell
from sync.sheet.columns import Layout
from sync.sheet.files.addresses import Range
from sync.sheet.files.extent import MOST_CELLS
from sync.sheet.files.workbook import Raw
from sync.sheet.strings import trim
from sync.sheet.writeback.addresses import LAST_COLUMN, letters, number_of
from sync.sheet.writeback.contents import Shared
from sync.sheet.writeback.expected import Expected
from sync.sheet.writeback.parts import NewColumn
from sync.sheet.writeback.survey import Held, Survey
from sync.synonyms import key_of


class NoRoom(ValueError):
    """The sheet reaches so far that results can't stand beside it; `cell`: how far, such as `XFD1048576`."""

    def __init__(self, cell: str) -> None:
        """`cell`: its last row and column."""
        super().__init__(cell)
        self.cell = cell


class Columns(NamedTuple):
    """The columns by path or purpose, as numbers from 1."""

    by_key: Mapping[str, int]
    new: Sequence[NewColumn]
    """Those that the sheet doesn't have yet, from left to right."""

    @property
    def key(self) -> int:
        """The column of the rows' codes."""
        return self.by_key[OUTER_ID]


def looked_up(held: Held, strings: Mapping[int, str]) -> Raw | None:
    """Return what a cell holds, wherever the workbook keeps it; raises KeyError for a string that isn't there."""
    return strings[held] if isinstance(held, Shared) else held


def read_as(field: Field, raw: Raw | None) -> object:
    """Read a cell as `read_sheet` does; None: it is empty, or can't be read."""
    reading = None if raw is None else read_cell(raw, field, parser(field))
    return reading.value if reading else None


def headers_stand(survey: Survey, layout: Layout, strings: Mapping[int, str]) -> bool:
    """Whether each header is still where it was read."""
    for key, column in layout.columns.items():
        header = looked_up(survey.headers.get(number_of(column.encode()), ""), strings)
        field = layout.vocabulary.meaning(trim(str(header)))
        if header is not None and (field is None or key != key_of(field)):
            return False
    return True


def match_rows(
    survey: Survey, expected: Expected, strings: Mapping[int, str]
) -> tuple[Mapping[int, int], Sequence[int]]:
    """Return where each row is by now that isn't where it was read, and the rows that aren't there any more.

    A row that moved is found again by its code (and SKU编码), if only one row has that.
    """
    doubtful = _doubtful(survey, expected, strings)
    gone = [row for row in doubtful if not _stands(row, survey, expected, strings)]
    if not gone:
        return {}, ()
    rows = _rows_by_key(survey, strings, {expected.key(row) for row in gone if expected.codes[row]})
    taken = expected.codes.keys() - gone
    moved: dict[int, int] = {}
    for row in gone:
        found = rows.get(expected.key(row), [])
        if len(found) == 1 and found[0] not in taken:
            moved[row] = found[0]
            taken.add(found[0])
    return moved, [row for row in gone if row not in moved]


def _doubtful(survey: Survey, expected: Expected, strings: Mapping[int, str]) -> Sequence[int]:
    """Return the rows that don't plainly have the expected code."""
    for rows, indexes in survey.shared:
        if expected.are(rows, list(map(strings.get, indexes))):
            survey.stand(rows)
    stands = survey.standing.__getitem__
    # Nearly always all stand, which is told in a third of the time that it takes to ask row by row.
    doubtful = [] if all(map(stands, expected.codes)) else [row for row in expected.codes if not stands(row)]
    for rows, indexes in survey.shared if doubtful else ():
        survey.codes.update(zip(rows, map(Shared, indexes), strict=True))
    return doubtful


def _stands(row: int, survey: Survey, expected: Expected, strings: Mapping[int, str]) -> bool:
    if row not in survey.codes:
        return False
    # A text that equals the code needn't be parsed.
    if row not in survey.skus and looked_up(survey.codes[row], strings) == expected.key(row):
        return True
    key = _key_of(row, survey, strings)
    return key is None or key == expected.key(row)


def _key_of(row: int, survey: Survey, strings: Mapping[int, str]) -> str | None:
    """Return what a row calls its item, see `RowResult.key`; None: a formula that nobody has calculated yet."""
    code = looked_up(survey.codes[row], strings)
    if code is None:
        return None
    read = str(read_as(of_path(OUTER_ID), code) or "")
    sku = read_as(SKU_FIELD, looked_up(survey.skus[row], strings)) if row in survey.skus else None
    return sku_key(read, str(sku)) if sku else read


def _rows_by_key(survey: Survey, strings: Mapping[int, str], keys: set[str]) -> Mapping[str, list[int]]:
    rows: dict[str, list[int]] = {key: [] for key in keys}
    for row in survey.codes if keys else ():
        if (key := _key_of(row, survey, strings)) in keys:
            rows[str(key)].append(row)
    return rows


def find_columns(layout: Layout, survey: Survey, tables: Sequence[Range], *, ids: bool) -> Columns:
    """Return where everything is written: what the sheet lacks, to the right of all that it has, and of its `tables`.

    `ids`: results bring 商品ID; without it the next run could not find an item that this one published.
    Raises `NoRoom` if Excel has no columns left there, or if the sheet would be too large to be read again.
    """
    there = {key: number_of(column.encode()) for key, column in layout.columns.items()}
    lacking = [field for field in _needed(ids=ids) if key_of(field) not in there]
    last = _last_column(layout, survey, tables, len(lacking))
    new = [NewColumn(at, field.words(layout.language), field.width) for at, field in enumerate(lacking, last + 1)]
    if new and (new[-1].column > LAST_COLUMN or survey.last_row * new[-1].column > MOST_CELLS):
        raise NoRoom(f"{letters(last).decode()}{survey.last_row}")
    return Columns({**there, **{key_of(field): at for at, field in enumerate(lacking, last + 1)}}, new)


def _needed(*, ids: bool) -> Sequence[Field]:
    return [*([of_path(ITEM_ID)] if ids else []), *map(of_column, WRITTEN_BY_TOOL)]


def _last_column(layout: Layout, survey: Survey, tables: Sequence[Range], wanted: int) -> int:
    """Return the column behind which so many can stand without reaching into merged headers or a table."""
    last = survey.last_column
    taken = [each for each in survey.merges if each.top <= layout.header_row <= each.bottom]
    taken += [each for each in tables if each.bottom >= layout.header_row]
    for each in sorted(taken, key=lambda range: range.left):
        if last < each.right and each.left <= last + wanted:
            last = each.right
    return last
