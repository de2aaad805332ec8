"""How many calls carrying out a plan makes, if none gets lost: for preview, quota, time and progress bar."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sync.call import Call, Op, requests
from sync.plan.by_row import ByRow
from sync.plan.plan import Action, Plan, RowPlan
from sync.sku import listing_of


@dataclass(frozen=True)
class Effort:
    """The calls of a run."""

    planned: tuple[Call, ...]
    again: tuple[Call, ...] = ()
    """Looks at items before their first call, since a person has taken their time over the preview."""
    back: tuple[Call, ...] = ()
    """Looks at what was written."""

    @property
    def calls(self) -> tuple[Call, ...]:
        """All of them, row by row."""
        return (*self.planned, *self.again, *self.back)

    def requests(self, looks: int) -> Effort:
        """Return the calls that the platform gets: what leaves as one is one; `looks`: see `Abilities.looks`."""
        return Effort(requests(self.planned), _together(self.again, looks), _together(self.back, looks))


def effort(plan: Plan, *, asked: bool, verify: bool, delete: bool) -> Effort:
    """Return the calls that carrying out `plan` makes.

    `asked`: a person reads the preview, so each item is looked at once more before its first call. `verify`: what was
    written is read back. `delete`: items may be deleted; where they mayn't, those rows make no call.
    """
    rows = [
        row for row in ByRow.of(plan.carried_out).busy if row.calls and (delete or row.action is not Action.DELETE)
    ]
    return Effort(
        tuple(call for row in rows for call in row.calls),
        tuple(_look(row) for row in rows if asked and looked_at_again(row)),
        tuple(_look(row) for row in rows if verify and _read_back(row)),
    )


def _together(looks: Sequence[Call], most: int) -> tuple[Call, ...]:
    ids = dict.fromkeys(listing_of(look.item_id or "") for look in looks)
    return tuple(looks) if most == 1 else tuple(Call(Op.LOOK, item_id) for item_id in [*ids][::most])


def calls_of_row(row: RowPlan, *, aged: bool) -> int:
    """Count the calls of one row; `aged`: it was planned a while ago."""
    return len(row.calls) + (aged and looked_at_again(row)) + (row.reads_back and _read_back(row))


def looked_at_again(row: RowPlan) -> bool:
    """Whether an aged row's item is looked at before its first call: of a new one there is nothing to see."""
    return row.item_id is not None and row.action is not Action.PUBLISH


def _read_back(row: RowPlan) -> bool:
    return row.action is not Action.DELETE


def _look(row: RowPlan) -> Call:
    return Call(Op.LOOK, row.item_id or "")
