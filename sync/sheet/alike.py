"""One note for the same small oddity in many cells of a column: an exporter made it, nobody mistyped it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sync.messages import Problem, say
from sync.sheet.columns import Heading
from sync.sheet.draft import RowDraft
from sync.sheet.names import AT_MOST, Names

_FOLDED = {"code.normalised": AT_MOST, "cell.unseen": AT_MOST, "id.number": 1}
"""Message code → the most cells of a column that are named one by one."""


def fold_alike(headings: Collection[Heading], drafts: Collection[RowDraft]) -> Iterator[Problem]:
    """Take such problems out of the rows, and yield one problem of the whole sheet for each column."""
    names = {heading.index: heading.text for heading in headings}
    found: dict[tuple[int, str], list[Problem]] = {}
    for draft in drafts:
        for index, problem in draft.problems:
            if problem.code in _FOLDED:
                found.setdefault((index, problem.code), []).append(problem)
    many = {key: problems for key, problems in found.items() if len(problems) > _FOLDED[key[1]]}
    for draft in drafts if many else ():
        draft.problems = [(index, problem) for index, problem in draft.problems if (index, problem.code) not in many]
    for (index, _), problems in many.items():
        first, cells = problems[0], Names.of(problem.cell or "" for problem in problems)
        words = {"header": names[index], "count": len(problems), "cells": cells, "first": first.message}
        yield Problem(None, say("sheet.many_alike", **words), first.level)
