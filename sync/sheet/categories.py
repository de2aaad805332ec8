"""类目, in one column (`丽人>美甲`) or in two: the names must be in the table, else the nearest are offered."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable

from sync.fields import CATEGORY, squeeze
from sync.messages import Level, Message, say
from sync.sheet.cells import CellReading
from sync.sheet.names import Names
from sync.values import Shown

_BETWEEN = r"\s*[>＞]\s*"
"""Not `/`: some names hold one, such as 美容/SPA."""

_MOST_OFFERS = 2_000
"""To find near names takes a third of a millisecond: a sheet of nothing but mistakes would take minutes."""

_LONGEST_NAMES = 120
"""Characters, twice the longest category: nothing is near what is longer, and to find that out can take minutes."""


class Categories:
    """The categories that are allowed, found whatever the width and case they are typed in."""

    def __init__(self, known: Collection[tuple[str, str]]) -> None:
        self.known = known
        self._by_name = {tuple(map(squeeze, pair)): pair for pair in known}
        self._judged: dict[tuple[str, ...], CellReading] = {}
        """By names: a column repeats them, and it takes long to find those that are nearest to a mistake."""
        self._offers = 0

    def judge_text(self, text: str, *, new: bool) -> CellReading:
        """Judge the one column's text, such as `丽人 > 美甲`."""
        names = tuple(re.split(_BETWEEN, text))
        if len(names) != 2 or not all(names):
            return CellReading(None, say("category.format", shown=text, offer=self._offer(names[-1:])))
        return self.judge(names, new=new)

    def judge(self, names: tuple[str, ...], *, new: bool) -> CellReading:
        """Judge two names. `new`: the row has no item id.

        A category outside the table is an error for a new item; an item that exists may have it already
        (docs/reference/sheet.md), which only the platform knows: then it is a warning, and the names are kept as
        written.
        """
        if names not in self._judged:
            self._judged[names] = self._look_up(names)
        judged = self._judged[names]
        return judged if new or judged.message is None else judged._replace(level=Level.WARNING)

    def _look_up(self, names: tuple[str, ...]) -> CellReading:
        pair = self._by_name.get(tuple(map(squeeze, names)))
        if pair is not None:
            return CellReading(pair)
        return CellReading(names, say("category.unknown", shown=Shown(CATEGORY, names), offer=self._offer(names)))

    def _offer(self, names: tuple[str, ...]) -> Message:
        """Say which names are near; the table is short enough to point to when none is."""
        self._offers += 1
        nearest = nearest_categories(names, self.known) if self._offers <= _MOST_OFFERS else ()
        if not nearest:
            return say("category.none_near")
        return say("category.nearest", names=Names.of(">".join(pair) for pair in nearest))


def nearest_categories(wanted: tuple[str, ...], known: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Return up to three categories whose names are closest to `wanted`, the closest first."""
    if sum(map(len, wanted)) > _LONGEST_NAMES:
        return ()
    by_name = {">".join(pair): pair for pair in known}
    last = wanted[-1]
    same_child = [name for name, pair in by_name.items() if pair[1] == last]
    close = difflib.get_close_matches(">".join(wanted), by_name, n=3, cutoff=0.5)
    return tuple(by_name[name] for name in dict.fromkeys((*same_child, *close)))[:3]
