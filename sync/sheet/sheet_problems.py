"""Problems of the whole sheet: what no single row tells, or what very many of them tell alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sync.fields import ITEM_ID, OUTER_ID
from sync.messages import Level, Problem, say
from sync.sheet.columns import Heading
from sync.sheet.draft import Drafts
from sync.sheet.files.workbook import Workbook
from sync.sheet.names import AT_MOST, Names
from sync.sheet.table import Table
from sync.synonyms import listing
from sync.unseen import unseen_in

_FOLDED = {"code.normalised": AT_MOST, "cell.unseen": AT_MOST, "id.number": 1}
"""Message code → the most cells of a column that are named one by one."""


def fold_alike(headings: Collection[Heading], drafts: Drafts) -> Iterator[Problem]:
    """Make one problem of the whole sheet of those that many cells of a column have alike, which leave their rows.

    An exporter made these; nobody mistyped a hundred cells.
    """
    names = {heading.index: heading.text for heading in headings}
    found: dict[tuple[int, str], list[Problem]] = {}
    for place in sorted(drafts.problems):
        for index, problem in drafts.problems[place]:
            if problem.code in _FOLDED:
                found.setdefault((index, problem.code), []).append(problem)
    many = {key: problems for key, problems in found.items() if len(problems) > _FOLDED[key[1]]}
    for place, told in drafts.problems.items() if many else ():
        drafts.problems[place] = [each for each in told if (each[0], each[1].code) not in many]
    for (index, _), problems in many.items():
        first, cells = problems[0], Names.of(problem.cell or "" for problem in problems)
        words = {"header": names[index], "count": len(problems), "cells": cells, "first": first.message}
        yield Problem(None, say("sheet.many_alike", **words), first.level)


def whole_sheet(table: Table, filled: Drafts, workbook: Workbook) -> Iterator[Problem]:
    """Yield warnings and notes of what can't be seen in this format, of its columns, and of hidden rows."""
    if not workbook.sees_all:
        yield Problem(None, say("sheet.unseen"), Level.NOTE)
    if not workbook.sees_formats and (numbers := [*_codes_kept_as_numbers(filled)]):
        yield Problem(None, say("sheet.formats_unseen", cells=Names.of(numbers)), Level.WARNING)
    yield from _unseen_in_headers(table)
    yield from _odd_columns(table)
    hidden = [str(number) for number in filled.numbers if number in table.traits.hidden]
    if hidden:
        yield Problem(None, say("sheet.hidden_rows", count=len(hidden), rows=Names.of(hidden)), Level.WARNING)
    yield from _hidden_columns(table, filled)


def _hidden_columns(table: Table, filled: Drafts) -> Iterator[Problem]:
    """Name the hidden columns that ask for something; ids are often hidden, and ask for nothing."""
    hidden = table.traits.hidden_columns
    for heading in table.managed if hidden else ():
        asks = heading.index in hidden and heading.key not in (OUTER_ID, ITEM_ID)
        if asks and any(raw != "" for raw in table.column(heading, filled.numbers)):
            message = say("sheet.hidden_column", header=heading.text, column=heading.letter)
            yield Problem(f"{heading.letter}{table.headings.row}", message, Level.WARNING)


def _codes_kept_as_numbers(filled: Drafts) -> Iterator[str]:
    for place in sorted(filled.problems):
        yield from (problem.cell or "" for _, problem in filled.problems[place] if problem.code == "code.number")


def _unseen_in_headers(table: Table) -> Iterator[Problem]:
    row = table.headings.row
    for heading in table.headings.known:
        if signs := unseen_in(str(table.row(row)[heading.index - 1])):
            message = say("sheet.header_unseen", header=heading.text, names=Names.of(signs))
            yield Problem(f"{heading.letter}{row}", message, Level.NOTE)


def _odd_columns(table: Table) -> Iterator[Problem]:
    """Name the columns that are read though their header isn't the agreed one, and those that aren't read."""
    row, known, ignored = table.headings.row, table.headings.known, table.headings.ignored
    for heading in known:
        if heading.usual:
            message = say("sheet.usual_word", header=heading.text, field=heading.field)
            yield Problem(f"{heading.letter}{row}", message, Level.NOTE)
    for one in ignored:
        if question := one.question():
            yield Problem(f"{one.column}{row}", question, Level.NOTE)
    if own := listing(ignored):
        yield Problem(None, own, Level.NOTE)
