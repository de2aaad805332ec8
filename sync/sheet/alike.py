"""What is odd in the same way in a whole column is told once: it comes from an exporter, not from a slip."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sync.messages import Problem, say
from sync.sheet.columns import Heading
from sync.sheet.draft import RowDraft
from sync.sheet.names import AT_MOST, Names

_TOLD_ONCE = {"code.normalised": AT_MOST, "cell.unseen": AT_MOST, "id.number": 1}
"""Code → the most cells of a column that are told of it one by one."""


def told_once(headings: Collection[Heading], drafts: Collection[RowDraft]) -> Iterator[Problem]:
    """Take what many cells of a column are told in the same words out of the rows, and yield it for the sheet."""
    names = {heading.index: heading.text for heading in headings}
    found: dict[tuple[int, str], list[Problem]] = {}
    for draft in drafts:
        for index, problem in draft.problems:
            if problem.code in _TOLD_ONCE:
                found.setdefault((index, problem.code), []).append(problem)
    many = {key: problems for key, problems in found.items() if len(problems) > _TOLD_ONCE[key[1]]}
    for draft in drafts if many else ():
        draft.problems = [(index, told) for index, told in draft.problems if (index, told.code) not in many]
    for (index, _), problems in many.items():
        first, cells = problems[0], Names.of(problem.cell or "" for problem in problems)
        words = {"header": names[index], "count": len(problems), "cells": cells, "first": first.message}
        yield Problem(None, say("sheet.many_alike", **words), first.level)
