"""类目, or 一级类目 and 二级类目, of all rows → the categories that they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sync.fields import CATEGORY, Column
from sync.messages import say
from sync.sheet.categories import Categories
from sync.sheet.cells import CellReading
from sync.sheet.columns import Heading
from sync.sheet.draft import Cells, Drafts, texts_of
from sync.sheet.table import Table

_Names = tuple[str | None, str | None, bool]
"""The two names of a category, or the one text and nothing; and whether the row is of a new item."""


def judge_categories(table: Table, drafts: Drafts, categories: Categories) -> None:
    """Put the category, under its own path, in place of the names that were read of it."""
    one = table.heading(CATEGORY)
    first, second = (table.heading(column) for column in (Column.CATEGORY_1, Column.CATEGORY_2))
    if one is not None:
        named = _named(drafts, drafts.pop(CATEGORY), [None] * len(drafts))
        _take(drafts, one, named, lambda text, _, new: categories.judge_text(text, new=new) if text else None)
    elif first is not None and second is not None:
        unclear = drafts.unclear.pop(first.key, set()) | drafts.unclear.pop(second.key, set())
        named = _named(drafts, *(drafts.pop(heading.key) for heading in (first, second)))
        _take(
            drafts,
            second,
            named,
            lambda one, two, new: categories.judge((one, two), new=new) if one and two else None,
        )
        unclear |= _flag_halves(drafts, first, second, named)
        drafts.unclear[CATEGORY] |= {place for place in unclear if drafts.columns[CATEGORY][place] is None}


def _named(drafts: Drafts, ones: Cells, twos: Cells) -> Sequence[_Names]:
    return [*zip(texts_of(ones), texts_of(twos), [item_id is None for item_id in drafts.item_ids], strict=True)]


def _take(
    drafts: Drafts,
    heading: Heading,
    named: Sequence[_Names],
    judge: Callable[[str | None, str | None, bool], CellReading | None],
) -> None:
    """Judge all names, each once, from the top; what is wrong with them is said of the cells of `heading`."""
    judged = {names: reading for names in dict.fromkeys(named) if (reading := judge(*names))}
    values = {names: reading.value for names, reading in judged.items()}
    drafts.put(CATEGORY, [*map(values.get, named)], of_item=True)
    told = {names: reading for names, reading in judged.items() if reading.message}
    for place, names in enumerate(named) if told else ():
        if names in told:
            drafts[place].tell(heading, told[names])
            if told[names].value is None:
                drafts.unclear[CATEGORY].add(place)


def _flag_halves(drafts: Drafts, first: Heading, second: Heading, named: Sequence[_Names]) -> set[int]:
    """Flag the categories of which one name is missing; returns the rows' places."""
    half = {names for names in {*named} if bool(names[0]) != bool(names[1])}
    places = {place for place, names in enumerate(named) if names in half} if half else set()
    for place in sorted(places):
        missing = second if named[place][0] else first
        if not drafts[place].has_problem(missing):
            drafts[place].flag(missing, say("category.half", missing=missing.field))
    return places
