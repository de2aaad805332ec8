"""The nouns of what is remembered of an item beside its cells: stock that was moved, or may have been; rulings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sync.item import Status


@dataclass(frozen=True)
class Made:
    """A 库存增减 that was made, or that a person took for made."""

    by: int
    """Units."""
    run: int
    at: datetime
    sheet: str = ""
    """The id of the sheet that asked for it."""


@dataclass(frozen=True)
class Hold:
    """A 库存增减 that must not happen twice: applied with its cell not yet seen cleared, or sent with no answer."""

    by: int
    """Units."""
    run: int
    at: datetime
    unknown: bool = False
    """True: whether it happened isn't known; only a person can say."""
    before: int | None = None
    """Units before the call, where it is unknown."""
    seen: int | None = None
    """Units seen after the call, where it is unknown."""
    sheet: str = ""
    """The id of the sheet whose cell it is: no other sheet can tell that it was cleared there."""
    cleared_in: tuple[str, ...] = ()
    """The ids of other sheets that were seen without it since, so that what is typed there is new."""
    count: int | None = None
    """Units that the row's 库存 cell says once the results are in the sheet; None: that cell was empty."""
    under: Hold | None = None
    """Of an undo's lost move: the hold that the item had before. A person's answer brings it back."""
    undo: bool = False
    """True: an undo's move was lost, which no cell asked for."""


@dataclass(frozen=True)
class LastRuling:
    """The last ruling on an item that was carried out, or found to be so (docs/reference/rules.md)."""

    status: Status
    by: str
    """The kind of what decided, as `rule.RuleKind` has it."""
    name: str
    """The rule's name; empty where it was no rule of the staff's own."""
    said: Mapping[str, Status] = field(default_factory=dict)
    """Each rule's own verdict, by `rule.Rule.key`."""
    since: datetime | None = None
    """The shop's time of the latest event that asked for it, such as last night's 23:00; None: no clock did."""
