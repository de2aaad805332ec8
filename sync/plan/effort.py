"""How many calls carrying out a plan makes, if none gets lost: for preview, quota, time and progress bar."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from sync.call import Call, Op, SentTogether
from sync.plan.by_row import ByRow
from sync.plan.document import Spell
from sync.plan.plan import Action, Plan, RowPlan
from sync.sku import listing_of


@dataclass(frozen=True)
class Effort:
    """How many calls a run makes."""

    methods: Mapping[str, int]
    """All of them, by the platform's method."""
    again: int = 0
    """Looks at items before their first call, since a person has taken their time over the preview."""
    back: int = 0
    """Looks at what was written."""

    @property
    def calls(self) -> int:
        """All of them."""
        return sum(self.methods.values())


def effort(plan: Plan, spell: Spell, *, asked: bool, verify: bool, delete: bool, looks: int | None = None) -> Effort:
    """Count the calls that carrying out `plan` makes.

    `asked`: a person reads the preview, so each item is looked at once more before its first call. `verify`: what was
    written is read back. `delete`: items may be deleted; where they mayn't, those rows make no call. `looks`: items
    that one look sees (`Abilities.looks`), where what leaves as one counts as one; None: each call counts.
    """
    methods, lanes, again, back = Counter[str](), SentTogether(), _RowLooks(looks or 1), _RowLooks(looks or 1)
    for row in ByRow.of(plan.carried_out).busy:
        if not row.calls or (row.action is Action.DELETE and not delete):
            continue
        methods.update(spell(call)[0] for call in row.calls if looks is None or lanes.leaves(call))
        if asked and looked_at_again(row):
            again.add(row)
        if verify and _read_back(row):
            back.add(row)
    if number := again.calls + back.calls:
        methods[spell(Call(Op.LOOK, ""))[0]] += number
    return Effort(methods, again.calls, back.calls)


class _RowLooks:
    """Looks at rows' items, of which one sees several."""

    def __init__(self, together: int) -> None:
        self._together, self._rows = together, 0
        self._listings: set[str] = set()

    def add(self, row: RowPlan) -> None:
        self._rows += 1
        if self._together > 1:
            self._listings.add(listing_of(row.item_id or ""))

    @property
    def calls(self) -> int:
        return ceil(len(self._listings) / self._together) if self._together > 1 else self._rows


def calls_of_row(row: RowPlan, *, aged: bool) -> int:
    """Count the calls of one row; `aged`: it was planned a while ago."""
    return len(row.calls) + (aged and looked_at_again(row)) + (row.reads_back and _read_back(row))


def looked_at_again(row: RowPlan) -> bool:
    """Whether an aged row's item is looked at before its first call: of a new one there is nothing to see."""
    return row.item_id is not None and row.action is not Action.PUBLISH


def _read_back(row: RowPlan) -> bool:
    return row.action is not Action.DELETE
